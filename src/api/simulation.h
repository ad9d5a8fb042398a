// What POST /v1/simulate and `slipway simulate` ask: a release, and the world it is tried in; and a
// past deployment's users, read from its series/1, that may stand for the described ones.
#pragma once

#include <boost/json.hpp>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "contract/port.h"
#include "contract/request.h"

namespace slipway::api {

// What an agent gives to those who try releases: the rest of it is for those that are done.
inline constexpr int kSimulationsAtOnce = 2;
inline constexpr int kSimulatedRunsMost = 1000;  // strategies times seeds
inline constexpr std::size_t kComparedMost = 8;
inline constexpr Duration kSimulationTime = 30s;                  // on the clock of the wall
inline constexpr std::size_t kSimulationBytes = 8 * 1024 * 1024;  // of the answer

// Users for so long at that rate.
struct RecordedPiece {
  double seconds = 0, rps = 0;
};

struct Simulation {
  Request request;
  std::string stable = "stable", candidate = "good";  // as typed
  std::string pattern;                                // these four: empty where nothing is said
  std::optional<double> rps, latency_ms;
  std::optional<double> errors;  // of both versions where the candidate says nothing else
  std::uint64_t seed = 1;
  int seeds = 1;
  std::vector<std::string> compare;
  std::string recorded_from;  // a deployment; empty: the users are described
  std::vector<RecordedPiece> recorded;
  bool traced = false;
};

struct RecordedTraffic {
  std::string id;  // of the deployment
  std::vector<RecordedPiece> pieces;
  struct Side {  // of one version, over all of it
    double requests = 0, errors = 0, latency_ms = 0;
    double error_share() const { return requests > 0 ? errors / requests : 0; }
  };
  Side stable, candidate;
  double requests_per_second() const;
  // The version that was good; where there was none before it, the new one.
  const Side& good() const { return stable.requests > 0 ? stable : candidate; }
  // What the candidate of that time did, in the words of `candidate`.
  std::string candidate_words() const;
};

// Of any object: what is no block is passed over.
RecordedTraffic read_series(const boost::json::object&);
// "from:ID" → ID; nothing where it is something else.
std::optional<std::string> recorded_id(const std::string& traffic);

// What was recorded stands for whatever is left open, the usual for the rest.
std::expected<void, Refusal> settle(Simulation&, const RecordedTraffic*);

// Whether nobody waits for the answer any more.
using Gone = std::function<bool()>;

}  // namespace slipway::api
