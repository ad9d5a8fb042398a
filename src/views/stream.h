// The lines of /v1/events that one committed step makes: what is new in the stories of its
// deployments, and what happened to the site outside of them.
#pragma once

#include <cstddef>
#include <vector>

#include "views/board.h"

namespace slipway::views {

std::vector<EventLine> lines_of(const Published&);

// A deployment that its request was already answered for; before that it may still be refused
// without a trace, so its events wait.
bool accepted(const Deployment&);

// How many of the story's last entries are new since `before`.
std::size_t new_entries(const SharedLog<StoryEntry>& before, const SharedLog<StoryEntry>& after);

}  // namespace slipway::views
