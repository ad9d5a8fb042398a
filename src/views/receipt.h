// The receipt and the verdicts of a deployment as JSON (interface page 4.1 and 4.2).
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <string>

#include "contract/site.h"

namespace slipway::views {

// Failed by the deployment: the direct ones, those lost with the proxy, and the candidate's 5xx
// above stable's rate, rounded down; never more than failed.
std::uint64_t caused(const Deployment&);

boost::json::object receipt_json(const Deployment&);
boost::json::object to_json(const analysis::Finding&);
boost::json::object to_json(const VerdictEntry&);
// The changes and, while it is judged, the newest look.
boost::json::array verdicts_json(const Deployment&, const Site*);

// "candidate 61 of 205 = 29.8 %, stable 1 of 615 = 0.16 %, limit < 1%".
std::string finding_text(const analysis::Finding&);

}  // namespace slipway::views
