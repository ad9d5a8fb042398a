// Why a deployment went as it did: its story as sentences and the verdicts with their numbers.
#pragma once

#include <boost/json.hpp>
#include <string>

#include "contract/site.h"

namespace slipway::views {

// explain/1: {schema, id, state, sentences: [{at, type, code, text, values}], verdicts}; oldest
// first.
boost::json::object explain_json(const Deployment&, const SiteId&, const Site*);

// The screen of the interface page ("why was … rolled back?") from an explain/1 object, newest
// first; one line a sentence, no final newline.
std::string explain_text(const boost::json::object& explain);

}  // namespace slipway::views
