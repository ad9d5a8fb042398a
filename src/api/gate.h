// Whether a request may come in: who asks, and whether the route's rule lets them. Its refusals are
// 401, 403 and 429.
#pragma once

#include <optional>
#include <string>

#include "api/routes.h"

namespace slipway::api {

// Who asks, by what proves it; one without a name has proven nothing.
void identify(Office&, Ask&);

// The environment that the rule is about; empty: none is named.
std::string environment_of(const Rule&, const Scene&);

// Nothing: come in.
std::optional<Reply> refuse_entry(const Rule&, const Scene&, const std::string& environment);

// Why, as they said it; at most its first 2 KiB.
std::string because_of(const Ask&);

// The 401 of one who has proven nothing.
Reply refuse_stranger(const Ask&);

}  // namespace slipway::api
