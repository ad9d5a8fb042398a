// Criteria as the file writes them: which shape, which polarity. What can be read two ways is
// refused here with its place; the numbers are taken out by the plan, with clause.h.
#pragma once

#include <vector>

#include "config/config.h"
#include "config/ledger.h"

namespace slipway::config {

// A map, a list of one-key maps, a list of sentences, or one sentence. A sentence that joins
// several comes out as one text each, in the spelling of print().
std::vector<CriterionText> read_criteria(Ledger&, const text::Node&, bool bad_when_true);

// What the metrics of a service have to say to a criterion: its name is known, its number fits the
// unit. True: it can be judged.
bool check_criterion(Ledger&, const CriterionText&, const std::vector<Metric>&);

// The set of rules for `rollback: { automatic: true }` without conditions of its own.
std::vector<CriterionText> automatic_criteria(const text::Place&);

// Complaints and tickets that a condition names need no entry under `metrics:`.
Metric signal_metric(const std::string& name, const text::Place&);

}  // namespace slipway::config
