// What was delivered at each site since its journal began: counts and spreads of the deployments
// that have ended, folded once each, so that a restart counts the same. Not thread safe: its owner
// locks.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "contract/site.h"

namespace slipway::views {

// How many took how long.
struct Spread {
  static constexpr std::array<double, 14> kBounds = {0.5, 1,   2,   5,   10,   30,   60,
                                                     120, 300, 600, 900, 1800, 3600, 7200};
  std::array<std::uint64_t, kBounds.size() + 1> within{};  // the last: longer than all
  std::uint64_t count = 0;
  double sum_s = 0;
  void add(Duration);
};

struct Delivered {
  std::map<std::pair<std::string, State>, std::uint64_t> ended;  // by strategy and state
  // Start to end of those that succeeded: without waits and configured dwell, and with them.
  Spread active, whole;
  Spread detection;  // of those taken back: first harm → verdict
  Spread way_back;   // verdict, or the verb that asked → no request for the candidate
  std::uint64_t rollbacks = 0;
  std::uint64_t unsuccessful = 0;  // taken back or failed
  std::uint64_t requests = 0, failed = 0, caused = 0, exposed = 0, rows_lost = 0;
  std::uint64_t untouched = 0;  // whose receipt has caused = 0
  std::uint64_t blue_green = 0, blue_green_untouched = 0;
};

class Delivery {
 public:
  // A deployment that has ended; one that is known already is passed over.
  void ended(const SiteId&, const Deployment&);
  const std::map<SiteId, Delivered>& sites() const { return sites_; }

 private:
  std::map<SiteId, Delivered> sites_;
  std::set<std::uint32_t> known_;
};

}  // namespace slipway::views
