// The rule for what hangs (analysis page, section 9): requests were given to a version and nearly
// none of them answered. Of this room alone.
#pragma once

#include "analysis/judge.h"

namespace slipway::analysis {

// The block with the unanswered among the errors, each once; `room` holds it when it differs.
const Block& settle_pending(Judge&, const Block&, Block& room);

}  // namespace slipway::analysis
