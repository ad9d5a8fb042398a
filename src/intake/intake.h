// From a request to an event that carries the plan, or to a refusal with its place and remedy.
#pragma once

#include <expected>
#include <string>

#include "config/config.h"
#include "contract/event.h"
#include "contract/port.h"
#include "contract/site.h"

namespace slipway::intake {

// First look at a release request (deploy, rollback, restart, retry): which site, is it allowed at
// all, are all secrets there. `site` is the site's state when it exists.
std::expected<Admitted, Refusal> admit(const Request&, const config::Config&, const FindSite& find);

// The plan. `site` is as it is now; `world` what the platform saw.
std::expected<Plan, Refusal> compile(const Request&, const config::Config&, const Site& site,
                                     const World& world);

}  // namespace slipway::intake
