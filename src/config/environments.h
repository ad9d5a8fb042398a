// The environments of a file: those at top level and those under `deployment`, as one list.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/ledger.h"
#include "text/node.h"

namespace slipway::config {

// In the order of the file; a key that stands in both places with two values is noted. Either
// may be null.
std::vector<std::pair<std::string, text::Node>> merge_environments(Ledger&, const text::Node* top,
                                                                   const text::Node* deployment);

// A name of an environment or a service: 1–63 of A-Z a-z 0-9 . _ -, a letter or digit first.
bool is_name(const std::string&);

}  // namespace slipway::config
