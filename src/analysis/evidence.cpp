#include "analysis/evidence.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "analysis/engines.h"
#include "base/check.h"
#include "base/math.h"

namespace slipway::analysis {
namespace {

constexpr double kFirstStake = 0.5;
constexpr double kHazardTime = 600.0;  // seconds
// More evidence than this is worth nothing, and a factor beyond it none either: amounts stay far
// from the largest double. Lowering a bet's winnings keeps it a fair one.
constexpr double kMostEvidence = 300.0, kMostFactor = 390.0, kLeastFactor = -650.0;

// Winnings above e^limit are given away; the cash is the reserve for a later onset and stays.
void shrink(Evidence& e, double stakes, double limit) {
  const double target = std::max(0.0, exp(limit) - e.cash);
  const double factor = target / stakes;
  for (double& s : e.stakes) s *= factor;
}

}  // namespace

void advance(Evidence& e, std::span<const double> llr, double dt, const Around& around) {
  CHECK(!llr.empty() && llr.size() <= kMostAlternatives && dt >= 0);
  if (e.stakes.empty()) e.stakes.assign(llr.size(), 0.0);
  CHECK(e.stakes.size() == llr.size());

  // Half is staked at first, then by a power-law hazard that never runs out: 1 - (1 - z)^(1/2).
  const double z = dt / (e.age_s + dt + kHazardTime);
  const double kept = std::sqrt(1.0 - z);
  const double part = e.first ? kFirstStake : z / (1.0 + kept);
  const double injected = e.cash * part / static_cast<double>(llr.size());
  e.cash *= e.first ? 1.0 - kFirstStake : kept;
  e.first = false;
  e.age_s += dt;
  std::array<double, kMostAlternatives> won;
  for (std::size_t k = 0; k < llr.size(); ++k)
    won[k] = std::clamp(around.gamma * llr[k], kLeastFactor, kMostFactor);
  exp_each(std::span(won).first(llr.size()));
  double stakes = 0;
  for (std::size_t k = 0; k < llr.size(); ++k) {
    if (around.gamma * llr[k] < kLeastFactor) won[k] = 0.0;
    e.stakes[k] = (e.stakes[k] + injected) * won[k];
    stakes += e.stakes[k];
  }
  double now = ln(stakes + e.cash);

  double limit = kMostEvidence;
  if (around.saturation) limit = std::min(limit, *around.saturation);
  const double allowed =
      around.bucket ? std::min(e.tokens + around.bucket->refill * dt, around.bucket->most) : 0.0;
  if (around.bucket) limit = std::min(limit, e.total + allowed);
  if (now > limit) {
    shrink(e, stakes, limit);
    now = limit;
  }
  if (around.bucket) {
    const Bucket& b = *around.bucket;
    e.tokens = std::min(b.depth, e.tokens + b.refill * dt - std::max(0.0, now - e.total));
  }
  e.total = now;
}

}  // namespace slipway::analysis
