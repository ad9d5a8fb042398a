// A metric's query as the requests of its source, for one version: pure text from text.
#pragma once

#include <vector>

#include "drivers/metrics/question.h"
#include "plan/plan.h"

namespace slipway::metrics {

std::vector<Question> say(const MetricQuery&, const Release&, Span);

}  // namespace slipway::metrics
