// replay/1: the recorded blocks of a deployment judged again under another policy, and where that
// differs. Reads the journal, changes nothing.
#pragma once

#include <boost/json.hpp>
#include <expected>

#include "api/server.h"
#include "config/config.h"
#include "contract/site.h"
#include "journal/journal.h"

namespace slipway {

// A deployment and what happened at its site while it was live.
struct Recording {
  SiteId site;
  Deployment deployment;
  std::vector<Event> events;
};

// Of the journal; `live` is the site's newest state, when the deployment is still in it.
Result<Recording> recorded(journal::Journal&, std::uint32_t number, const SiteId& site,
                           const Site* newest);

std::expected<boost::json::object, Refusal> replay_object(const Recording&,
                                                          const config::Config& policy,
                                                          const std::string& file);

}  // namespace slipway
