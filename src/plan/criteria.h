// Criteria as people write them -> what the judge tests. Every spelling has one reading; what has
// two is refused with both, at its place. Knows no clock and reads no file.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "analysis/criterion.h"
#include "config/config.h"

namespace slipway::plan {

struct Criteria {
  std::vector<analysis::Criterion> list;  // one that repeats another counts once
  std::vector<std::pair<std::string, std::string>> warnings;  // code, text
  text::Diagnostics errors;
};

// error_rate, success_rate, pNN_latency (latency_pNN, pNN), response_time and latency (p50), with
// "< 1%", "< 500ms", "> baseline * 1.5", "> 2x", "increase > 2%" (points of a rate, relative of a
// time). Complaints and tickets become external signals; cpu and memory are not measured yet and
// only warned about.
Criteria compile_criteria(const std::vector<config::CriterionText>&);

}  // namespace slipway::plan
