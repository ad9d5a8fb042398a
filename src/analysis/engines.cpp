#include "analysis/engines.h"

#include <algorithm>
#include <cmath>

#include "base/math.h"

namespace slipway::analysis {
namespace {

// ln Γ(x) for x > 0: Stirling's series (Abramowitz & Stegun 6.1.41) after the recurrence to x
// >= 16.
double ln_gamma(double x) {
  double shift = 0;
  while (x < 16.0) {
    shift += ln(x);
    x += 1.0;
  }
  constexpr std::array<double, 7> kSeries = {1.0 / 12,   -1.0 / 360,      1.0 / 1260, -1.0 / 1680,
                                             1.0 / 1188, -691.0 / 360360, 1.0 / 156};
  const double inverse = 1.0 / x, square = inverse * inverse;
  double tail = 0;
  for (std::size_t i = kSeries.size(); i-- > 0;) tail = tail * square + kSeries[i];
  constexpr double kHalfLnTwoPi = 0x1.d67f1c864beb5p-1;
  return (x - 0.5) * ln(x) - x + kHalfLnTwoPi + tail * inverse - shift;
}

using Many = std::array<double, kMostAlternatives>;

// n ln of each; 0 where there are none of them, whatever the ratio is.
void times_ln(std::uint64_t n, Many& ratios, std::size_t size) {
  const auto used = std::span(ratios).first(size);
  if (n == 0) return std::fill(used.begin(), used.end(), 0.0);
  ln_each(used);
  for (double& r : used) r *= static_cast<double>(n);
}

double ln_beta(double a, double b) { return ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b); }

}  // namespace

double llr_rate2(double ratio, double rho, double delta, const Sample& s) {
  return llr_rate2(ratio, rho, delta, s, static_cast<double>(s.n_candidate));
}

double llr_rate2(double ratio, double rho, double delta, const Sample& s, double exposure) {
  double llr = 0;
  llr_rate2({&ratio, 1}, rho, delta, s, exposure, {&llr, 1});
  return llr;
}

void llr_rate2(std::span<const double> ratios, double rho, double delta, const Sample& s,
               double exposure, std::span<double> llr) {
  const double nc = exposure, ns = static_cast<double>(s.n_stable);
  if (nc == 0 && s.n_stable == 0) return std::fill(llr.begin(), llr.end(), 0.0);
  const double q0 = rho == 0.0 ? 0.0 : rho * nc / (rho * nc + ns);
  Many won, lost;
  for (std::size_t k = 0; k < ratios.size(); ++k) {
    lost[k] = 1.0 + (ratios[k] - 1.0) * q0;
    won[k] = ratios[k] / lost[k];
    llr[k] = (won[k] - 1.0) * delta * nc;
  }
  times_ln(s.x_candidate, won, ratios.size());
  times_ln(s.x_stable, lost, ratios.size());
  for (std::size_t k = 0; k < ratios.size(); ++k) llr[k] = won[k] - lost[k] - llr[k];
}

double llr_rate1(double odds, double p0, std::uint64_t n, std::uint64_t x) {
  double llr = 0;
  llr_rate1({&odds, 1}, p0, n, x, {&llr, 1});
  return llr;
}

void llr_rate1(std::span<const double> odds, double p0, std::uint64_t n, std::uint64_t x,
               std::span<double> llr) {
  Many won, lost;
  for (std::size_t k = 0; k < odds.size(); ++k) {
    lost[k] = (odds[k] - 1.0) * p0;
    const double p1 = odds[k] * p0 / (1.0 + lost[k]);
    won[k] = p1 / p0;
  }
  times_ln(x, won, odds.size());
  if (n == x) return void(std::copy_n(won.begin(), odds.size(), llr.begin()));
  // (1 - p1)/(1 - p0) = 1/(1 + (odds - 1) p0)
  log1p_each(std::span(lost).first(odds.size()));
  for (std::size_t k = 0; k < odds.size(); ++k)
    llr[k] = won[k] - static_cast<double>(n - x) * lost[k];
}

double llr_pool2(double odds, double guess, const Sample& s) {
  const double ln_odds = ln(odds);
  double llr = 0;
  llr_pool2({&odds, 1}, {&ln_odds, 1}, guess, s, {&llr, 1});
  return llr;
}

void llr_pool2(std::span<const double> odds, std::span<const double> ln_odds, double guess,
               const Sample& s, std::span<double> llr) {
  const double nc = static_cast<double>(s.n_candidate), ns = static_cast<double>(s.n_stable);
  if (s.n_candidate == 0 && s.n_stable == 0) return std::fill(llr.begin(), llr.end(), 0.0);
  Many shift;
  std::array<double, 2 * kMostAlternatives> ratios;  // of what is not slow, then of what is
  const std::span<double> rest = std::span(ratios).first(odds.size());
  const std::span<double> slow = std::span(ratios).subspan(odds.size(), odds.size());
  for (std::size_t k = 0; k < odds.size(); ++k) {
    shift[k] = (odds[k] - 1.0) * guess;
    const double p1 = odds[k] * guess / (1.0 + shift[k]);
    const double p0 = (nc * p1 + ns * guess) / (nc + ns);
    slow[k] = guess / p0;
    rest[k] = (1.0 - guess) / (1.0 - p0);
  }
  // p1 / guess = odds / (1 + shift) and (1 - p1) / (1 - guess) = 1 / (1 + shift): what both
  // versions share against p0, and what the candidate adds.
  const std::uint64_t n_slow = s.x_candidate + s.x_stable;
  const std::uint64_t n_rest = s.n_candidate + s.n_stable - n_slow;
  if (n_rest == 0) std::fill(rest.begin(), rest.end(), 1.0);
  ln_each(std::span(ratios).first(n_slow == 0 ? odds.size() : 2 * odds.size()));
  if (n_slow == 0) std::fill(slow.begin(), slow.end(), 0.0);
  if (s.n_candidate > 0) log1p_each(std::span(shift).first(odds.size()));
  const double xc = static_cast<double>(s.x_candidate);
  const double xs = static_cast<double>(n_slow), others = static_cast<double>(n_rest);
  for (std::size_t k = 0; k < odds.size(); ++k) {
    const double own = s.n_candidate == 0 ? 0.0 : -nc * shift[k];
    llr[k] = xs * slow[k] + others * rest[k] + own + (s.x_candidate == 0 ? 0.0 : xc * ln_odds[k]);
  }
}

double exposure_floor(std::uint64_t n_candidate, std::uint64_t n_stable, double share) {
  const double n = static_cast<double>(n_candidate);
  if (!(share > 0 && share < 1)) return n;
  return std::max(n, share / (1.0 - share) * static_cast<double>(n_stable));
}

double step_margin(double share, double risk_budget) { return risk_budget / share; }

Guess Guess::initial(double exceedance) {
  const double memory = 50.0 / exceedance;
  return {exceedance * memory, memory};
}

double Guess::value() const { return std::clamp(num / den, 1e-6, 1.0 - 1e-6); }

void Guess::update(double exceedance, std::uint64_t n_stable, std::uint64_t x_stable) {
  const double memory = 50.0 / exceedance;
  const double kept = exp(-static_cast<double>(n_stable) / memory);
  num = num * kept + static_cast<double>(x_stable);
  den = den * kept + static_cast<double>(n_stable);
}

double ln_add(double a, double b) {
  if (a < b) std::swap(a, b);
  constexpr double kNothing = -45.0;  // e^-45 is far below half of the last bit
  if (b == -kInfinity || (b - a < kNothing && (a > 1.0 || a < -1.0))) return a;
  return a + log1p(exp(b - a));
}

Interval cs_bernoulli(std::uint64_t n, std::uint64_t x, double alpha) {
  if (n == 0) return {};
  const double hits = static_cast<double>(x), misses = static_cast<double>(n - x);
  const double mixture = ln_beta(0.5 + hits, 0.5 + misses) - ln_beta(0.5, 0.5);
  const double limit = -ln(alpha);
  const auto kept = [&](double p) {
    const double fit = (x == 0 ? 0.0 : hits * ln(p)) + (x == n ? 0.0 : misses * log1p(-p));
    return mixture - fit <= limit;
  };
  const double peak = hits / static_cast<double>(n);
  const auto edge = [&](double inside, double outside) {
    for (int i = 0; i < 200 && inside != outside; ++i) {
      const double middle = 0.5 * (inside + outside);
      if (middle == inside || middle == outside) break;
      (kept(middle) ? inside : outside) = middle;
    }
    return inside;
  };
  return {x == 0 ? 0.0 : edge(peak, 0.0), x == n ? 1.0 : edge(peak, 1.0)};
}

Interval cs_ratio(std::uint64_t x_candidate, std::uint64_t x_stable, double exposure,
                  double alpha) {
  // Of all errors the candidate's are q = eR / (1 + eR).
  const Interval q = cs_bernoulli(x_candidate + x_stable, x_candidate, alpha);
  const auto ratio = [&](double p) {
    return p >= 1 ? std::numeric_limits<double>::infinity() : p / ((1.0 - p) * exposure);
  };
  return {ratio(q.lower), ratio(q.upper)};
}

}  // namespace slipway::analysis
