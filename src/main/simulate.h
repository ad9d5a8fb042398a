// `slipway simulate`: the words of the command line put to the simulator.
#pragma once

#include <boost/json.hpp>
#include <expected>
#include <functional>

#include "cli/cli.h"

namespace slipway {

std::expected<boost::json::object, Refusal> simulate_alone(
    const cli::SimulationAsked&, const api::ConfigFiles&,
    const std::function<void(int done, int of)>& progress);

}  // namespace slipway
