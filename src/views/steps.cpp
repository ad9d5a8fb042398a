#include "views/steps.h"

#include <fmt/format.h>

#include "views/phrase.h"
#include "views/sentence.h"

namespace slipway::views {
namespace {

const std::string& version_of(Who who, const Plan& plan) {
  return who == Who::candidate ? plan.to.version : plan.from.version;
}

std::string describe_gate(const Gate& gate) {
  switch (gate.kind) {
    case GateKind::approval:
      return fmt::format("approval by {} {}", gate.approvers,
                         gate.approvers == 1 ? "person" : "people");
    case GateKind::window:
      return "the next open window";
    case GateKind::pause:
      return fmt::format("pause of {}", span(gate.wait));
  }
  return "gate";
}

std::string describe_retire(const Step& step, const Plan& plan) {
  const std::string& version = version_of(step.who, plan);
  if (step.keep_warm > Duration::zero())
    return fmt::format("{} out of traffic, kept warm for {}", version, span(step.keep_warm));
  if (step.instances == 0) return fmt::format("all instances of {} drained and stopped", version);
  return fmt::format("{} of {} left", many(step.instances, "instance"), version);
}

}  // namespace

std::string describe(const Step& step, const Plan& plan) {
  const std::string& version = version_of(step.who, plan);
  switch (step.verb) {
    case Verb::check:
      return fmt::format("{} can be started and is what was planned", plan.to.version);
    case Verb::provision:
      return fmt::format("{} of {}", many(step.instances, "instance"), version);
    case Verb::warm:
      return fmt::format("{} of {} healthy", many(step.instances, "instance"), version);
    case Verb::smoke:
      return fmt::format("{} against {}", many(step.smoke.size(), "test"), plan.to.version);
    case Verb::shift:
      return fmt::format("{} to {}", share(step.weight), plan.to.version);
    case Verb::judge:
      return fmt::format("{} at {}, at least {}, at most {}", plan.to.version,
                         share(step.charge->weight), span(step.charge->dwell),
                         span(step.charge->deadline));
    case Verb::gate:
      return describe_gate(step.gate);
    case Verb::retire:
      return describe_retire(step, plan);
    case Verb::build:
    case Verb::save:
    case Verb::migrate:
    case Verb::mirror:
    case Verb::disturb:
    case Verb::purge:
      break;
  }
  return step.name.empty() ? word(step.verb) : step.name;
}

std::optional<Stage> stage_of(const Deployment& d) {
  std::optional<Stage> stage;
  int count = 0;
  for (std::size_t i = 0; i < d.plan.steps.size(); ++i) {
    const Step& step = d.plan.steps[i];
    if (step.verb != Verb::shift || step.weight == 0) continue;
    ++count;
    const bool begun = i < d.progress.size() && d.progress[i].state != StepState::waiting;
    if (!begun) continue;
    stage = Stage{count, 0, step.name, step.weight};
    if (stage->name.empty() && i + 1 < d.plan.steps.size() &&
        d.plan.steps[i + 1].verb == Verb::judge)
      stage->name = d.plan.steps[i + 1].charge->stage;
  }
  if (stage) stage->of = count;
  return stage;
}

boost::json::array steps_json(const Deployment& d, const Site* site) {
  boost::json::array out;
  const StepProgress none;
  for (std::size_t i = 0; i < d.plan.steps.size(); ++i) {
    const Step& step = d.plan.steps[i];
    const StepProgress& p = i < d.progress.size() ? d.progress[i] : none;
    boost::json::object o;
    o["n"] = i + 1;
    o["verb"] = word(step.verb);
    o["name"] = step.name;
    o["state"] = word(p.state);
    o["detail"] = p.detail.empty() ? describe(step, d.plan) : p.detail;
    o["attempt"] = p.attempt;
    if (step.verb == Verb::shift) o["weight"] = step.weight;
    if (step.verb == Verb::judge) {
      o["weight"] = step.charge->weight;
      o["dwell_ms"] = ms_json(step.charge->dwell);
    }
    o["started_at"] = time_json(p.started_wall);
    o["ended_at"] = time_json(p.ended_wall);
    // A stage's deadline is the judge's own: it moves while paused and when it is extended.
    const bool judged = step.verb == Verb::judge && d.judge && i == d.step;
    const Instant deadline = judged ? d.judge->deadline : p.deadline;
    o["deadline"] = site != nullptr && p.state == StepState::running
                        ? time_json(wall_of(*site, deadline))
                        : boost::json::value(nullptr);
    o["because"] = to_json(p.because);
    out.push_back(std::move(o));
  }
  return out;
}

}  // namespace slipway::views
