// A source's answer as numbers: pure. What is no answer of that source is an error with the
// source's own words where it has some.
#pragma once

#include "base/result.h"
#include "drivers/metrics/question.h"
#include "plan/plan.h"

namespace slipway::metrics {

// Adds what the answer to one question says. A series that is not there is not an error: nothing
// was counted yet.
Result<> hear(const MetricQuery&, Part, const Reply&, Span, Said&);

}  // namespace slipway::metrics
