// What runs against what the newest configuration says: a change of the file counts from the next
// deployment on, and shows as drift until then (interface page 2.1). Values of secrets are in
// neither.
#pragma once

#include <boost/json.hpp>

#include "contract/site.h"

namespace slipway::views {

// A site's serving release as the newest configuration would run it.
struct Wanted {
  Shared<InstanceSpec> spec;
  RouteSpec route;
  int replicas = 1;
};

// [{"what": "LOG_LEVEL", "wanted": "info", "found": "debug"}]; null where one side has nothing.
boost::json::array drift_json(const Site&, const Wanted&);

}  // namespace slipway::views
