// A site in the middle of a canary, and its later states, written out by hand.
#pragma once

#include <memory>

#include "contract/published.h"

namespace slipway::views::sample {

inline Wall wall(double seconds) {
  // 2026-11-21T10:00:00Z
  return Wall(std::chrono::seconds(1'795'255'200)) +
         Duration(static_cast<std::int64_t>(seconds * 1e6));
}
inline Instant at(double seconds) {
  return Instant(Duration(static_cast<std::int64_t>((1000 + seconds) * 1e6)));
}
inline void move_to(Site& site, double seconds) {
  site.now = at(seconds);
  site.wall = wall(seconds);
}

inline slipway::Release release(const char* version) {
  return {"web", version, std::string("sha256:") + version, ""};
}

inline Plan canary_plan() {
  Plan plan;
  plan.strategy = Strategy::canary;
  plan.from = release("v1");
  plan.to = release("v2");
  plan.environment = "production";
  plan.replicas = 2;
  plan.floor = 2;
  plan.revision = "sha256:config";
  const auto step = [&](Verb verb) -> Step& {
    plan.steps.emplace_back().verb = verb;
    plan.steps.edit().back().deadline = 60s;
    return plan.steps.edit().back();
  };
  step(Verb::check);
  step(Verb::provision).instances = 1;
  step(Verb::warm).instances = 1;
  for (const std::int32_t weight : {500, 2500, 10000}) {
    const char* name = weight == 500 ? "initial" : weight == 2500 ? "expansion" : "";
    Step& shift = step(Verb::shift);
    shift.weight = weight;
    shift.name = name;
    if (weight == 10000) break;
    Step& judge = step(Verb::judge);
    analysis::Charge& charge = judge.charge.edit();
    judge.name = charge.stage = name;
    charge.weight = weight;
    charge.criteria.push_back({.name = "error_rate",
                               .limit = 0.01,
                               .both_sides = true,
                               .text = "< 1%",
                               .origin = "slipway.yaml:31"});
    judge.deadline = {};
  }
  Step& retire = step(Verb::retire);
  retire.who = Who::stable;
  retire.keep_warm = 10min;
  return plan;
}

inline void add_copy(Site& site, std::uint32_t number, const char* version, int wanted,
                     std::int32_t weight) {
  Copy copy;
  copy.number = number;
  copy.release = release(version);
  copy.slot = static_cast<int>(site.copies.size());
  copy.wanted = wanted;
  copy.weight = weight;
  copy.proven = true;
  site.copies[number] = copy;
}

inline void add_instance(Site& site, std::uint32_t copy, InstancePhase phase) {
  Instance i;
  i.id = site.next_instance++;
  i.copy = copy;
  i.phase = phase;
  i.healthy = i.admitted = phase == InstancePhase::ready;
  i.port = static_cast<std::uint16_t>(20000 + i.id);
  site.instances[i.id] = i;
}

inline void tell(Deployment& d, double seconds, const char* type, Because because) {
  d.story.push_back({at(seconds), wall(seconds), type, std::move(because)});
}

// v1 serves with two instances; nothing is live.
inline Site quiet() {
  Site site;
  site.id = {"web", "production"};
  site.serving = 41;
  site.route.listen = "127.0.0.1:8080";
  add_copy(site, 41, "v1", 2, 10000);
  add_instance(site, 41, InstancePhase::ready);
  add_instance(site, 41, InstancePhase::ready);
  move_to(site, 0);
  return site;
}

inline Deployment canary() {
  Deployment d;
  d.number = 42;
  d.request.by = "ana";
  d.request.trigger = "cli";
  d.request.because = "weekly release";
  d.request.version = "v2";
  d.planned = true;
  d.plan = canary_plan();
  d.plan_digest = "sha256:plan";
  d.progress.edit().resize(d.plan.steps.size());
  d.stable = 41;
  d.candidate = 42;
  d.state = State::running;
  d.requested = d.started = at(0.123);
  d.requested_wall = d.started_wall = wall(0.123);
  tell(d, 0.123, "deployment.requested", {"requested", {{"by", "ana"}, {"why", "weekly release"}}});
  tell(d, 0.2, "deployment.planned",
       {"planned", {{"from", "v1"}, {"to", "v2"}, {"strategy", "canary"}, {"steps", "9"}}});
  return d;
}

inline void run_step(Deployment& d, std::size_t n, StepState state, double from, double to) {
  StepProgress& p = d.progress.edit()[n];
  p.state = state;
  p.attempt = 1;
  p.started = at(from);
  p.started_wall = wall(from);
  if (state == StepState::running) {
    p.deadline = at(from + 60);
    return;
  }
  p.ended = at(to);
  p.ended_wall = wall(to);
}

// The candidate's one instance starts.
inline Site warming() {
  Site site = quiet();
  Deployment d = canary();
  add_copy(site, 42, "v2", 1, 0);
  site.copies[42].proven = false;
  add_instance(site, 42, InstancePhase::starting);
  run_step(d, 0, StepState::done, 0.2, 0.3);
  run_step(d, 1, StepState::done, 0.3, 0.5);
  run_step(d, 2, StepState::running, 0.5, 0);
  d.step = 2;
  site.live = d;
  move_to(site, 2);
  return site;
}

// 5 % for 48 s of 60 s, no harm seen.
inline Site judging() {
  Site site = warming();
  Deployment& d = *site.live;
  site.instances.rbegin()->second.phase = InstancePhase::ready;
  site.copies[41].weight = 9500;
  site.copies[42].weight = 500;
  run_step(d, 2, StepState::done, 0.5, 3);
  run_step(d, 3, StepState::done, 3, 3.4);
  run_step(d, 4, StepState::running, 3.4, 0);
  d.step = 4;
  d.moved_traffic = true;
  d.measured = "measured";
  d.served_share = 0.0503;
  d.judge.emplace(d.plan.steps[4].charge, at(3.4));
  tell(d, 3.4, "deployment.shifted",
       {"shifted",
        {{"weight", "500"}, {"measured", "measured"}, {"share", "0.0503"}, {"text", ""}}});
  d.receipt.requests = 10000;
  d.receipt.exposed = 503;
  d.receipt.has_gap = d.receipt.has_gap_before = true;
  d.receipt.longest_gap = 3100us;
  d.receipt.gap_before = 2900us;
  d.receipt.stable.requests = 9497;
  d.receipt.stable.latencies.add(1200, 9497);
  d.receipt.candidate.requests = 503;
  d.receipt.candidate.latencies.add(1300, 503);
  d.dwell = 48s;
  move_to(site, 51.4);
  return site;
}

inline analysis::Verdict bad_verdict() {
  analysis::Finding f;
  f.subject.edit().name = "error_rate";
  f.subject.edit().side = "harm";
  f.subject.edit().engine = "R1";
  f.subject.edit().unit = "fraction";
  f.ruling = analysis::Ruling::fail;
  f.stable = 1.0 / 615;
  f.candidate = 61.0 / 205;
  f.subject.edit().limit = "< 1%";
  f.subject.edit().origin = "slipway.yaml:31";
  f.n_stable = 615;
  f.x_stable = 1;
  f.n_candidate = 205;
  f.x_candidate = 61;
  f.evidence = 9.8;
  f.needed = 4.6;
  analysis::Verdict v;
  v.ruling = analysis::Ruling::fail;
  v.data = analysis::DataState::enough;
  v.findings.push_back(f);
  v.decided_by = 0;
  v.observed = 8s;
  return v;
}

// The candidate failed; traffic is back and it is being removed.
inline Site going_back() {
  Site site = judging();
  Deployment& d = *site.live;
  d.state = State::rolling_back;
  d.back = BackPhase::remove;
  d.because = {"judge_failed",
               {{"stage", "initial"},
                {"metric", "error_rate"},
                {"unit", "fraction"},
                {"candidate", "0.297561"},
                {"stable", "0.00162602"},
                {"limit", "< 1%"},
                {"origin", "slipway.yaml:31"},
                {"n_candidate", "205"},
                {"x_candidate", "61"}}};
  d.verdicts.push_back({wall(11.6), "initial", bad_verdict()});
  d.judge.reset();
  d.receipt.failed = 100;
  d.receipt.caused_direct = 2;
  d.receipt.lost = 1;
  d.receipt.stable_5xx = 9;
  d.receipt.candidate_5xx = 61;
  d.receipt.first_harm = wall(3.4);
  d.receipt.verdict_at = wall(11.6);
  d.receipt.traffic_back = wall(11.9);
  site.copies[41].weight = 10000;
  site.copies[42].weight = 0;
  tell(d, 11.6, "deployment.verdict", d.because);
  tell(d, 11.6, "deployment.rolling_back", {"traffic_first", {{"to", "v1"}}});
  move_to(site, 12);
  return site;
}

inline Site rolled_back() {
  Site site = going_back();
  Deployment d = *site.live;
  site.live.reset();
  site.copies.erase(42);
  std::erase_if(site.instances, [](const auto& i) { return i.second.copy == 42; });
  d.state = State::rolled_back;
  d.back = BackPhase::settle;
  d.ended_at = at(13);
  d.ended_wall = wall(13);
  for (auto& p : d.progress.edit())
    if (p.state != StepState::waiting) p.state = StepState::undone;
  tell(d, 13, "deployment.ended", d.because);
  site.last = d;
  move_to(site, 13);
  return site;
}

inline std::shared_ptr<const Site> share(Site site) {
  return std::make_shared<const Site>(std::move(site));
}

inline Published published(std::uint64_t lsn, std::shared_ptr<const Site> before, Site after) {
  Published p;
  p.lsn = lsn;
  p.event.at = after.now;
  p.event.wall = after.wall;
  p.before = std::move(before);
  p.after = share(std::move(after));
  return p;
}

}  // namespace slipway::views::sample
