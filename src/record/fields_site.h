// The descriptions of a site and its deployments, and of the record of one step. The rules of
// fields_plan.h hold here too.
#pragma once

#include "contract/site.h"
#include "record/fields_event.h"
#include "record/record.h"

namespace slipway::record {

void fields(auto& a, Is<Instance> auto& v) {
  a(1, v.id);
  a(2, v.copy);
  a(3, v.index);
  a(4, v.phase);
  a(5, v.port);
  a(6, v.pid);
  a(7, v.healthy);
  a(8, v.admitted);
  a(9, v.ejected);
  a(10, v.restarts);
  a(11, v.since);
  a(12, v.restart_at, kNever);
  a(13, v.trouble);
  a(14, v.tail);
  a(15, v.ending);
}

void fields(auto& a, Is<Copy> auto& v) {
  a(1, v.number);
  a(2, v.release);
  a(3, v.spec);
  a(4, v.slot);
  a(5, v.wanted);
  a(6, v.weight);
  a(7, v.warm_until, kNever);
  a(8, v.retiring);
  a(9, v.proven);
}

void fields(auto& a, Is<StepProgress> auto& v) {
  a(1, v.state);
  a(2, v.detail);
  a(3, v.attempt);
  a(4, v.started);
  a(5, v.ended);
  a(6, v.started_wall);
  a(7, v.ended_wall);
  a(8, v.deadline, kNever);
  a(9, v.because);
}

void fields(auto& a, Is<Approval> auto& v) {
  a(1, v.by);
  a(2, v.at);
  a(3, v.approved);
  a(4, v.note);
  a(5, v.plan);
}

void fields(auto& a, Is<StoryEntry> auto& v) {
  a(1, v.at);
  a(2, v.wall);
  a(3, v.type);
  a(4, v.because);
}

void fields(auto& a, Is<VerdictEntry> auto& v) {
  a(1, v.at);
  a(2, v.stage);
  a(3, v.verdict);
}

void fields(auto& a, Is<VersionReceipt> auto& v) {
  a(1, v.requests);
  a(2, v.errors);
  a(3, v.latencies);
}

void fields(auto& a, Is<Receipt> auto& v) {
  a(1, v.complete);
  a(2, v.requests);
  a(3, v.failed);
  a(4, v.caused_direct);
  a(5, v.dropped);
  a(6, v.lost);
  a(7, v.drained);
  a(8, v.cut);
  a(9, v.rows_lost);
  a(10, v.exposed);
  a(11, v.longest_gap);
  a(12, v.gap_before);
  a(13, v.unobserved);
  a(14, v.proxy_down);
  a(15, v.has_gap);
  a(16, v.has_gap_before);
  a(17, v.stable_5xx);
  a(18, v.candidate_5xx);
  a(19, v.stable);
  a(20, v.candidate);
  a(21, v.first_harm);
  a(22, v.verdict_at);
  a(23, v.traffic_back);
}

void fields(auto& a, Is<Deployment> auto& v) {
  a(1, v.number);
  a(2, v.kind);
  a(3, v.request);
  a(4, v.request_id);
  a(5, v.of);
  a(6, v.retry_of);
  a(7, v.state);
  a(8, v.because);
  a(9, v.planned);
  a(10, v.plan);
  a(11, v.plan_digest);
  a(12, v.stable);
  a(13, v.candidate);
  a(14, v.step);
  a(15, v.progress);
  a(16, v.moved_traffic);
  a(17, v.settling);
  a(18, v.judge);
  a(19, v.verdicts);
  a(20, v.approvals);
  a(21, v.back);
  a(22, v.back_to);
  a(23, v.back_tries);
  a(24, v.back_retry_at, kNever);
  a(25, v.deadline, kNever);
  a(26, v.resume_to);
  a(27, v.dwell);
  a(28, v.wait);
  a(29, v.requested);
  a(30, v.started);
  a(31, v.ended_at);
  a(32, v.paused_at);
  a(33, v.requested_wall);
  a(34, v.started_wall);
  a(35, v.ended_wall);
  a(36, v.measured);
  a(37, v.served_share, -1);
  a(38, v.receipt);
  a(39, v.story);
  a(40, v.warnings);
  a(41, v.baseline);
  a(42, v.kept);
  a(43, v.checked);
  a(44, v.counted);
}

void fields(auto& a, Is<Awaited> auto& v) {
  a(1, v.id);
  a(2, v.attempt);
  a(3, v.number);
  a(4, v.command);
  a(5, v.begun);
  a(6, v.deadline, kNever);
  a(7, v.retry_at, kNever);
}

void fields(auto& a, Is<Past> auto& v) {
  a(1, v.number);
  a(2, v.release);
  a(3, v.spec);
  a(4, v.route);
  a(5, v.replicas);
  a(6, v.at);
}

void fields_until_last(auto& a, Is<Site> auto& v) {
  a(1, v.id);
  a(2, v.seq);
  a(3, v.serving);
  a(4, v.route);
  a(5, v.copies);
  a(6, v.instances);
  a(7, v.live);
  a(8, v.queued);
}

void fields_after_last(auto& a, Is<Site> auto& v) {
  a(10, v.past);
  a(11, v.digests);
  a(12, v.awaiting);
  a(13, v.next_command);
  a(14, v.next_instance);
  a(15, v.counted);
  a(16, v.down);
  a(17, v.quarantine);
  a(18, v.disk_critical);
  a(19, v.now);
  a(20, v.wall);
}

void fields(auto& a, Is<Site> auto& v) {
  fields_until_last(a, v);
  a(9, v.last);
  fields_after_last(a, v);
}

// A site whose newest ended deployment may stand in its summary alone.
template <class S>
struct Apart {
  S site;
  std::uint32_t last = 0;  // the summary's number; 0: there is none
};

template <class S>
void fields(auto& a, Apart<S>& v) {  // to read
  fields(a, v.site);
  a(21, v.last);
}
template <class S>
void fields(auto& a, const Apart<S>& v) {  // to write
  fields_until_last(a, v.site);
  fields_after_last(a, v.site);
  a(21, v.last);
}

void fields(auto& a, Is<StepRecord> auto& v) {  // `unknown` is the rest, as it is
  a(1, v.event);
  a(2, v.commands);
}

}  // namespace slipway::record
