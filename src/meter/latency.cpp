#include "meter/latency.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace slipway::meter {
namespace {

constexpr int kBuckets = 1300;  // up to 41 hours

// bound[i]: the largest whole number of microseconds in bucket i. 1.02^i is a whole number for
// i = 0 alone, so rounding cannot put a neighbour on the wrong side.
struct Table {
  std::array<std::int64_t, kBuckets> bound{};
  std::array<std::uint16_t, 64> first{};  // by bit width: where the search begins

  Table() {
    long double power = 1;
    for (auto& b : bound) {
      b = static_cast<std::int64_t>(std::floor(power));
      power *= 1.02L;
    }
    for (int width = 1; width < 64; ++width)
      first[static_cast<std::size_t>(width)] = static_cast<std::uint16_t>(
          std::lower_bound(bound.begin(), bound.end(), std::int64_t{1} << (width - 1)) -
          bound.begin());
  }
};

const Table& table() {
  static const Table t;
  return t;
}

}  // namespace

std::uint16_t latency_bucket(std::int64_t us) {
  if (us <= 1) return 0;
  const Table& t = table();
  const auto width = static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(us)));
  const auto* begin = t.bound.data() + t.first[width];
  const auto* end =
      width + 1 < 64 ? t.bound.data() + t.first[width + 1] : t.bound.data() + kBuckets;
  end = std::min(end + 1, t.bound.data() + kBuckets);
  const auto* at = std::lower_bound(begin, end, us);
  return static_cast<std::uint16_t>(std::min<std::ptrdiff_t>(at - t.bound.data(), kBuckets - 1));
}

void Latencies::add(std::int64_t us) {
  const std::size_t bucket = latency_bucket(us);
  if (bucket >= counts_.size()) counts_.resize(bucket + 64);
  ++counts_[bucket];
}

analysis::Histogram Latencies::take() {
  analysis::Histogram out;
  std::size_t used = 0;
  for (const auto count : counts_) used += count != 0;
  out.buckets.reserve(used);
  for (std::size_t i = 0; i < counts_.size(); ++i)
    if (counts_[i] != 0) out.buckets.emplace_back(static_cast<std::uint16_t>(i), counts_[i]);
  std::fill(counts_.begin(), counts_.end(), 0);
  return out;
}

}  // namespace slipway::meter
