// What users asked during a past deployment, as an agent counted it: the traffic of a simulation.
#pragma once

#include <string>

#include "cli/session.h"

namespace slipway::cli {

// `from:ID`, a deployment of which the agent still has the blocks.
std::expected<api::RecordedTraffic, Trouble> recorded_traffic(Session&, const std::string& from);

}  // namespace slipway::cli
