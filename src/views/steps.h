// What each step of a plan does, in words, and where a deployment stands among its stages.
#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <optional>
#include <string>

#include "contract/site.h"

namespace slipway::views {

// "1 instance of v2", "5 % to v2", "approval by 1 person".
std::string describe(const Step&, const Plan&);

// Steps that give the candidate a share, in the plan's order, are its stages.
struct Stage {
  int n = 0, of = 0;
  std::string name;
  std::int32_t weight = 0;  // basis points
};
std::optional<Stage> stage_of(const Deployment&);

// The whole list, interface page 4.1; deadlines are null without the site.
boost::json::array steps_json(const Deployment&, const Site*);

}  // namespace slipway::views
