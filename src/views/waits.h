// What a live deployment waits for, until when and what happens then; and the way back. Computed
// from the recorded state alone, so that every live deployment can always say it.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "contract/site.h"

namespace slipway::views {

struct Wait {
  std::string what;              // "evidence at 5 %", "1 instance of v2 to become healthy"
  Wall until{};                  // epoch: nothing of its own
  std::string then;              // "rolled back: all traffic to v1 first"
  std::vector<std::string> who;  // people who can end the wait; empty: nobody is needed
};

// For a live deployment; an ended one waits for nothing (empty `what`).
Wait waits_for(const Site&, const Deployment&);

// {what, until, then, who}; null when the deployment ended.
boost::json::value waits_json(const Site*, const Deployment&);

// {to, ready, takes_ms, point_of_no_return}; null when it ended or there is nothing to go back to.
boost::json::value way_back_json(const Site*, const Deployment&);

}  // namespace slipway::views
