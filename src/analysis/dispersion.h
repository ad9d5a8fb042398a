// How much more an event's counts scatter than independent ones would (analysis page, section 4.3).
// A service whose instances err in bursts needs that much more evidence.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace slipway::analysis {

struct Dispersion {
  double between = 1;    // instances of one bin: 1 when their counts are independent
  double over_time = 1;  // bins' totals, variance by mean; explodes with shared incidents
  double tempered = 1;   // what evidence is divided by, 1 to 200: from `between`, or from
                         // `over_time` where there is but one instance
  double tempered_over_time = 1;
};

// One row a bin (ten seconds), one count an instance. `shares` of the requests; empty: equal ones.
Dispersion dispersion(std::span<const std::vector<std::uint64_t>> bins,
                      std::span<const double> shares = {});

}  // namespace slipway::analysis
