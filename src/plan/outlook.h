// What a plan's stages will see with the traffic that is expected, in words.
#pragma once

#include "analysis/power.h"
#include "plan/plan.h"

namespace slipway::plan {

// Fills plan.outlook; nothing when no traffic is expected or nothing is judged.
void add_outlook(Plan&, const analysis::Expected&);

}  // namespace slipway::plan
