#include "engine/steps.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/limits.h"
#include "engine/census.h"
#include "engine/way_back.h"

namespace slipway::engine {

namespace {

constexpr Duration kStepLimit = std::chrono::minutes(5);
constexpr Duration kShiftLimit = std::chrono::seconds(90);

std::string step_number(const Deployment& d) { return fmt::format("{}", d.step + 1); }

void begin_verb(Turn& t, const Step& step) {
  switch (step.verb) {
    case Verb::check:
      return begin_check(t, step);
    case Verb::smoke:
      return begin_smoke(t, step);
    case Verb::shift:
      return begin_shift(t, step);
    case Verb::judge:
      return begin_judge(t, step);
    case Verb::gate:
      return begin_gate(t, step);
    case Verb::provision:
    case Verb::warm:
    case Verb::retire:
      return;  // all in their level test
    case Verb::build:
    case Verb::save:
    case Verb::migrate:
    case Verb::mirror:
    case Verb::disturb:
    case Verb::purge:
      break;
  }
  CHECK(false, "a plan with the step {} was accepted", word(step.verb));
}

void try_verb(Turn& t, const Step& step) {
  switch (step.verb) {
    case Verb::provision:
      return try_provision(t, step);
    case Verb::warm:
      return try_warm(t, step);
    case Verb::shift:
      return try_shift(t, step);
    case Verb::gate:
      return try_gate(t, step);
    case Verb::retire:
      return try_retire(t, step);
    case Verb::judge:
      return judge_now(t);
    case Verb::check:
    case Verb::smoke:
    case Verb::build:
    case Verb::save:
    case Verb::migrate:
    case Verb::mirror:
    case Verb::disturb:
    case Verb::purge:
      return;  // an answer ends it
  }
}

// Nothing new begins while the disk is full. A hold without an end would be a wait without an
// action: after a day the deployment is aborted.
void hold(Turn& t) {
  if (t.site.live->deadline == kNever) t.site.live->deadline = t.at + limits::kPauseMax;
}

void begin_step(Turn& t) {
  Deployment& d = *t.site.live;
  const SharedList<Step> steps = d.plan.steps;  // what begins may end the deployment
  const Step& step = steps[d.step];
  const bool counts = step.verb != Verb::gate && d.stable != 0 && !is_watched(d);
  StepProgress& p = d.progress.edit()[d.step];
  p.state = StepState::running;
  p.attempt = 1;
  p.started = t.at;
  p.started_wall = t.wall;
  const bool own_time = step.verb == Verb::judge || step.verb == Verb::gate;
  p.deadline = own_time ? kNever : t.at + limit_of(step, d.plan);
  const Because because = why(
      codes::kNextStep, {{"step", step_number(d)}, {"verb", word(step.verb)}, {"name", step.name}});
  p.because = because;
  t.story(d, "step.started", because);
  if (counts) watch_rows(t, false, because);
  begin_verb(t, step);
}

}  // namespace

Duration limit_of(const Step& step, const Plan& plan) {
  if (step.deadline > Duration::zero()) return step.deadline;
  switch (step.verb) {
    case Verb::warm:
      return plan.spec->health.start_timeout;
    case Verb::shift:
      return kShiftLimit;
    case Verb::retire:
      return 2 * plan.spec->drain + kStepLimit;
    case Verb::judge:
    case Verb::gate:
    case Verb::check:
    case Verb::build:
    case Verb::save:
    case Verb::migrate:
    case Verb::provision:
    case Verb::smoke:
    case Verb::mirror:
    case Verb::disturb:
    case Verb::purge:
      return kStepLimit;
  }
  return kStepLimit;
}

void begin_plan(Turn& t) {
  Deployment& d = *t.site.live;
  d.state = State::running;
  d.deadline = kNever;
  d.started = t.at;
  d.started_wall = t.wall;
  d.stable = t.site.serving;
  d.candidate = d.plan.reuse.value_or(d.number);
  d.step = 0;
  d.progress.edit().assign(d.plan.steps.size(), {});
  d.warnings = d.plan.warnings;
  t.story(d, "deployment.started",
          why(codes::kPlanned, {{"from", d.plan.from.version},
                                {"to", d.plan.to.version},
                                {"strategy", word(d.plan.strategy)},
                                {"steps", fmt::format("{}", d.plan.steps.size())}}));
}

void drive_forward(Turn& t) {
  while (t.site.live && t.site.live->planned && !t.site.live->settling) {
    Deployment& d = *t.site.live;
    if (d.state == State::paused && is_current_step(d, Verb::judge)) judge_now(t);
    if (!t.site.live || t.site.live->state != State::running) return;
    if (d.step == d.plan.steps.size()) {
      if (t.site.disk_critical) return hold(t);
      settle(t, State::succeeded, why(codes::kSucceeded, {{"version", d.plan.to.version}}));
      return;
    }
    const SharedList<Step> steps = d.plan.steps;
    const Step& step = steps[d.step];
    switch (d.progress[d.step].state) {
      case StepState::waiting:
        if (t.site.disk_critical) return hold(t);
        begin_step(t);
        break;
      case StepState::running:
        try_verb(t, step);
        if (t.site.live && t.site.live->state == State::running && !t.site.live->settling &&
            t.site.live->progress[d.step].state == StepState::running) {
          return;
        }
        break;
      case StepState::done:
      case StepState::skipped:
        ++d.step;
        break;
      case StepState::failed:
      case StepState::undone:
        return;
    }
  }
}

void end_step(Turn& t, StepState state, Because because, std::string detail) {
  Deployment& d = *t.site.live;
  if (d.step >= d.progress.size()) return;
  StepProgress& p = d.progress.edit()[d.step];
  if (p.state != StepState::running && p.state != StepState::waiting) return;
  p.state = state;
  p.ended = t.at;
  p.ended_wall = t.wall;
  p.deadline = kNever;
  if (!detail.empty()) p.detail = std::move(detail);
  p.because = because;
  t.story(d, "step.ended", std::move(because));
}

namespace {

// Of one that told of no trouble and is not ready all the same.
std::string unsaid(const Instance& i) {
  if (i.port == 0) return "its start was not answered";
  return i.healthy ? "it is healthy, and the proxy did not admit it"
                   : "nothing was heard of its health";
}

}  // namespace

void step_deadline_due(Turn& t) {
  Deployment& d = *t.site.live;
  const Step& step = d.plan.steps[d.step];
  const StepProgress& p = d.progress[d.step];
  const Duration took = t.at - p.started;
  if (step.verb != Verb::warm) {
    fail_deployment(
        t, why(codes::kStepTimeout,
               {{"step", step_number(d)}, {"verb", word(step.verb)}, {"seconds", seconds(took)}}));
    return;
  }
  const std::uint32_t copy = step.who == Who::candidate ? d.candidate : d.stable;
  std::string trouble;
  std::string tail;
  for (const std::uint32_t id : instances_of(t.site, copy)) {
    const Instance& i = t.site.instances.at(id);
    if (is_ready(i)) continue;
    trouble = i.trouble.empty() ? unsaid(i) : i.trouble;
    tail = joined(i.tail);
    break;
  }
  fail_deployment(t,
                  why(codes::kStartTimeout, {{"ready", fmt::format("{}", ready_in(t.site, copy))},
                                             {"wanted", fmt::format("{}", step.instances)},
                                             {"seconds", seconds(took)},
                                             {"text", trouble},
                                             {"tail", tail}}));
}

}  // namespace slipway::engine
