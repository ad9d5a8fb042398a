// The agent: everything wired together and run until it is stopped.
#pragma once

#include "cli/cli.h"

namespace slipway {

// In the foreground; answers the exit status (interface page 3.4).
int run_agent(const cli::AgentOptions&, const std::string& version);

// In the background, in a session of its own; its output goes to agent.log in the state folder.
Result<> spawn_agent(const cli::AgentOptions&);

// By xdg-open, which knows the person's own.
Result<> open_browser(const std::string& url);

}  // namespace slipway
