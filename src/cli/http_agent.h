// The agent over HTTP: a unix socket on this machine, or a URL.
#pragma once

#include "cli/agent.h"

namespace slipway::cli {

Result<std::unique_ptr<Agent>> dial_http(const Door&, const std::string& token);

}  // namespace slipway::cli
