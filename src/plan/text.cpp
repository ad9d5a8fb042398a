#include "plan/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/limits.h"

namespace slipway::plan {
namespace {

std::string instances(int n) { return fmt::format("{} instance{}", n, n == 1 ? "" : "s"); }

std::string criteria_of(const analysis::Charge& charge) {
  std::string out;
  for (const auto& c : charge.criteria) {
    if (c.metric == analysis::Metric::external && c.source.empty()) continue;
    if (c.origin == "default") continue;  // told by one word below
    out += out.empty() ? "" : ", ";
    out += c.text.starts_with("success_rate") ? c.text : c.name + " " + c.text;
  }
  const bool defaults = std::any_of(charge.criteria.begin(), charge.criteria.end(),
                                    [](const auto& c) { return c.origin == "default"; });
  if (!defaults) return out;
  out += out.empty() ? "" : ", ";
  return out + (analysis::is_alone(charge) ? "as good as stable was" : "as good as stable");
}

std::string waits(const Step& step) {
  switch (step.verb) {
    case Verb::judge:
      return text_of(step.charge->dwell);
    case Verb::gate:
      return step.gate.kind == GateKind::pause ? text_of(step.gate.wait)
                                               : "at most " + text_of(step.gate.wait);
    case Verb::warm:
      return "at most " + text_of(step.deadline);
    default:
      return "";
  }
}

std::string gate_text(const Gate& gate) {
  switch (gate.kind) {
    case GateKind::approval:
      return fmt::format("approval by {} {}, else aborted with nothing changed", gate.approvers,
                         gate.approvers == 1 ? "person" : "people");
    case GateKind::window:
      return "the next window";
    case GateKind::pause:
      return "a pause";
  }
  return "";
}

std::string retire_text(const Step& step, const Plan& plan) {
  const std::string& version = step.who == Who::stable ? plan.from.version : plan.to.version;
  if (step.instances > 0)
    return fmt::format("{} drained down to {}", version, instances(step.instances));
  if (step.keep_warm > Duration(0))
    return fmt::format("{} without traffic, removed after {}", version, text_of(step.keep_warm));
  return fmt::format("{} drained and removed", version);
}

}  // namespace

std::string text_of(Duration d) {
  using namespace std::chrono;
  if (d < Duration(0)) return "-" + text_of(-d);
  if (d < 1s && d.count() % 1'000'000 != 0)
    return fmt::format("{} ms", duration_cast<milliseconds>(d).count());
  const std::int64_t total = duration_cast<seconds>(d).count();
  const std::array<std::pair<std::int64_t, const char*>, 4> units = {
      {{86'400, "d"}, {3'600, "h"}, {60, "m"}, {1, "s"}}};
  std::string out;
  std::int64_t rest = total;
  int shown = 0;
  for (const auto& [size, name] : units) {
    const std::int64_t n = rest / size;
    rest %= size;
    if (n == 0 || shown == 2) continue;
    out += fmt::format("{}{} {}", out.empty() ? "" : " ", n, name);
    ++shown;
  }
  return out.empty() ? "0 s" : out;
}

std::string describe(const Step& step, const Plan& plan) {
  const std::string& version = step.who == Who::stable ? plan.from.version : plan.to.version;
  switch (step.verb) {
    case Verb::check:
      return fmt::format("{} and digest of {}",
                         plan.spec->where.platform.empty() ? "program" : "image", version);
    case Verb::provision:
      return fmt::format("{} of {}", instances(step.instances), version);
    case Verb::warm:
      return fmt::format("until {} of {} {} ready", instances(step.instances), version,
                         step.instances == 1 ? "is" : "are");
    case Verb::smoke:
      return fmt::format("{} test{} of {} without traffic", step.smoke.size(),
                         step.smoke.size() == 1 ? "" : "s", version);
    case Verb::shift:
      return fmt::format("{:.6g} % of the requests to {}", step.weight / 100.0, plan.to.version);
    case Verb::judge:
      return fmt::format("{} at {:.6g} %: {}", plan.to.version, step.charge->weight / 100.0,
                         criteria_of(step.charge));
    case Verb::gate:
      return gate_text(step.gate);
    case Verb::retire:
      return retire_text(step, plan);
    case Verb::build:
    case Verb::save:
    case Verb::migrate:
    case Verb::mirror:
    case Verb::disturb:
    case Verb::purge:
      return "";
  }
  return "";
}

Duration dwell_of(const Plan& plan) {
  Duration total{};
  for (const Step& step : plan.steps) {
    if (step.verb == Verb::judge) total += step.charge->dwell;
    if (step.verb == Verb::gate && step.gate.kind == GateKind::pause) total += step.gate.wait;
  }
  return total;
}

std::string render(const Plan& plan) {
  std::string out = fmt::format("{} {}   {} → {}   {}\n", plan.to.service, plan.environment,
                                plan.from.version.empty() ? "nothing" : plan.from.version,
                                plan.to.version, word(plan.strategy));
  std::size_t widest = 0;
  for (const Step& step : plan.steps) widest = std::max(widest, describe(step, plan).size());
  widest = std::min<std::size_t>(widest, 60);
  int n = 0;
  for (const Step& step : plan.steps) {
    std::string line = fmt::format("{:3}  {:<9}  {:<{}}  {}", ++n, word(step.verb),
                                   describe(step, plan), widest, waits(step));
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  const Duration dwell = dwell_of(plan);
  out += fmt::format("total  {} of watching and pauses, beside starts and drains\n",
                     dwell > Duration(0) ? text_of(dwell) : "no time");
  out += plan.auto_rollback ? "back   by itself when a step or a verdict fails, traffic first"
                            : "back   only by a person: automatic rollback is off";
  for (const auto& note : plan.notes) out += "\nnote   " + note;
  for (const auto& [code, text] : plan.outlook)
    out += (code == "sees" ? "\nsees   " : "\nwarn   ") + text;
  for (const auto& [code, text] : plan.warnings) out += fmt::format("\nwarn   {} ({})", text, code);
  return out;
}

}  // namespace slipway::plan
