// Criteria as the file writes them: which shape, which metric, which limit. What can be read two
// ways is refused here; the numbers are taken out by the plan, not here.
#pragma once

#include <vector>

#include "config/config.h"
#include "config/ledger.h"

namespace slipway::config {

// A map, a list of one-key maps, a list of sentences, or one sentence. What this version cannot
// watch (cpu, memory, complaints) is left out with a warning.
std::vector<CriterionText> read_criteria(Ledger&, const text::Node&, bool bad_when_true);

// Whether a metric of this name is measured; notes it when it is not known at all.
bool is_measured(const std::string& canonical_metric);
bool is_known_metric(const std::string& canonical_metric);

}  // namespace slipway::config
