// Log e-values of one block under one alternative (analysis page, section 3): how much more likely
// the block is when the null hypothesis is wrong by that much. Pure formulas; no state, no clock.
#pragma once

#include <array>
#include <cstdint>
#include <limits>

namespace slipway::analysis {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Alternatives for harm, as in section 3; equal prior weights.
inline constexpr std::array<double, 8> kHarmRatios = {1.5, 2, 3, 5, 10, 30, 100, 1000};
inline constexpr std::array<double, 7> kHarmOddsLatency = {1.2, 1.5, 2, 3, 6, 15, 50};

struct Sample {
  std::uint64_t n_candidate = 0, x_candidate = 0;
  std::uint64_t n_stable = 0, x_stable = 0;
};

// R2: null p_candidate <= rho × p_stable + delta (ratio > 1), or >= (ratio < 1). Lindon & Malek
// 2022 with an absolute margin. rho, delta >= 0, ratio > 0.
double llr_rate2(double ratio, double rho, double delta, const Sample&);

// R1: null p <= p0 (odds > 1), or p >= p0 (odds < 1). 0 < p0 < 1.
double llr_rate1(double odds, double p0, std::uint64_t n, std::uint64_t x);

// P2: null "the candidate exceeds its threshold no more often than stable its own"; `guess` of that
// probability, made before the block, costs power and never validity (Turner & Grünwald 2022).
double llr_pool2(double odds, double guess, const Sample&);

// The guess of P2: a decayed ratio, updated after the block and never before it.
struct Guess {
  double num = 0, den = 0;

  static Guess initial(double exceedance);  // 1 - quantile
  double value() const;
  void update(double exceedance, std::uint64_t n_stable, std::uint64_t x_stable);
};

// ln of the sum of e^a and e^b; either may be -inf.
double ln_add(double a, double b);

// All p that n requests with x events do not rule out at any time, at level 1 - alpha: the
// beta-binomial mixture with a = b = 1/2 (analysis page, section 9).
struct Interval {
  double lower = 0, upper = 1;
};
Interval cs_bernoulli(std::uint64_t n, std::uint64_t x, double alpha);

}  // namespace slipway::analysis
