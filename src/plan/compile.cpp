#include "plan/compile.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "base/limits.h"
#include "plan/draft.h"
#include "plan/spec.h"

namespace slipway::plan {
namespace {

void strategy_steps(Draft& d) {
  switch (d.plan.strategy) {
    case Strategy::blue_green:
      return blue_green(d);
    case Strategy::canary:
      return canary(d);
    case Strategy::rolling:
      return rolling(d);
    case Strategy::recreate:
      return recreate(d);
    case Strategy::steps:
      return written_steps(d);
    case Strategy::ab_test:
    case Strategy::shadow:
    case Strategy::flag:
      return d.refuse(d.config.strategy.origin, "not_supported",
                      fmt::format("the strategy {} is not supported yet", word(d.plan.strategy)),
                      "use blue_green, canary, rolling, recreate or `steps:`");
  }
}

// What a plan could not do although it was asked for.
void refuse_unsupported(Draft& d) {
  const auto origin = [&](const char* name) {
    const auto found = d.config.origins.find(name);
    return found == d.config.origins.end() ? text::Place{} : found->second;
  };
  if (!d.config.windows.empty() && d.order.task != Task::rollback)
    d.refuse(origin("windows"), "not_supported", "`windows` are not supported yet",
             "leave them out, and deploy when the window is open");
  if (d.config.canary_enabled && d.plan.strategy == Strategy::recreate)
    d.refuse(origin("canary_enabled"), "two_readings",
             "`canary_enabled` cannot be had with the strategy recreate: there is never a moment "
             "when both releases run",
             "use blue_green or canary");
  if (d.plan.strategy == Strategy::steps && d.config.steps.empty())
    d.refuse(d.config.strategy.origin, "missing", "the strategy steps has no steps",
             "write them under `deployment: { steps: [...] }`");
  if (d.plan.replicas < 1 || d.plan.replicas > limits::kReplicas)
    d.refuse(d.config.replicas.origin, "out_of_range",
             fmt::format("{} replicas: between 1 and {} are possible", d.plan.replicas,
                         limits::kReplicas));
}

// Every stage counts over the same limits, because rows are counted once for all of them.
void share_latency_limits(Plan& plan) {
  std::set<double> limits;
  for (const Step& step : plan.steps) {
    for (const auto& c : step.charge->criteria) {
      if (c.metric == analysis::Metric::latency && c.compare == analysis::Compare::absolute)
        limits.insert(c.limit * 1000.0);
    }
  }
  for (Step& step : plan.steps.edit()) {
    if (step.verb == Verb::judge)
      step.charge.edit().latency_limits_us.assign(limits.begin(), limits.end());
  }
}

// What comes after each stage says how safe it has to be shown; and the budget is shared over all
// criteria before the bake, so that it holds for the whole ramp.
void look_ahead(Plan& plan) {
  std::vector<analysis::Criterion*> all;
  std::vector<analysis::Criterion> distinct;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    Step& step = plan.steps.edit()[i];
    if (step.verb != Verb::judge || step.charge->bake) continue;
    analysis::Charge& charge = step.charge.edit();
    for (std::size_t k = i + 1; k < plan.steps.size(); ++k) {
      const Step& later = plan.steps[k];
      const bool rises = later.verb == Verb::shift && later.weight > charge.weight;
      auto& ahead = charge.ahead;
      if (rises && std::find(ahead.begin(), ahead.end(), later.weight) == ahead.end())
        ahead.push_back(later.weight);
    }
    // A list of steps that ends below 100 %: it has to be safe where it is.
    if (charge.ahead.empty()) charge.ahead = {charge.weight};
    for (auto& c : charge.criteria.edit()) {
      all.push_back(&c);
      if (std::find(distinct.begin(), distinct.end(), c) == distinct.end()) distinct.push_back(c);
    }
  }
  const std::vector<analysis::Criterion> unshared = distinct;
  analysis::share_budget(distinct);
  for (auto* c : all) {
    const auto at = std::find(unshared.begin(), unshared.end(), *c) - unshared.begin();
    c->weight = distinct[static_cast<std::size_t>(at)].weight;
  }
}

// Batches are for those that are judged; what leads back goes at once.
void roll_by_platform(Plan& plan, const config::Effective& config, const Order& order, int surge) {
  Container& c = plan.spec.edit().container;
  const bool back = order.task == Task::rollback;
  if (!back && plan.strategy == Strategy::rolling && config.container.rolls) {
    c.rolled = std::clamp(surge, 1, plan.replicas);
    c.failure_action = config.container.failure_action;
  } else if (c.rolled > 0) {
    c.rolled = plan.replicas;
  }
}

void warn_about_artifact(Draft& d) {
  if (d.plan.spec->artifact.empty() && d.plan.spec->where.platform.empty())
    d.plan.warnings.emplace_back(
        "no_artifact",
        "what the release is made of cannot be told from `run`: it has no digest, and a change of "
        "its files goes unseen; write `artifact:`");
}

}  // namespace

const WarmCopy* find_warm(const Ground& ground, const Release& release) {
  const WarmCopy* best = nullptr;
  for (const WarmCopy& warm : ground.warm) {
    const bool same = warm.release.version == release.version &&
                      (warm.release.digest.empty() || release.digest.empty() ||
                       warm.release.digest == release.digest);
    if (same && warm.ready > 0 && (best == nullptr || warm.copy > best->copy)) best = &warm;
  }
  return best;
}

std::optional<Strategy> parse_strategy(const std::string& written) {
  std::string s;
  for (const char c : written) {
    if (c != '-' && c != '_' && c != ' ')
      s += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  for (const Strategy strategy :
       {Strategy::blue_green, Strategy::canary, Strategy::rolling, Strategy::ab_test,
        Strategy::shadow, Strategy::flag, Strategy::recreate, Strategy::steps}) {
    std::string known = word(strategy);
    std::erase(known, '_');
    if (s == known) return strategy;
  }
  return std::nullopt;
}

std::expected<Plan, text::Diagnostics> compile(const config::Effective& config, const Order& order,
                                               const Ground& ground) {
  Draft d{.config = config, .order = order, .ground = ground, .plan = {}, .errors = {}};
  Plan& plan = d.plan;
  const auto configured = parse_strategy(config.strategy.value);
  if (!order.strategy && !configured && !config.strategy.value.empty())
    d.refuse(config.strategy.origin, "invalid_value",
             fmt::format("`{}` is no strategy", config.strategy.value));
  plan.strategy = order.strategy.value_or(configured.value_or(Strategy::blue_green));
  plan.from = order.from;
  plan.to = order.to;
  plan.environment = config.environment;
  plan.replicas = std::max(1, config.replicas.value);
  plan.floor = plan.replicas;
  plan.auto_rollback = order.auto_rollback.value_or(config.rollback_on_failure);
  plan.spec = order.spec ? *order.spec : Shared(instance_spec(config, order.to));
  if (order.health_interval) plan.spec.edit().health.interval = *order.health_interval;
  const int surge = share_of(config.max_surge, plan.replicas, true).value_or(0);
  roll_by_platform(plan, config, order, surge);
  plan.route = route_spec(config, std::max(plan.replicas, ground.stable) + surge);
  plan.revision = config.revision;
  plan.rules_version = kRulesVersion;

  refuse_unsupported(d);
  if (!d.errors.empty()) return std::unexpected(std::move(d.errors));

  // What leads users back to a good release never asks.
  if (config.approval.required && order.task != Task::rollback) d.gate_approval();
  if (plan.from.version.empty()) {
    first_release(d);
  } else if (order.task == Task::rollback) {
    rollback(d);
  } else {
    strategy_steps(d);
  }
  warn_about_artifact(d);
  for (const std::string& text : config.cannot) d.note(text);
  if (plan.spec->container.rolled > 0)
    for (const std::string& text : config.cannot_rolling) d.note(text);
  share_latency_limits(plan);
  plan.steps.edit().shrink_to_fit();  // it is kept as long as the site knows the deployment
  look_ahead(plan);
  if (plan.steps.size() > limits::kSteps)
    d.refuse(config.strategy.origin, "out_of_range",
             fmt::format("the plan has {} steps: at most {} are possible", plan.steps.size(),
                         limits::kSteps));
  if (!d.errors.empty()) return std::unexpected(std::move(d.errors));
  return plan;
}

}  // namespace slipway::plan
