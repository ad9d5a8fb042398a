#include "sim/dice.h"

#include <algorithm>
#include <cmath>

#include "base/math.h"

namespace slipway::sim {
namespace {

constexpr double kExact = 32;  // above this mean the normal law is close enough

std::uint64_t mixed(std::uint64_t seed, std::string_view concern) {
  std::uint64_t h = seed * 0x9e3779b97f4a7c15ULL + 0x5851f42d4c957f2dULL;
  for (const char c : concern) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return h;
}

}  // namespace

Dice::Dice(std::uint64_t seed, std::string_view concern) : prng_(mixed(seed, concern)) {}

Duration Dice::between(Duration least, Duration most) {
  if (most <= least) return least;
  return least + Duration(static_cast<std::int64_t>(
                     below(static_cast<std::uint64_t>((most - least).count()) + 1)));
}

// Marsaglia's polar method: only ln and sqrt, both exact.
double Dice::normal() {
  while (true) {
    const double u = 2 * unit() - 1;
    const double v = 2 * unit() - 1;
    const double s = u * u + v * v;
    if (s > 0 && s < 1) return u * std::sqrt(-2 * ln(s) / s);
  }
}

std::uint64_t Dice::poisson(double mean) {
  if (mean <= 0) return 0;
  if (mean > kExact) {
    const double x = mean + std::sqrt(mean) * normal();
    return x <= 0 ? 0 : static_cast<std::uint64_t>(x + 0.5);
  }
  // Knuth: as many uniforms as stay above e^-mean.
  const double floor = exp(-mean);
  double product = unit();
  std::uint64_t n = 0;
  for (; product > floor; ++n) product *= unit();
  return n;
}

std::uint64_t Dice::binomial(std::uint64_t n, double p) {
  if (n == 0 || p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - binomial(n, 1 - p);
  const double mean = static_cast<double>(n) * p;
  if (n <= 16) {
    std::uint64_t hits = 0;
    for (std::uint64_t i = 0; i < n; ++i) hits += chance(p);
    return hits;
  }
  if (mean > kExact) {
    const double x = mean + std::sqrt(mean * (1 - p)) * normal();
    return x <= 0 ? 0 : std::min(n, static_cast<std::uint64_t>(x + 0.5));
  }
  // Gaps between hits are geometric.
  const double slope = log1p(-p);
  std::uint64_t hits = 0;
  double at = 0;
  while (true) {
    at += std::floor(ln(1 - unit()) / slope) + 1;
    if (at > static_cast<double>(n)) return hits;
    ++hits;
  }
}

}  // namespace slipway::sim
