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
  a(6, v.started);
}

void fields(auto& a, Is<analysis::Block> auto& v) {
  a(1, v.from);
  a(2, v.to);
  a(3, v.stable);
  a(4, v.candidate);
  a(5, v.dispersion);
}

void fields(auto& a, Is<analysis::Sketch> auto& v) {
  a(1, v.buckets);
  a(2, v.seen);
  a(3, v.aged);
}

void fields(auto& a, Is<analysis::Baseline> auto& v) {
  a(1, v.requests);
  a(2, v.errors);
  a(3, v.latencies);
  a(4, v.dispersion);
}

void fields(auto& a, Is<analysis::Finding> auto& v) {
  auto& subject = open(v.subject);
  a(1, subject.name);
  a(2, subject.side);
  a(3, subject.engine);
  a(4, subject.unit);
  a(5, v.ruling);
  a(6, v.stable);
  a(7, v.candidate);
  a(8, subject.limit);
  a(9, subject.origin);
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
  a(7, v.trouble);
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
  auto& subject = open(v.subject);
  a(1, v.criterion, -1);
  a(2, v.evidence);
  a(3, v.n_stable);
  a(4, v.n_candidate);
  a(5, v.x_stable);
  a(6, v.x_candidate);
  a(7, v.ph_num);
  a(8, v.ph_den);
  a(9, v.side);
  a(10, v.engine);
  a(11, v.metric);
  a(12, v.quantile, 0.5);
  a(13, v.p0, 0.01);
  a(14, v.rho, 1.5);
  a(15, v.delta, 0.0005);
  a(16, v.factor, 1);
  a(17, v.limit);
  a(18, v.relative);
  a(19, v.bad_below);
  a(20, v.step);
  a(21, v.weight);
  a(22, v.armed);
  a(23, v.y);
  a(24, v.y_at);
  a(25, v.beside);
  a(26, v.rescued);
  a(27, subject.name);
  a(28, subject.limit);
  a(29, subject.origin);
  a(30, v.source);
  a(31, v.ratios);
  a(32, v.ratios_from);
  a(33, v.seen_stable);
  a(34, v.seen_candidate);
  a(35, v.read_at);
  a(36, v.trouble);
  a(37, v.fresh, std::chrono::seconds(60));
  a(38, v.silence);
  if constexpr (!std::is_const_v<std::remove_reference_t<decltype(v)>>) analysis::name_words(v);
}

void fields(auto& a, Is<analysis::Reading> auto& v) {
  a(1, v.name);
  a(2, v.from);
  a(3, v.to);
  a(4, v.n_stable);
  a(5, v.x_stable);
  a(6, v.n_candidate);
  a(7, v.x_candidate);
  a(8, v.x_candidate_safe);
  a(9, v.stable);
  a(10, v.candidate);
  a(11, v.trouble);
  a(12, v.silent);
}

void fields(auto& a, Is<analysis::FastTick> auto& v) {
  a(1, v.at);
  a(2, v.requests);
  a(3, v.errors);
}

void fields(auto& a, Is<analysis::Unanswered> auto& v) {
  a(1, v.window);
  a(2, v.strikes);
  a(3, v.owed);
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
  a(16, v.sketch);
  a(17, v.dispersion);
  a(18, v.warm_until);
  a(19, v.trouble);
  a(20, v.pending_stable);
  a(21, v.pending_candidate);
  a(22, v.notes);
}

}  // namespace slipway::record
