// What users asked during a past deployment, as an agent counted it: the traffic of a simulation.
#pragma once

#include <string>

#include "cli/session.h"

namespace slipway::cli {

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
  // What the candidate of that time did, in the words of --candidate.
  std::string candidate_words() const;
};

// `from:ID`, a deployment of which the agent still has the blocks.
std::expected<RecordedTraffic, Trouble> recorded_traffic(Session&, const std::string& from);
// series/1; told apart so that it can be tested without an agent.
RecordedTraffic read_series(const object&);

}  // namespace slipway::cli
