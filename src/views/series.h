// What both versions answered over a deployment's time, for charts: one point a counted block,
// thinned when there are many. What was counted before a restart is recalled from the journal when
// somebody asks. Not thread safe: its owner locks.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <deque>
#include <expected>
#include <map>
#include <string>
#include <vector>

#include "contract/published.h"

namespace slipway::views {

inline constexpr std::size_t kPointsKept = 600;  // of a deployment; more are joined two by two
inline constexpr std::size_t kSeriesKept = 500;  // deployments, the newest

struct SeriesSide {
  std::uint64_t requests = 0, errors = 0;
  double p50_us = 0, p99_us = 0;  // 0 without requests; the larger one of joined blocks
};

struct SeriesPoint {
  Wall at{};  // end of the block
  Duration span{};
  std::int32_t asked = 0;  // the candidate's weight, basis points
  SeriesSide stable, candidate;
};

// The names that `?metric=` takes.
const std::vector<std::string>& series_metrics();

class SeriesList {
 public:
  // The number of the deployment whose block it was; 0 when the step brought none.
  std::uint32_t add(const Published&);
  // What was counted earlier than what is here is put before it.
  void recall(const SeriesList& earlier);
  const std::deque<SeriesPoint>* find(std::uint32_t number) const;

 private:
  std::map<std::uint32_t, std::deque<SeriesPoint>> all_;
};

// {"at", "for_ms", METRIC: [stable, candidate], "share": [asked, served]}; no names: all of them.
boost::json::object to_json(const SeriesPoint&, const std::vector<std::string>& metrics = {});

}  // namespace slipway::views
