// A deployment and a site as the JSON of the interface page (4.1, 4.3), from plain state. Pure: the
// newest event of the site is the only "now".
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <optional>
#include <string>

#include "contract/site.h"
#include "views/drift.h"

namespace slipway::views {

// "web-production-42".
std::string deployment_id(const SiteId&, std::uint32_t number);

// How much is told: `brief` leaves out what only a deployment's own page shows (steps, approvals,
// warnings, verdicts, receipt, notes), so that a list of thousands stays small.
enum class Depth : std::uint8_t { whole, brief };

// How the newest configuration would run the site's release; nothing: it does not name the site.
// Asked by whoever reads, from any thread.
using Wants = std::function<std::optional<Wanted>(const SiteId&, const slipway::Release&)>;

// deployment/1. `site` is null for one that ended before what the site now remembers: then what
// only the site knows (weights, deadlines) is told from the deployment's end, or is null.
boost::json::object deployment_json(const Deployment&, const SiteId&, const Site* site,
                                    Depth = Depth::whole);

// {"v1": 9500, "v2": 500}: basis points by the copy's label, as commanded.
boost::json::object weights_json(const Site&);

// One element of status/1's `services`.
boost::json::object service_json(const Site&, Depth = Depth::whole, const Wants& = {});
// The same for a site that never had a release.
boost::json::object empty_service_json(const SiteId&, Depth = Depth::whole);

}  // namespace slipway::views
