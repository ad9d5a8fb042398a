// A block: what both versions answered in one short stretch of time. It is the only input of the
// judge, and small enough to be recorded (analysis page, section 6.1).
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/time.h"

namespace slipway::analysis {

// Latencies by logarithmic bucket: index = ceil(ln(µs) / ln(1.02)), 0 for ≤ 1 µs; sparse and sorted
// by index. A value read back is within 1 % of the one counted.
struct Histogram {
  std::vector<std::pair<std::uint16_t, std::uint32_t>> buckets;

  void add(double microseconds, std::uint32_t count = 1);
  void add(const Histogram&);
  std::uint64_t count() const;
  double quantile(double q) const;                       // microseconds; 0 when empty
  double quantile(double q, std::uint64_t count) const;  // where count() is known
  // Exact where `microseconds` is a bound; else the bucket it falls into counts as not above.
  std::uint64_t above(double microseconds) const;
  std::uint64_t above_bucket(std::uint16_t index) const;  // exact

  // The bucket a latency falls into, and the largest latency (µs) that falls into a bucket.
  static std::uint16_t index_of(double microseconds);
  static double bound(std::uint16_t index);
  // Index of the bucket that holds the quantile; 0 when empty.
  std::uint16_t quantile_index(double q) const;
  std::uint16_t quantile_index(double q, std::uint64_t count) const;
  bool operator==(const Histogram&) const = default;
};

// Where in `buckets`, sorted by index, one is or belongs, not before `at`. Buckets lie close:
// mostly it is as far away as the indices are apart, and never farther.
template <class Buckets>
auto place_after(Buckets& buckets, typename Buckets::iterator at, std::uint16_t index) {
  if (at == buckets.end() || at->first >= index) return at;
  const auto left = buckets.end() - at - 1;
  at += std::min<decltype(left)>(index - at->first, left);
  if (at->first < index) return buckets.end();
  while (at->first > index && (at - 1)->first >= index) --at;
  return at;
}

struct Counts {
  std::uint64_t requests = 0;  // completed, as assigned by the split
  std::uint64_t errors =
      0;                   // judge errors: failed rows, retried rows, rows another version answered
  std::uint64_t left = 0;  // the client went first; among requests, not among errors
  std::vector<std::uint64_t>
      over;  // requests slower than each latency limit of the plan, in its order
  Histogram latencies;
  // Given to the version by the proxy's own count, answered or not; 0: it was not asked.
  std::uint64_t started = 0;
  bool operator==(const Counts&) const = default;
};

struct Block {
  Instant from{};
  Instant to{};
  Counts stable;
  Counts candidate;
  // How much stable's events scattered before this block: errors, then those above its p50, p90
  // and p99; each at least 1. Empty: not known, taken as 1.
  std::vector<double> dispersion;
  bool operator==(const Block&) const = default;
};

// Whether a block is complete (analysis page, section 6.1): by arrivals and age alone, never by
// outcomes. `alone`: the candidate has all traffic, stable's is not waited for.
bool closes(std::uint64_t n_candidate, std::uint64_t n_stable, Duration age, bool alone);

}  // namespace slipway::analysis
