// Following a deployment to its end: redrawn on a terminal, one line an event on a pipe. Leaving,
// by a key, a signal or a time limit, never touches the release.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/session.h"

namespace slipway::cli {

struct Follow {
  std::string verb;                 // deploy, rollback, abort, …: what the exit status means
  std::optional<Duration> timeout;  // --timeout
};

// `first` is the deployment as answered. The agent may be replaced when it went away and came back.
Ended follow(Session&, std::unique_ptr<Agent>&, object first, const Follow&);

// The exit status of a deployment that ended (interface page 3.4).
int exit_of(const std::string& verb, const object& deployment);

// Accepted and not followed: --no-wait, and the verbs that return when recorded.
int report_accepted(Session&, const object& deployment);

}  // namespace slipway::cli
