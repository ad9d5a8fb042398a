// Log e-values of one block under one alternative (analysis page, section 3): how much more likely
// the block is when the null hypothesis is wrong by that much. Pure formulas; no state, no clock.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>

namespace slipway::analysis {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Alternatives for harm, as in section 3; equal prior weights.
inline constexpr std::array<double, 8> kHarmRatios = {1.5, 2, 3, 5, 10, 30, 100, 1000};
inline constexpr std::array<double, 7> kHarmOddsLatency = {1.2, 1.5, 2, 3, 6, 15, 50};
inline constexpr std::array<double, 5> kSafeRatios = {0.75, 0.5, 0.25, 0.1, 0.02};
inline constexpr std::array<double, 5> kSafeOddsLatency = {0.8, 0.6, 0.4, 0.2, 0.05};
inline constexpr std::array<double, 4> kHarmOddsGauge = {1.5, 3, 9, 39};
inline constexpr std::array<double, 4> kSafeOddsGauge = {1 / 1.5, 1 / 3.0, 1 / 9.0, 1 / 39.0};
inline constexpr std::size_t kMostAlternatives = 8;

struct Sample {
  std::uint64_t n_candidate = 0, x_candidate = 0;
  std::uint64_t n_stable = 0, x_stable = 0;
};

// R2: null p_candidate <= rho × p_stable + delta (ratio > 1), or >= (ratio < 1). Lindon & Malek
// 2022 with an absolute margin. rho, delta >= 0, ratio > 0.
// `exposure` stands for n_candidate in the margin where it is given (exposure_floor).
double llr_rate2(double ratio, double rho, double delta, const Sample&);
double llr_rate2(double ratio, double rho, double delta, const Sample&, double exposure);
// One for each ratio, at most kMostAlternatives: the same bits as one by one, in less time. So are
// those below.
void llr_rate2(std::span<const double> ratios, double rho, double delta, const Sample&,
               double exposure, std::span<double> llr);

// Requests the candidate must have been given at this share, by stable's count: at least as many as
// were answered. Errors that return before successes are then no evidence (section 6.1).
double exposure_floor(std::uint64_t n_candidate, std::uint64_t n_stable, double share);

// What the candidate's error rate may exceed stable's by before it gets this share (section 5).
double step_margin(double share, double risk_budget = 0.005);

// R1: null p <= p0 (odds > 1), or p >= p0 (odds < 1). 0 < p0 < 1.
double llr_rate1(double odds, double p0, std::uint64_t n, std::uint64_t x);
void llr_rate1(std::span<const double> odds, double p0, std::uint64_t n, std::uint64_t x,
               std::span<double> llr);

// P2: null "the candidate exceeds its threshold no more often than stable its own"; `guess` of that
// probability, made before the block, costs power and never validity (Turner & Grünwald 2022).
double llr_pool2(double odds, double guess, const Sample&);
void llr_pool2(std::span<const double> odds, std::span<const double> ln_odds, double guess,
               const Sample&, std::span<double> llr);

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

// The same for p_candidate / p_stable, from the errors of both and their exposure N_c / N_s.
Interval cs_ratio(std::uint64_t x_candidate, std::uint64_t x_stable, double exposure, double alpha);

}  // namespace slipway::analysis
