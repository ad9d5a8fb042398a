// Latencies of one block, counted densely: one table look-up a row, turned into the sparse
// histogram when the block closes. The buckets are those of analysis/block.h.
#pragma once

#include <cstdint>
#include <vector>

#include "contract/event.h"

namespace slipway::meter {

// ceil(ln(µs) / ln(1.02)) without a logarithm, the same on every machine; 0 for ≤ 1 µs.
std::uint16_t latency_bucket(std::int64_t microseconds);

class Latencies {
 public:
  void add(std::int64_t microseconds);
  analysis::Histogram take();  // and starts anew

 private:
  std::vector<std::uint32_t> counts_;  // by bucket, as long as needed
};

}  // namespace slipway::meter
