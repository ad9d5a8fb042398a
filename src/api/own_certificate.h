// A certificate that the agent makes for itself, where nobody gave it one: of no authority, so that
// who calls has to be told to trust it (SLIPWAY_CA, or the browser's question).
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace slipway::api {

// FOLDER/agent.pem and FOLDER/agent.key, made anew when they are not there, do not hold for one of
// the names (host names or addresses), or end within 60 days.
Result<> keep_own_certificate(const std::string& folder, const std::vector<std::string>& names);

// The host of "https://deploy.example.com:7411/x" or "0.0.0.0:7411"; empty: it names no host that
// somebody could call.
std::string host_called(std::string_view address);

}  // namespace slipway::api
