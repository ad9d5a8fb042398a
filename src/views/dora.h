// The four figures of software delivery, and what the product promises about releases, counted
// from deployments that have ended. Pure: the period is an argument.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "contract/site.h"

namespace slipway::views {

// What is counted of one ended deployment.
struct Change {
  SiteId site;
  std::uint32_t number = 0, of = 0;
  Kind kind = Kind::deploy;
  State state = State::succeeded;
  std::string version;
  Wall requested{}, started{}, ended{};
  Wall first_harm{}, traffic_back{};
  std::uint64_t requests = 0, caused = 0, exposed = 0;
};
Change change_of(const Deployment&, const SiteId&);

struct Period {
  Wall since{}, until{};
  std::string environment, service;  // empty: all
};

// dora/1. `all` are all known changes, in the order of their numbers: lead times and restorations
// look outside of the period too.
boost::json::object dora_json(const std::vector<Change>& all, const Period&);

}  // namespace slipway::views
