// The counting of rows, as the rows thread does it: what it read and nobody recorded is read again
// after a restart.
#include <algorithm>

#include "meter/rule.h"
#include "sim/drivers.h"

namespace slipway::sim {
namespace {

constexpr std::uint64_t kInode = 1;
constexpr Duration kTick = 1s;

// What this copy answered in the last hour, as far as it is kept: what the meter's history gives
// the first block of a watch.
analysis::Baseline past_of(const Scene& scene, const std::string& copy) {
  analysis::Baseline out;
  if (copy.empty() || scene.stretches.empty()) return out;
  const auto from = scene.stretches.back().to - std::chrono::hours(1);
  for (const Stretch& stretch : scene.stretches) {
    if (stretch.to < from) continue;
    analysis::Histogram latencies;
    for (const Rows& rows : stretch.rows) {
      if (rows.assigned != copy) continue;
      out.requests += rows.requests;
      out.errors += rows.judge_errors;
      rows.curve.add(rows.latencies, latencies);
    }
    out.latencies.add(latencies);
  }
  return out;
}

}  // namespace

bool Counter::takes(const Command& c) const {
  return std::holds_alternative<Watch>(c) || std::holds_alternative<Count>(c);
}

void Counter::resume(const std::map<SiteId, RowPosition>& live) {
  for (const auto& [site, position] : live) {
    if (position.inode != 0) resumed_[site] = position.offset;
  }
}

void Counter::perform(const Issued& issued, bool, Tell tell) {
  stage_.scene(issued.site).pass(stage_.now());
  if (const auto* watch = std::get_if<Watch>(&issued.command)) {
    obey(issued.site, *watch);
    return tell(Done{});
  }
  const auto found = watched_.find(issued.site);
  if (found != watched_.end()) {
    read(issued.site, found->second);
    const bool enough = judged(found->second, now() - found->second.since);
    stage_.sink->fact(issued.site, close(found->second, enough));
    if (std::get<Count>(issued.command).last) watched_.erase(found);
  }
  tell(Done{});
}

void Counter::obey(const SiteId& site, const Watch& watch) {
  const auto known = watched_.find(site);
  Watched fresh;
  fresh.watch = watch;
  fresh.since = now();
  fresh.candidate_at = now();
  if (known != watched_.end()) {
    // The rule of the block changes: what is open is closed by the old one.
    read(site, known->second);
    stage_.sink->fact(site, close(known->second, judged(known->second, now() - fresh.since)));
    fresh.read = known->second.read;
    fresh.first = false;
  } else {
    fresh.read = stage_.scene(site).written;
    const auto resumed = resumed_.find(site);
    // A site that was never counted starts with the rows from here on.
    if (resumed != resumed_.end()) fresh.read = resumed->second;
    if (resumed != resumed_.end()) resumed_.erase(resumed);
    stage_.watching(site, fresh.read);
    Counted begins{.judged = false, .position = {kInode, fresh.read}};
    if (analysis::Baseline past = past_of(stage_.scene(site), watch.stable); past.requests > 0)
      begins.before = std::move(past);
    stage_.sink->fact(site, std::move(begins));
  }
  fresh.from = fresh.read;
  watched_[site] = std::move(fresh);
  if (ticking_) return;
  ticking_ = true;
  stage_.later(kTick, [this] { tick(); });
}

void Counter::read(const SiteId& site, Watched& w) {
  const auto& stretches = stage_.scene(site).stretches;
  auto at = std::upper_bound(stretches.begin(), stretches.end(), w.read,
                             [](std::uint64_t offset, const Stretch& s) { return offset < s.end; });
  for (; at != stretches.end(); ++at) {
    for (const Rows& rows : at->rows) add(w, *at, rows);
    if (at->silence > w.tally.longest_gap) w.tally.longest_gap = at->silence;
    w.read = at->end;
  }
}

void Counter::add(Watched& w, const Stretch& stretch, const Rows& rows) {
  Tally& t = w.tally;
  w.open += rows.requests;
  t.requests += rows.requests;
  t.ok += rows.requests - rows.failed;
  t.failed += rows.failed;
  t.dropped += rows.dropped;
  t.no_server += rows.no_server;
  t.has_gap = t.has_gap || rows.requests > rows.dropped;
  if (rows.served == w.watch.stable) t.stable_served += rows.requests;
  if (rows.served == w.watch.candidate) t.candidate_served += rows.requests;
  const Wall wall = stage_.clock.wall() - (stage_.now() - stretch.to);
  const bool of_candidate = rows.assigned == w.watch.candidate;
  if (!of_candidate && rows.assigned != w.watch.stable) return;
  (of_candidate ? t.candidate_requests : t.stable_requests) += rows.requests;
  (of_candidate ? t.candidate_failed : t.stable_failed) += rows.failed;
  if (of_candidate) {
    t.last_candidate_start = std::max(t.last_candidate_start, wall);
    if (rows.judge_errors > 0 && t.first_candidate_error == Wall{}) t.first_candidate_error = wall;
    w.candidate_new = true;
  }
  analysis::Counts& counts = of_candidate ? w.candidate : w.stable;
  counts.requests += rows.requests;
  counts.errors += rows.judge_errors;
  const auto& limits = w.watch.latency_limits_us;
  counts.over.resize(limits.size());
  for (std::size_t i = 0; i < limits.size(); ++i) {
    for (std::size_t step = 0; step < Latencies::kSteps; ++step) {
      if (rows.curve.microseconds(step) > limits[i]) counts.over[i] += rows.latencies[step];
    }
  }
  rows.curve.add(rows.latencies, counts.latencies);
}

Counted Counter::close(Watched& w, bool judged) {
  Counted out{.judged = judged};
  out.block = {w.since, now(), std::move(w.stable), std::move(w.candidate)};
  out.tally = w.tally;
  out.position = {kInode, w.read};
  w.stable = {};
  w.candidate = {};
  w.stable.over.assign(w.watch.latency_limits_us.size(), 0);
  w.candidate.over.assign(w.watch.latency_limits_us.size(), 0);
  w.tally = {};
  w.open = 0;
  w.since = now();
  w.first = false;
  return out;
}

bool Counter::judged(const Watched& w, Duration age) const {
  return meter::is_judged({.stable = w.stable.requests,
                           .candidate = w.candidate.requests,
                           .candidate_alone = w.watch.bake || w.watch.stable.empty(),
                           .age = age});
}

bool Counter::for_receipt(const Watched& w) const {
  return meter::is_for_receipt({.rows = w.open,
                                .candidate = w.candidate.requests,
                                .candidate_seen = w.candidate_seen,
                                .candidate_quiet = now() - w.candidate_at,
                                .age = now() - w.since});
}

void Counter::tick() {
  if (watched_.empty()) {
    ticking_ = false;
    return;
  }
  stage_.later(kTick, [this] { tick(); });
  for (auto& [site, w] : watched_) {
    stage_.scene(site).pass(stage_.now());
    read(site, w);
    if (w.candidate_new) {
      w.candidate_at = now();
      w.candidate_seen = true;
      w.candidate_new = false;
    }
    const bool enough = judged(w, now() - w.since);
    if (enough || for_receipt(w)) stage_.sink->fact(site, close(w, enough));
    stage_.scene(site).forget(stage_.recorded(site).offset);
  }
}

}  // namespace slipway::sim
