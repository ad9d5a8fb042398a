// The descriptions of evidence: blocks, histograms, the judge and its verdicts. The rules of
// fields_plan.h hold here too.
#pragma once

#include "record/fields_plan.h"

namespace slipway::record {

// A histogram is one run of bytes, because a block has to stay small: for each bucket how far its
// index is above the one before, then its count, both as varints.
std::string pack(const analysis::Histogram&);
bool unpack(std::string_view, analysis::Histogram&);  // false: not such a run

void fields(auto& a, Is<analysis::Histogram> auto& v) { a.histogram(1, v); }

void fields(auto& a, Is<analysis::Counts> auto& v) {
  a(1, v.requests);
  a(2, v.errors);
  a(3, v.left);
  a(4, v.over);
  a(5, v.latencies);
}

void fields(auto& a, Is<analysis::Block> auto& v) {
  a(1, v.from);
  a(2, v.to);
  a(3, v.stable);
  a(4, v.candidate);
}

void fields(auto& a, Is<analysis::Finding> auto& v) {
  a(1, v.name);
  a(2, v.side);
  a(3, v.engine);
  a(4, v.unit);
  a(5, v.ruling);
  a(6, v.stable);
  a(7, v.candidate);
  a(8, v.limit);
  a(9, v.origin);
  a(10, v.n_stable);
  a(11, v.n_candidate);
  a(12, v.x_stable);
  a(13, v.x_candidate);
  a(14, v.evidence);
  a(15, v.needed);
}

void fields(auto& a, Is<analysis::Verdict> auto& v) {
  a(1, v.ruling);
  a(2, v.data);
  a(3, v.findings);
  a(4, v.decided_by, -1);
  a(5, v.observed);
  a(6, v.next, kNever);
}

void fields(auto& a, Is<analysis::Evidence> auto& v) {
  a(1, v.stakes);
  a(2, v.cash);
  a(3, v.total);
  a(4, v.tokens);
  a(5, v.age_s);
  a(6, v.first);
}

void fields(auto& a, Is<analysis::Test> auto& v) {
  a(1, v.criterion, -1);
  a(2, v.evidence);
  a(3, v.n_stable);
  a(4, v.n_candidate);
  a(5, v.x_stable);
  a(6, v.x_candidate);
  a(7, v.ph_num);
  a(8, v.ph_den);
}

void fields(auto& a, Is<analysis::FastTick> auto& v) {
  a(1, v.at);
  a(2, v.requests);
  a(3, v.errors);
}

void fields(auto& a, Is<analysis::Judge> auto& v) {
  a(1, v.charge);
  a(2, v.started);
  a(3, v.deadline);
  a(4, v.last_block);
  a(5, v.observed_until);
  a(6, v.observed);
  a(7, v.extensions);
  a(8, v.tests);
  a(9, v.fast);
  a(10, v.stable_latencies);
  a(11, v.candidate_latencies);
  a(12, v.n_stable);
  a(13, v.x_stable);
  a(14, v.n_candidate);
  a(15, v.x_candidate);
}

}  // namespace slipway::record
