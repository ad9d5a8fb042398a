// The sentences of because-codes and of the story's events. Decides nothing and knows no time.
#pragma once

#include <boost/json.hpp>
#include <string>

#include "contract/site.h"

namespace slipway::views {

// {code, text, values}: always an object (interface page 4); empty code, empty text.
boost::json::object to_json(const Because&);

// What happened, for one entry of a deployment's story: the sentence of its because, else one made
// of its type and the deployment. Never empty.
std::string story_text(const Deployment&, const StoryEntry&);

// "deploy of v2", "rollback to v1", "restart of v2".
std::string act_text(const Deployment&);

}  // namespace slipway::views
