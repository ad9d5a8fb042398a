// A criterion as the user wrote it, turned into one null hypothesis about a rate; and those that
// are judged when nothing is written.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"

namespace slipway::analysis {

// external: a counter of another source (bad ones of so many). gauge: a measured value of each
// version, such as CPU; it holds a release and takes none back unless `rollback` says so.
enum class Metric : std::uint8_t { error_rate, latency, external, gauge };

// absolute: against a limit (engine R1). ratio: against stable × factor; increase: against stable
// plus so much (percentage points for rates, relative for times and gauges): engines R2 and P2.
enum class Compare : std::uint8_t { absolute, ratio, increase };

struct Criterion {
  Metric metric = Metric::error_rate;
  Compare compare = Compare::absolute;
  std::string name;       // "error_rate", "p99_latency", or the source's metric
  double quantile = 0.5;  // of a latency
  double limit = 0;       // fraction 0–1 for rates, milliseconds for latencies; ratio: the factor;
                          // increase: 0.02 = 2 pp of a rate, 0.2 = 20 % of a time or gauge
  bool both_sides =
      false;              // a success criterion also has to be shown safe; a condition is harm only
  std::string text;       // as shown: "< 1%"
  std::string origin;     // "slipway.yaml:31"; "default" when nobody wrote it
  std::string source;     // whose readings it judges (Reading::name); empty: the proxy's rows
  bool rollback = false;  // gauge: it may take the release back
  bool only_if_stable_ok = false;  // absolute: only where the candidate is also worse than stable
  bool bad_below = false;          // external, gauge: small values are the bad ones
  double weight = 0;               // part of the false-rollback budget; 0: its group's share
  Duration fresh = std::chrono::seconds(60);  // a source silent for longer is stale
  bool operator==(const Criterion&) const = default;
};

// Half as many errors again and 0.05 percentage points; p50, p90 and p99 a quarter slower.
std::vector<Criterion> default_criteria();

// What is written, and the default of every metric and statistic that is not.
std::vector<Criterion> with_defaults(std::vector<Criterion> written);

// Gives each criterion its part of the budget: errors and latency half each, or 0.5, 0.3 and 0.2
// once there are others; shared equally inside, an empty group's part to the others in proportion.
// Parts that were given stay.
void share_budget(std::vector<Criterion>&);

}  // namespace slipway::analysis
