#include "intake/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/limits.h"
#include "intake/refuse.h"
#include "plan/compile.h"

namespace slipway::intake {
namespace {

constexpr int kExtensions = 3;  // of a deadline, as the engine gives them

struct Recorded {
  std::size_t step = 0;  // index in the deployment's plan
  Instant from{}, to{};
};

// The judged stages of the deployment that began.
std::vector<Recorded> stages_of(const Deployment& d, Instant end) {
  std::vector<Recorded> out;
  for (std::size_t i = 0; i < d.plan.steps.size() && i < d.progress.size(); ++i) {
    const StepProgress& p = d.progress[i];
    if (d.plan.steps[i].verb != Verb::judge || p.started == Instant{}) continue;
    out.push_back({i, p.started, p.ended > p.started ? p.ended : end});
  }
  return out;
}

// The charge that a plan has for the stage at this place: the same place, else the last one of its
// kind, so that another number of stages can be judged, too.
const analysis::Charge* charge_at(const Plan& plan, std::size_t nth, bool bake) {
  const analysis::Charge *same = nullptr, *last = nullptr;
  std::size_t n = 0;
  for (const Step& step : plan.steps) {
    if (step.verb != Verb::judge) continue;
    if (n++ == nth) same = &*step.charge;
    if (step.charge->bake == bake) last = &*step.charge;
  }
  return same != nullptr && same->bake == bake ? same : last != nullptr ? last : same;
}

class Judging {
 public:
  Judging(const Deployment& d, const std::vector<Recorded>& stages, const Plan& plan)
      : d_(d), stages_(stages), plan_(plan), out_(stages.size()) {}

  void happen(const Event& e) {
    // What decided a stage happened at the very moment it ended.
    if (judge_ && e.at > stages_[now_].to) end();
    if (!judge_ && now_ < stages_.size() && e.at >= stages_[now_].from && e.at <= stages_[now_].to)
      begin(stages_[now_].from);
    if (const auto* counted = std::get_if<Counted>(&e.what)) ingest(*counted);
    if (const auto* heard = std::get_if<Heard>(&e.what)) ingest(*heard);
    if (const auto* resumed = std::get_if<Resumed>(&e.what)) unobserved(*resumed, e.at);
    if (judge_ && !decided_) look(e);
  }

  std::vector<Judged> done() {
    if (judge_) end();
    return std::move(out_);
  }

 private:
  void begin(Instant at) {
    const Step& recorded = d_.plan.steps[stages_[now_].step];
    const analysis::Charge* found = charge_at(plan_, now_, recorded.charge->bake);
    analysis::Charge charge = found != nullptr ? *found : *recorded.charge;
    charge.stage = recorded.charge->stage;
    charge.weight = recorded.charge->weight;
    charge.bake = recorded.charge->bake;
    charge.ahead = recorded.charge->ahead;
    // Only the limits of the recorded plan were counted exactly; others come from the histogram.
    charge.latency_limits_us = recorded.charge->latency_limits_us;
    const bool alone = analysis::is_alone(charge);
    if (!kept_)
      judge_.emplace(std::move(charge), at, baseline_);
    else
      judge_ = alone ? kept_->bake(std::move(charge), at, baseline_)
                     : kept_->next(std::move(charge), at);
    kept_.reset();
    decided_ = false;
  }

  void end() {
    if (!decided_) note(stages_[now_].to, last_wall_, judge_->look(stages_[now_].to));
    kept_ = std::move(judge_);
    judge_.reset();
    ++now_;
  }

  void ingest(const Counted& e) {
    if (e.before && baseline_ == analysis::Baseline{}) baseline_ = *e.before;
    if (!(judge_ && analysis::is_alone(judge_->charge))) baseline_.add(e.block);
    if (!e.judged) return;
    if (kept_) kept_->ingest(e.block);
    if (judge_ && e.block.to > judge_->started) judge_->ingest(e.block);
  }

  void ingest(const Heard& e) {
    if (kept_) kept_->ingest(e.reading);
    if (judge_ && e.reading.to > judge_->started) judge_->ingest(e.reading);
  }

  void unobserved(const Resumed& e, Instant at) {
    if (judge_) judge_->unobserved(e.away, at);
    if (kept_) kept_->unobserved(e.away, at);
  }

  void look(const Event& e) {
    last_wall_ = e.wall;
    const analysis::Verdict v = judge_->look(e.at);
    if (v.ruling != analysis::Ruling::hold) {
      note(e.at, e.wall, v);
      decided_ = true;
    } else if (e.at >= judge_->deadline) {
      if (judge_->extensions < kExtensions) return judge_->extend();
      note(e.at, e.wall, v);
      out_[now_].unattended = decided_ = true;
      out_[now_].ruling = judge_->charge.on_unattended == analysis::OnInconclusive::promote
                              ? analysis::Ruling::pass
                              : analysis::Ruling::fail;
    }
  }

  void note(Instant at, Wall wall, analysis::Verdict v) {
    Judged& j = out_[now_];
    j.ruling = v.ruling;
    j.at = at;
    j.verdict = {wall, judge_->charge.stage, std::move(v)};
  }

  const Deployment& d_;
  const std::vector<Recorded>& stages_;
  const Plan& plan_;
  std::vector<Judged> out_;
  std::size_t now_ = 0;
  std::optional<analysis::Judge> judge_, kept_;
  analysis::Baseline baseline_;
  bool decided_ = false;
  Wall last_wall_{};
};

// What the recorded blocks cannot tell exactly.
std::vector<std::string> notes_of(const Deployment& d, const Plan& policy) {
  std::vector<std::string> notes;
  std::set<double> exact;
  std::set<std::string> heard;
  for (const Step& s : d.plan.steps)
    exact.insert(s.charge->latency_limits_us.begin(), s.charge->latency_limits_us.end());
  for (const MetricQuery& m : d.plan.metrics) heard.insert(m.name);
  std::set<std::string> said;
  const auto say = [&](std::string text) {
    if (said.insert(text).second) notes.push_back(std::move(text));
  };
  for (const Step& s : policy.steps)
    for (const auto& c : s.charge->criteria) {
      if (c.metric == analysis::Metric::latency && c.compare == analysis::Compare::absolute &&
          !exact.contains(c.limit * 1000.0))
        say(fmt::format("{} {} was not counted then: it is taken from the histogram, ±1 %", c.name,
                        c.text));
      if (!c.source.empty() && !heard.contains(c.source))
        say(fmt::format("`{}` was not asked then: it holds here", c.source));
    }
  return notes;
}

}  // namespace

std::expected<Plan, Refusal> plan_of(const Deployment& d, const SiteId& id,
                                     const config::Config& policy) {
  const config::Effective* effective = policy.find(id.environment, id.service);
  // A policy that speaks of one service in one environment alone means this one.
  if (effective == nullptr && policy.effective.size() == 1)
    effective = &policy.effective.begin()->second;
  if (effective == nullptr)
    return refuse("unknown_environment",
                  fmt::format("the policy says nothing of {} in {}", id.service, id.environment),
                  "name it under `environments:`, or leave all of them out");
  plan::Order order;
  order.from = d.plan.from;
  order.to = d.plan.to;
  order.strategy = d.plan.strategy;
  if (d.plan.strategy == Strategy::steps && effective->steps.empty()) order.strategy.reset();
  auto compiled = plan::compile(*effective, order, {.stable = 1, .warm = {}});
  if (!compiled) return refuse(compiled.error());
  return std::move(*compiled);
}

Result<Replayed> replay(const Deployment& d, const std::vector<Event>& events, Plan policy) {
  Replayed out;
  const Instant end = events.empty() ? Instant{} : events.back().at;
  const std::vector<Recorded> stages = stages_of(d, d.ended_at > Instant{} ? d.ended_at : end);
  if (stages.empty())
    return fail(Fault::missing, "no stage of it was judged: there is nothing to judge again");
  const auto seen = std::any_of(events.begin(), events.end(), [&](const Event& e) {
    return e.at >= stages.front().from && std::holds_alternative<Counted>(e.what);
  });
  if (!seen) return fail(Fault::missing, "its blocks are no longer kept");
  Judging was(d, stages, d.plan), would(d, stages, policy);
  for (const Event& e : events) {
    // Blocks from before its start are its baseline's, those after its end nobody's.
    if (e.at < d.requested || e.at > stages.back().to) continue;
    was.happen(e);
    would.happen(e);
  }
  const std::vector<Judged> before = was.done(), after = would.done();
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const analysis::Charge& charge = d.plan.steps[stages[i].step].charge;
    out.stages.push_back(
        {charge.stage, charge.weight, stages[i].from, stages[i].to, before[i], after[i]});
    // What a policy would have ended earlier, it would never have seen.
    if (after[i].ruling == analysis::Ruling::fail) break;
  }
  out.notes = notes_of(d, policy);
  out.policy = std::move(policy);
  return out;
}

}  // namespace slipway::intake
