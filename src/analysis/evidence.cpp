#include "analysis/evidence.h"

#include <algorithm>
#include <cmath>

#include "analysis/engines.h"
#include "base/check.h"
#include "base/math.h"

namespace slipway::analysis {
namespace {

constexpr double kFirstStake = 0.5;
constexpr double kHazardTime = 600.0;  // seconds
constexpr double kNothing = -45.0;     // e^-45 adds nothing to 1

double ln_sum(const std::vector<double>& stakes) {
  double highest = -kInfinity;
  for (const double s : stakes) highest = std::max(highest, s);
  if (highest == -kInfinity) return highest;
  double total = 0;
  for (const double s : stakes) {
    if (s - highest > kNothing) total += exp(s - highest);
  }
  return highest + ln(total);
}

// Winnings above `limit` are given away; the cash is the reserve for a later onset and stays.
void shrink(Evidence& e, double limit) {
  const double total = ln_sum(e.stakes);
  const double target = e.cash >= limit ? -kInfinity : limit + log1p(-exp(e.cash - limit));
  for (double& s : e.stakes) s += target - total;
}

}  // namespace

void advance(Evidence& e, std::span<const double> llr, double dt, const Around& around) {
  CHECK(!llr.empty() && dt >= 0);
  if (e.stakes.empty()) e.stakes.assign(llr.size(), -kInfinity);
  CHECK(e.stakes.size() == llr.size());

  // ln of what stays as cash: half at first, then a power-law hazard that never runs out.
  const double z = dt / (e.age_s + dt + kHazardTime);
  const double ln_keep = e.first ? ln(1.0 - kFirstStake) : 0.5 * log1p(-z);
  // 1 - (1 - z)^(1/2), without its cancellation.
  const double stake = e.first ? kFirstStake : z / (1.0 + std::sqrt(1.0 - z));
  const double ln_stake = ln(stake);
  e.first = false;
  e.age_s += dt;
  const double injected = e.cash + ln_stake - ln(static_cast<double>(llr.size()));
  e.cash += ln_keep;
  for (std::size_t k = 0; k < llr.size(); ++k)
    e.stakes[k] = ln_add(e.stakes[k], injected) + around.gamma * llr[k];
  double now = ln_add(ln_sum(e.stakes), e.cash);

  if (around.saturation && now > *around.saturation) {
    shrink(e, *around.saturation);
    now = *around.saturation;
  }
  if (around.bucket) {
    const Bucket& b = *around.bucket;
    const double limit = e.total + std::min(e.tokens + b.refill * dt, b.most);
    if (now > limit) {
      shrink(e, limit);
      now = limit;
    }
    e.tokens = std::min(b.depth, e.tokens + b.refill * dt - std::max(0.0, now - e.total));
  }
  e.total = now;
}

}  // namespace slipway::analysis
