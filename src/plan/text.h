// A plan in words, for `slipway plan`, the approval page and the live view. Decides nothing.
#pragma once

#include <string>

#include "plan/plan.h"

namespace slipway::plan {

// "250 ms", "30 s", "1 h 40 m".
std::string text_of(Duration);

// What a step does, without its number and verb: "2 instances of v2".
std::string describe(const Step&, const Plan&);

// The whole plan, one line a step, with lengths, notes and warnings. No final newline.
std::string render(const Plan&);

// What the plan waits for by itself: dwells and pauses; not approvals, starts and drains.
Duration dwell_of(const Plan&);

}  // namespace slipway::plan
