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

double ln_beta(double a, double b) { return ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b); }

}  // namespace

double llr_rate2(double ratio, double rho, double delta, const Sample& s) {
  return llr_rate2(ratio, rho, delta, s, static_cast<double>(s.n_candidate));
}

double llr_rate2(double ratio, double rho, double delta, const Sample& s, double exposure) {
  const double nc = exposure, ns = static_cast<double>(s.n_stable);
  if (nc == 0 && s.n_stable == 0) return 0.0;
  const double q0 = rho == 0.0 ? 0.0 : rho * nc / (rho * nc + ns);
  const double d = 1.0 + (ratio - 1.0) * q0;
  const double a = ratio / d;
  const double won = s.x_candidate == 0 ? 0.0 : static_cast<double>(s.x_candidate) * ln(a);
  const double lost = s.x_stable == 0 ? 0.0 : static_cast<double>(s.x_stable) * ln(d);
  return won - lost - (a - 1.0) * delta * nc;
}

double llr_rate1(double odds, double p0, std::uint64_t n, std::uint64_t x) {
  const double p1 = odds * p0 / (1.0 + (odds - 1.0) * p0);
  const double won = x == 0 ? 0.0 : static_cast<double>(x) * ln(p1 / p0);
  if (n == x) return won;
  // (1 - p1)/(1 - p0) = 1/(1 + (odds - 1) p0)
  return won - static_cast<double>(n - x) * log1p((odds - 1.0) * p0);
}

double llr_pool2(double odds, double guess, const Sample& s) {
  const double nc = static_cast<double>(s.n_candidate), ns = static_cast<double>(s.n_stable);
  if (s.n_candidate == 0 && s.n_stable == 0) return 0.0;
  const double shift = (odds - 1.0) * guess;
  const double p1 = odds * guess / (1.0 + shift);
  const double p0 = (nc * p1 + ns * guess) / (nc + ns);
  // p1 / guess = odds / (1 + shift) and (1 - p1) / (1 - guess) = 1 / (1 + shift): what both
  // versions share against p0, and what the candidate adds.
  const auto part = [](std::uint64_t n, double p, double q) {
    return n == 0 ? 0.0 : static_cast<double>(n) * ln(p / q);
  };
  const std::uint64_t slow = s.x_candidate + s.x_stable;
  const double shared =
      part(slow, guess, p0) + part(s.n_candidate + s.n_stable - slow, 1.0 - guess, 1.0 - p0);
  const double own = s.n_candidate == 0 ? 0.0 : -nc * log1p(shift);
  return shared + own + part(s.x_candidate, odds, 1.0);
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
