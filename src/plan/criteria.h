// Criteria as people write them -> what the judge tests. Every spelling has one reading; what has
// two is refused with both, at its place. Knows no clock and reads no file.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "analysis/criterion.h"
#include "config/config.h"
#include "plan/plan.h"

namespace slipway::plan {

struct Criteria {
  std::vector<analysis::Criterion> list;  // one that repeats another counts once
  std::vector<MetricQuery> queries;       // what has to be asked for them
  std::vector<std::pair<std::string, std::string>> warnings;  // code, text
  text::Diagnostics errors;
};

// The spellings are read by config/clause.h. A metric of `metrics` that no text names is judged by
// what is usual, where `usual`; one that is named and has no source (cpu, memory) is only warned
// about.
Criteria compile_criteria(const std::vector<config::CriterionText>&,
                          const std::vector<config::Metric>& metrics = {}, bool usual = true);

}  // namespace slipway::plan
