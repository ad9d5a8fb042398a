// `slipway simulate` and POST /v1/simulate: their words put to the simulator.
#pragma once

#include <atomic>
#include <boost/json.hpp>
#include <expected>
#include <functional>

#include "api/simulation.h"
#include "cli/cli.h"

namespace slipway {

// By the command line, on its own.
std::expected<boost::json::object, Refusal> simulate_alone(
    const api::Simulation&, const api::ConfigFiles&,
    const std::function<void(int done, int of)>& progress);

// By an agent: in a thread of its own that everything else goes before, a few at once, each for so
// long at the most.
class Rehearsals {
 public:
  std::expected<boost::json::object, Refusal> hold(const api::Simulation&, const config::Config&,
                                                   const api::Gone&);

 private:
  std::atomic<int> held_ = 0;
};

}  // namespace slipway
