// A criterion as the user wrote it, turned into one null hypothesis about a rate.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"

namespace slipway::analysis {

enum class Metric : std::uint8_t { error_rate, latency, external };

// absolute: against a limit (engine R1). ratio: against stable × factor; increase: against stable
// plus so much (percentage points for rates, relative for times): engines R2 and P2.
enum class Compare : std::uint8_t { absolute, ratio, increase };

struct Criterion {
  Metric metric = Metric::error_rate;
  Compare compare = Compare::absolute;
  std::string name;       // "error_rate", "p99_latency", or the external signal's
  double quantile = 0.5;  // of a latency
  double limit = 0;       // fraction 0–1 for rates, milliseconds for latencies; ratio: the factor;
                          // increase: 0.02 = 2 pp of a rate, 0.2 = 20 % of a time
  bool both_sides =
      false;           // a success criterion also has to be shown safe; a condition is harm only
  std::string text;    // as shown: "< 1%"
  std::string origin;  // "slipway.yaml:31"
  bool operator==(const Criterion&) const = default;
};

}  // namespace slipway::analysis
