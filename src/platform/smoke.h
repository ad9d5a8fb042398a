// Smoke tests of one instance, in order, by its own port (requirement G3 for status and answer).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "contract/command.h"

namespace slipway::platform {

// Does the answer fit? Exactly equal (a line end at its end does not count), or the whole of it
// matches `expected` as a regular expression (ECMAScript).
bool answer_fits(const std::string& expected, const std::string& body);

// Done with one line a test, or Failed that names the first test that failed.
Outcome run_smoke(const RunSmoke&, Duration timeout = 10s);

}  // namespace slipway::platform
