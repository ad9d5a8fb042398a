// Plans as the planner makes them, built by hand.
#pragma once

#include <string>
#include <vector>

#include "contract/site.h"
#include "plan/plan.h"

namespace slipway::engine::plans {

inline Step check() { return {.verb = Verb::check, .deadline = 60s}; }
inline Step provision(int n, Who who = Who::candidate) {
  return {.verb = Verb::provision, .who = who, .instances = n, .deadline = 120s};
}
inline Step warm(int n, Who who = Who::candidate) {
  return {.verb = Verb::warm, .who = who, .instances = n, .deadline = 60s};
}
inline Step smoke() {
  return {.verb = Verb::smoke, .smoke = {{.endpoint = "/up"}}, .deadline = 30s};
}
inline Step shift(std::int32_t weight) {
  return {.verb = Verb::shift, .weight = weight, .deadline = 60s};
}
inline Step judge(std::string stage, std::int32_t weight, Duration dwell,
                  Duration deadline = 60min) {
  Step step{.verb = Verb::judge, .name = stage};
  analysis::Charge& charge = step.charge.edit();
  charge.stage = stage;
  charge.weight = weight;
  charge.bake = weight == 10'000;
  charge.dwell = dwell;
  charge.deadline = deadline;
  // 300 good requests are enough for a step: what a proof is made of is tested with the judge.
  charge.criteria = {{.name = "error_rate", .limit = 0.01, .both_sides = true, .text = "< 1%"}};
  charge.beta = 0.5;
  charge.risk_budget = 0;
  if (!charge.bake) charge.ahead = {10'000};
  return step;
}
inline Step gate(GateKind kind, Duration wait) {
  return {.verb = Verb::gate, .gate = {.kind = kind, .wait = wait}};
}
inline Step retire(int left, Duration keep_warm = 0s) {
  return {.verb = Verb::retire,
          .who = Who::stable,
          .instances = left,
          .keep_warm = keep_warm,
          .deadline = 180s};
}

inline Plan base(const Site& site, const std::string& to, int replicas) {
  Plan p;
  if (const auto it = site.copies.find(site.serving); it != site.copies.end()) {
    p.from = it->second.release;
  }
  p.to = {.service = site.id.service, .version = to, .digest = "sha256:" + to};
  p.environment = site.id.environment;
  p.spec.edit().argv = {"./" + to};
  p.spec.edit().artifact = "releases/" + to;
  p.spec.edit().drain = 5s;
  p.spec.edit().health.start_timeout = 30s;
  p.route.listen = "127.0.0.1:8080";
  p.route.servers = replicas;
  p.replicas = replicas;
  p.floor = p.from.version.empty() ? 0 : replicas;
  return p;
}

inline Plan first(const Site& site, const std::string& to, int n = 1) {
  Plan p = base(site, to, n);
  p.steps = {check(), provision(n), warm(n), shift(10'000)};
  return p;
}

inline Plan blue_green(const Site& site, const std::string& to, int n = 1, Duration warm_for = 1h) {
  Plan p = base(site, to, n);
  p.steps = {check(),
             provision(n),
             warm(n),
             smoke(),
             shift(10'000),
             judge("bake", 10'000, 10s),
             retire(0, warm_for)};
  return p;
}

inline Plan canary(const Site& site, const std::string& to, int n = 2) {
  Plan p = base(site, to, n);
  p.strategy = Strategy::canary;
  p.steps = {check(),
             provision(1),
             warm(1),
             shift(500),
             judge("initial", 500, 10s),
             shift(2'500),
             judge("expansion", 2'500, 10s),
             provision(n),
             warm(n),
             shift(10'000),
             judge("final", 10'000, 10s),
             retire(0)};
  return p;
}

// Four instances by two, one more than wanted never.
inline Plan rolling(const Site& site, const std::string& to) {
  Plan p = base(site, to, 4);
  p.strategy = Strategy::rolling;
  p.floor = 2;
  p.route.servers = 6;
  p.steps = {check(),   retire(2),    provision(2), warm(2),       shift(5'000),
             retire(0), provision(4), warm(4),      shift(10'000), judge("bake", 10'000, 10s)};
  // The last two go only when the new two carry half.
  return p;
}

// As the planner writes it: a batch comes before the one it replaces goes.
inline Plan rolling_surge(const Site& site, const std::string& to) {
  Plan p = base(site, to, 4);
  p.strategy = Strategy::rolling;
  p.floor = 4;
  p.route.servers = 6;
  p.steps = {check(),      provision(2), warm(2),       shift(3'333), retire(2),
             provision(4), warm(4),      shift(10'000), retire(0),    judge("bake", 10'000, 10s)};
  return p;
}

// As the planner writes it where the platform rolls one service by itself.
inline Plan rolled(const Site& site, const std::string& to) {
  Plan p = base(site, to, 3);
  p.strategy = Strategy::rolling;
  p.floor = 3;
  p.spec.edit().container.rolled = 1;
  p.steps = {check(),   provision(1),
             warm(1),   shift(3'333),
             retire(2), provision(2),
             warm(2),   shift(6'667),
             retire(1), provision(3),
             warm(3),   shift(10'000),
             retire(0), judge("bake", 10'000, 10s)};
  return p;
}

inline Plan recreate(const Site& site, const std::string& to, int n = 1) {
  Plan p = base(site, to, n);
  p.strategy = Strategy::recreate;
  p.floor = 0;
  p.notes = {"nothing serves from the stop of the old to the start of the new"};
  p.steps = {check(), retire(0), provision(n), warm(n), shift(10'000), judge("bake", 10'000, 10s)};
  return p;
}

inline Plan steps(const Site& site, const std::string& to) {
  Plan p = base(site, to, 1);
  p.strategy = Strategy::steps;
  p.steps = {provision(1),  warm(1),  shift(1'000), gate(GateKind::pause, 30s),
             shift(10'000), retire(0)};
  return p;
}

inline Plan approved(const Site& site, const std::string& to) {
  Plan p = blue_green(site, to);
  auto& steps = p.steps.edit();
  steps.insert(steps.begin(), gate(GateKind::approval, 2h));
  return p;
}

// Back to a warm copy, traffic first.
inline Plan back_to_warm(const Site& site, const std::string& to) {
  Plan p = base(site, to, 1);
  for (const auto& [number, copy] : site.copies) {
    if (copy.release.version == to && copy.warm_until != kNever) p.reuse = number;
  }
  p.steps = {shift(10'000), provision(1), warm(1), retire(0)};
  return p;
}

inline Plan by_name(const std::string& name, const Site& site, const std::string& to) {
  if (name == "first" || site.serving == 0) {
    const int n = name.starts_with("rolling") ? 4 : name == "rolled" ? 3 : name == "canary" ? 2 : 1;
    Plan p = first(site, to, n);
    if (name == "rolled") p.spec.edit().container.rolled = 1;
    return p;
  }
  if (name == "canary") return canary(site, to);
  if (name == "rolling") return rolling(site, to);
  if (name == "rolling_surge") return rolling_surge(site, to);
  if (name == "rolled") return rolled(site, to);
  if (name == "recreate") return recreate(site, to);
  if (name == "steps") return steps(site, to);
  if (name == "approved") return approved(site, to);
  if (name == "back_to_warm") return back_to_warm(site, to);
  if (name == "cold") return blue_green(site, to, 1, 0s);
  if (name == "manual") {
    Plan p = blue_green(site, to);
    p.auto_rollback = false;
    return p;
  }
  return blue_green(site, to);
}

}  // namespace slipway::engine::plans
