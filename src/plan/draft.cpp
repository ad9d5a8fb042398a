#include "plan/draft.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "plan/criteria.h"
#include "plan/spec.h"
#include "plan/text.h"

namespace slipway::plan {
namespace {

constexpr Duration kCheckLimit = 30s;
constexpr Duration kProvisionLimit = 60s;
constexpr Duration kShiftLimit = 60s;
constexpr Duration kSmokeEach = 30s;
constexpr Duration kAfterDrain = 15s;
constexpr Duration kJudgeAtLeast = 60min;
constexpr Duration kShortestDwell = 60s;

analysis::OnInconclusive policy(const std::string& word) {
  if (word == "promote") return analysis::OnInconclusive::promote;
  if (word == "rollback") return analysis::OnInconclusive::rollback;
  return analysis::OnInconclusive::hold;
}

}  // namespace

Step& Draft::add(Verb verb, std::string name) {
  Step& step = plan.steps.emplace_back();
  step.verb = verb;
  step.name = std::move(name);
  return step;
}

void Draft::refuse(const text::Place& place, std::string code, std::string text, std::string hint) {
  text::Diagnostic d;
  d.place = place;
  d.code = std::move(code);
  d.text = std::move(text);
  d.hint = std::move(hint);
  errors.push_back(std::move(d));
}

void Draft::gate_approval() {
  Step& step = add(Verb::gate, "approval");
  step.gate.kind = GateKind::approval;
  step.gate.wait = config.approval.timeout;
  step.gate.approvers = config.approval.approvers;
  step.gate.requester_may = config.approval.requester_may;
}

void Draft::check() { add(Verb::check).deadline = kCheckLimit; }

void Draft::capacity(int instances, const std::string& name) {
  if (instances <= candidate) return;
  candidate = instances;
  Step& provision = add(Verb::provision, name);
  provision.instances = instances;
  provision.deadline = kProvisionLimit;
  Step& warm = add(Verb::warm, name);
  warm.instances = instances;
  warm.deadline = plan.spec->health.start_timeout;
}

void Draft::warmup() {
  if (!order.warmup || *order.warmup <= Duration(0)) return;
  Step& step = add(Verb::gate, "warmup");
  step.gate.kind = GateKind::pause;
  step.gate.wait = *order.warmup;
}

void Draft::smoke() {
  auto tests = smoke_tests(config, plan.to);
  if (tests.empty()) return;
  Step& step = add(Verb::smoke);
  step.deadline = kSmokeEach * static_cast<int>(tests.size()) + kSmokeEach;
  step.smoke = std::move(tests);
}

void Draft::shift(std::int32_t to, const std::string& name) {
  Step& step = add(Verb::shift, name);
  step.weight = weight = to;
  step.deadline = kShiftLimit;
}

void Draft::judge(const std::string& name, Duration dwell,
                  const std::vector<config::CriterionText>& criteria) {
  std::vector<config::CriterionText> all = criteria;
  all.insert(all.end(), triggers().begin(), triggers().end());
  Criteria compiled = compile_criteria(all, config.metrics, config.judge_defaults);
  for (auto& query : compiled.queries) {
    query.directory = config.folder;
    const bool asked = std::any_of(plan.metrics.begin(), plan.metrics.end(),
                                   [&](const MetricQuery& q) { return q.name == query.name; });
    if (!asked) plan.metrics.push_back(std::move(query));
  }
  for (auto& error : compiled.errors) {
    if (std::find(errors.begin(), errors.end(), error) == errors.end())
      errors.push_back(std::move(error));
  }
  for (auto& warning : compiled.warnings) {
    if (std::find(plan.warnings.begin(), plan.warnings.end(), warning) == plan.warnings.end())
      plan.warnings.push_back(std::move(warning));
  }
  if (dwell <= Duration(0) && weight == limits::kWeightSum) {
    note(fmt::format("{} is not watched once it has all traffic: `monitor` is 0", plan.to.version));
    return;
  }
  Step& step = add(Verb::judge, name);
  analysis::Charge& charge = step.charge.edit();
  charge.stage = name;
  charge.weight = weight;
  charge.bake = weight >= bake_weight();
  charge.dwell = dwell;
  charge.deadline = config.deadline ? std::max(*config.deadline, dwell)
                                    : std::max<Duration>(kJudgeAtLeast, 2 * dwell);
  // `pace: evidence` lets a stage end as soon as it is decided, but for the bake.
  if (config.pace_by_evidence && !charge.bake) charge.dwell = std::min(dwell, kShortestDwell);
  charge.criteria = config.judge_defaults ? analysis::with_defaults(std::move(compiled.list))
                                          : std::move(compiled.list);
  if (config.only_if_stable_ok) {
    for (auto& c : charge.criteria.edit())
      c.only_if_stable_ok |= c.compare == analysis::Compare::absolute;
  }
  charge.alpha = config.alpha;
  charge.risk_budget = config.judge_defaults ? config.risk_budget : 0.0;
  charge.warmup = config.warmup;
  charge.exposure_floor = config.sticky.empty() || config.sticky == "none";
  charge.by_client = config.by_client && !charge.exposure_floor;
  charge.latency_floor_us = static_cast<double>(config.latency_floor.count());
  charge.on_inconclusive = policy(config.on_inconclusive);
  charge.on_no_data = policy(config.on_no_data);
  charge.on_stale_data = policy(config.on_stale_data);
  charge.on_too_little_data = policy(config.on_too_little_data);
  charge.on_bad_data = policy(config.on_bad_data);
  charge.on_unattended = config.on_unattended == "promote" ? analysis::OnInconclusive::promote
                                                           : analysis::OnInconclusive::rollback;
}

void Draft::retire(Who who, int left, Duration keep) {
  Step& step = add(Verb::retire);
  step.who = who;
  step.instances = left;
  step.keep_warm = keep;
  // Connections may use the drain to end, and the process may use it again to exit.
  step.deadline = 2 * plan.spec->drain + kAfterDrain;
  if (who == Who::stable) stable = left;
}

std::int32_t Draft::bake_weight() const { return limits::kWeightSum - config.holdback; }

Duration Draft::keep_warm() const { return config.keep_warm.value_or(1h); }

const std::vector<config::CriterionText>& Draft::triggers() const {
  const auto own = config.triggers_of.find(word(plan.strategy));
  return own != config.triggers_of.end() ? own->second : config.triggers;
}

int Draft::needed(std::int32_t share) const {
  const auto exact = static_cast<std::int64_t>(plan.replicas) * share;
  return std::max(1, static_cast<int>((exact + limits::kWeightSum - 1) / limits::kWeightSum));
}

}  // namespace slipway::plan
