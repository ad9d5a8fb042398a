// What a release would do: the real engine in virtual time over modelled users and a modelled
// candidate, once for each seed and strategy; told as simulate/1 and drawn as a picture.
#pragma once

#include <boost/json.hpp>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "contract/port.h"
#include "sim/world.h"

namespace slipway::sim {

struct Question {
  ConfigPtr config;
  Request request;                // environment, service, version, strategy
  std::string stable = "stable";  // the version that serves before
  Demand demand;
  std::string recorded_from;       // the deployment whose users are `demand.recorded`
  std::string candidate = "good";  // parse_behaviour()
  Behaviour usual;                 // of stable, and of the candidate where nothing else is said
  std::uint64_t seed = 1;
  int seeds = 1;
  std::vector<std::string> compare;  // strategies; empty: the one that is configured
  bool traced = false;
  std::function<bool()> stop;  // asked again and again: true ends it; null: never
};

// The code of a Refusal that says so.
inline constexpr const char* kStopped = "stopped";

// One moment of a run, at the end of a block of rows or at a change.
struct Glimpse {
  double at_s = 0;          // since the request
  std::int32_t weight = 0;  // of the candidate, basis points
  std::uint64_t stable = 0, stable_errors = 0, candidate = 0, candidate_errors = 0;
  State state = State::looking;
};

struct Forecast {
  std::uint64_t seed = 0;
  Deployment deployment;
  std::uint64_t hurt = 0;  // requests that failed during it
  double took_s = 0;       // request to end
  double found_s = -1;     // first harm to the verdict; -1: no harm, or none found
  double back_ms = -1;     // verdict to the last request of the candidate; -1: not taken back
  std::vector<Glimpse> glimpses;
  std::vector<std::string> trace;
};

// Called after each run with how many are done of how many.
using Progress = std::function<void(int done, int of)>;

// simulate/1.
std::expected<boost::json::object, Refusal> simulate(const Question&, const Progress& = {});
// One run; a Refusal when it cannot be planned.
std::expected<Forecast, Refusal> foresee(const Question&, const std::string& strategy,
                                         std::uint64_t seed);

// A picture of one run: weight, requests and errors over time. SVG text.
std::string picture(const Forecast&, const std::string& title);

}  // namespace slipway::sim
