// One verdict told in sentences with its numbers: what was seen, how it stands against what was
// needed, and what would have changed it. Reads the recorded verdict and the plan, nothing else.
#pragma once

#include <string>
#include <vector>

#include "contract/site.h"

namespace slipway::views {

std::vector<std::string> verdict_sentences(const Plan&, const VerdictEntry&);

}  // namespace slipway::views
