#include "analysis/block.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/math.h"

namespace slipway::analysis {
namespace {

constexpr double kGrowth = 1.02;
constexpr std::size_t kBounds = 1200;  // 1.02^1199 µs are five hours; longer ones share the last

const std::array<double, kBounds>& bounds() {
  static const std::array<double, kBounds> table = [] {
    std::array<double, kBounds> t{};
    const double step = ln(kGrowth);
    for (std::size_t i = 0; i < kBounds; ++i) t[i] = exp(static_cast<double>(i) * step);
    return t;
  }();
  return table;
}

// What a bucket reads as: within (1.02 - 1)/(1.02 + 1) = 0.99 % of all that falls into it
// (DDSketch, Masson et al. 2019).
double middle(std::uint16_t index) {
  if (index == 0) return 1.0;
  return Histogram::bound(index) * (2.0 / (1.0 + kGrowth));
}

auto place_of(std::vector<std::pair<std::uint16_t, std::uint32_t>>& buckets, std::uint16_t index) {
  return std::lower_bound(buckets.begin(), buckets.end(), index,
                          [](const auto& bucket, std::uint16_t i) { return bucket.first < i; });
}

}  // namespace

std::uint16_t Histogram::index_of(double microseconds) {
  const auto& t = bounds();
  if (!(microseconds > 1.0)) return 0;
  const auto at = std::lower_bound(t.begin(), t.end() - 1, microseconds);
  return static_cast<std::uint16_t>(at - t.begin());
}

double Histogram::bound(std::uint16_t index) {
  return bounds()[std::min<std::size_t>(index, kBounds - 1)];
}

void Histogram::add(double microseconds, std::uint32_t count) {
  if (count == 0) return;
  const std::uint16_t index = index_of(microseconds);
  const auto at = place_of(buckets, index);
  if (at != buckets.end() && at->first == index) {
    at->second += count;
  } else {
    buckets.insert(at, {index, count});
  }
}

void Histogram::add(const Histogram& other) {
  auto at = buckets.begin();
  for (const auto& [index, count] : other.buckets) {
    at = place_after(buckets, at, index);
    if (at != buckets.end() && at->first == index) {
      at->second += count;
    } else {
      at = buckets.insert(at, {index, count});  // few: most buckets are there after a minute
    }
    ++at;
  }
}

std::uint64_t Histogram::count() const {
  std::uint64_t even = 0, odd = 0;  // so that the additions need not wait for each other
  std::size_t i = 0;
  for (; i + 1 < buckets.size(); i += 2) {
    even += buckets[i].second;
    odd += buckets[i + 1].second;
  }
  return even + odd + (i < buckets.size() ? buckets[i].second : 0);
}

std::uint16_t Histogram::quantile_index(double q) const { return quantile_index(q, count()); }

std::uint16_t Histogram::quantile_index(double q, std::uint64_t n) const {
  if (n == 0) return 0;
  const auto rank =
      static_cast<std::uint64_t>(std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(n)));
  // The first bucket that as many lie in or below, from the nearer end.
  if (rank <= n / 2) {
    std::uint64_t seen = 0;
    for (const auto& [index, count] : buckets) {
      seen += count;
      if (seen >= rank) return index;
    }
  }
  std::uint64_t above = 0;
  for (auto at = buckets.rbegin(); at != buckets.rend(); ++at) {
    above += at->second;
    if (above > n - rank) return at->first;
  }
  return buckets.front().first;
}

double Histogram::quantile(double q) const { return quantile(q, count()); }

double Histogram::quantile(double q, std::uint64_t n) const {
  return buckets.empty() ? 0.0 : middle(quantile_index(q, n));
}

std::uint64_t Histogram::above(double microseconds) const {
  return above_bucket(index_of(microseconds));
}

std::uint64_t Histogram::above_bucket(std::uint16_t limit) const {
  std::uint64_t n = 0;
  for (auto at = buckets.rbegin(); at != buckets.rend() && at->first > limit; ++at) n += at->second;
  return n;
}

bool closes(std::uint64_t n_candidate, std::uint64_t n_stable, Duration age, bool alone) {
  constexpr std::uint64_t kStableNeeded = 5;
  constexpr Duration kOldest = std::chrono::seconds(10);  // with both versions in it
  if (n_candidate == 0) return false;
  return alone || n_stable >= kStableNeeded || (age >= kOldest && n_stable >= 1);
}

}  // namespace slipway::analysis
