#include "analysis/sketch.h"

#include <algorithm>

#include "base/math.h"

namespace slipway::analysis {
namespace {

constexpr Duration kStep = std::chrono::minutes(1);
constexpr double kHalfLife = 600.0;  // seconds
constexpr double kLn2 = 0x1.62e42fefa39efp-1;
constexpr double kForgotten = 1e-6;  // a bucket this light is no longer kept

}  // namespace

void Sketch::add(const Histogram& h) {
  auto at = buckets.begin();
  for (const auto& [index, count] : h.buckets) {
    seen += count;
    at = place_after(buckets, at, index);
    if (at != buckets.end() && at->first == index) {
      at->second += count;
    } else {
      at = buckets.insert(at, {index, count});
    }
    ++at;
  }
}

void Sketch::age(Instant now) {
  if (aged == Instant{} || now < aged) aged = now;
  if (now - aged < kStep) return;
  const double factor = exp(-to_seconds(now - aged) * (kLn2 / kHalfLife));
  aged = now;
  for (auto& [index, weight] : buckets) weight *= factor;
  std::erase_if(buckets, [](const auto& bucket) { return bucket.second < kForgotten; });
}

double Sketch::total() const {
  double sum = 0;
  for (const auto& [index, weight] : buckets) sum += weight;
  return sum;
}

double Sketch::above_bucket(std::uint16_t limit) const {
  double sum = 0;
  for (auto at = buckets.rbegin(); at != buckets.rend() && at->first > limit; ++at)
    sum += at->second;
  return sum;
}

std::uint16_t Sketch::quantile_index(double q) const {
  const double rank = std::clamp(q, 0.0, 1.0) * total();
  double below = 0;
  for (const auto& [index, weight] : buckets) {
    below += weight;
    if (below >= rank) return index;
  }
  return buckets.empty() ? std::uint16_t{0} : buckets.back().first;
}

bool is_armed(const Sketch& sketch, double quantile) {
  return !sketch.buckets.empty() && static_cast<double>(sketch.seen) >= 20.0 / (1.0 - quantile);
}

void Baseline::add(const Block& b) {
  requests += b.stable.requests;
  errors += b.stable.errors;
  latencies.age(b.to);
  latencies.add(b.stable.latencies);
  if (!b.dispersion.empty()) dispersion = b.dispersion;
}

}  // namespace slipway::analysis
