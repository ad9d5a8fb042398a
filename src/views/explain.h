// Why a deployment went as it did: its story as sentences and the verdicts with their numbers.
#pragma once

#include <boost/json.hpp>

#include "contract/site.h"

namespace slipway::views {

// explain/1: {schema, id, state, sentences: [{at, type, code, text, values}], verdicts}; oldest
// first. Each recorded verdict has `sentences` of its own: its numbers, and what would have changed
// it.
boost::json::object explain_json(const Deployment&, const SiteId&, const Site*);

}  // namespace slipway::views
