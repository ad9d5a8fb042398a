// Stable's latencies with less weight for the older ones: by half in ten minutes (analysis page,
// section 6.2). And what is known of stable when a judge begins.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "analysis/block.h"
#include "base/time.h"

namespace slipway::analysis {

struct Sketch {
  std::vector<std::pair<std::uint16_t, double>> buckets;  // by index, as in a Histogram
  std::uint64_t seen = 0;                                 // latencies ever added
  Instant aged{};                                         // until when the weights were lowered

  void add(const Histogram&);
  void age(Instant now);  // in steps of a minute
  std::uint16_t quantile_index(double q) const;
  double total() const;
  double above_bucket(std::uint16_t index) const;
  bool operator==(const Sketch&) const = default;
};

// Enough for this quantile to be worth comparing with: 20 samples beyond it.
bool is_armed(const Sketch&, double quantile);

// Stable over this deployment's blocks and the hour before it.
struct Baseline {
  std::uint64_t requests = 0, errors = 0;
  Sketch latencies;
  std::vector<double> dispersion;  // newest of the blocks'

  void add(const Block&);
  bool operator==(const Baseline&) const = default;
};

}  // namespace slipway::analysis
