// What deploy and plan ask for, as typed and as sent (POST /v1/deployments, /v1/plan).
#pragma once

#include "cli/handover.h"
#include "cli/verb.h"

namespace slipway::cli {

struct ReleaseWords {
  std::vector<std::string> words;     // ENV [V]
  std::vector<std::string> versions;  // --version, maybe SERVICE=V
  std::string strategy, when_busy, because;
  std::optional<Duration> warmup;
  std::optional<bool> auto_rollback;

  void declare(Options&);
};

// Checked, normalised: which release goes where. Refused when words contradict each other.
std::expected<Request, Trouble> request_of(Session&, const ReleaseWords&, Agent*);

// Body of POST /v1/deployments and /v1/plan.
object to_json(const Request&);

// Adds the configuration when the agent is on this machine and a file was found.
std::expected<void, Trouble> hand_over(Session&, Agent&, object& body);

// `plan` and `deploy --dry-run`.
Ended show_plan(Session&, const ReleaseWords&);

}  // namespace slipway::cli
