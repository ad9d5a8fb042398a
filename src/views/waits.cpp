#include "views/waits.h"

#include <fmt/format.h>

#include <algorithm>

#include "analysis/missing.h"
#include "base/limits.h"
#include "views/phrase.h"
#include "views/steps.h"

namespace slipway::views {
namespace {

constexpr int kHolds = 3;  // deadlines a stage may be given again

std::string version_of_copy(const Site& site, std::uint32_t number) {
  const auto it = site.copies.find(number);
  return it == site.copies.end() ? std::string("the release") : label(site, it->second);
}

// Of the deployment's versions as the user knows them, also before its copy exists.
std::string candidate_of(const Site& site, const Deployment& d) {
  if (site.copies.contains(d.candidate)) return version_of_copy(site, d.candidate);
  return d.planned                   ? d.plan.to.version
         : d.request.version.empty() ? "the release"
                                     : d.request.version;
}

// What becomes of it when its step cannot be done.
std::string when_lost(const Deployment& d) {
  const std::string& from = d.plan.from.version;
  if (d.moved_traffic && !d.plan.auto_rollback) return "ends failed; weights stay as they are";
  if (from.empty()) return fmt::format("ends; {} is removed", d.plan.to.version);
  if (d.moved_traffic) return fmt::format("rolls back, all traffic to {} first", from);
  return fmt::format("ends and is undone; {} keeps serving", from);
}

struct CommandWords {
  const Site& site;
  const Deployment& d;

  std::string of_instance(std::uint32_t id) const {
    const auto it = site.instances.find(id);
    return it == site.instances.end() ? "the release" : version_of_copy(site, it->second.copy);
  }
  std::string operator()(const Look&) const { return "a look at the release"; }
  std::string operator()(const CheckRelease& c) const {
    return fmt::format("the check of {}", c.version);
  }
  std::string operator()(const StartInstance& c) const {
    return fmt::format("1 instance of {} to start", of_instance(c.instance));
  }
  std::string operator()(const StopInstance& c) const {
    return fmt::format("1 instance of {} to stop", of_instance(c.instance));
  }
  std::string operator()(const RunSmoke& c) const {
    return fmt::format("{} against {}", many(c.tests.size(), "smoke test"),
                       of_instance(c.instance));
  }
  std::string operator()(const Apply&) const { return "the router to take the route"; }
  std::string operator()(const Shift& c) const {
    std::int32_t weight = 0;
    for (const auto& slot : c.route.slots)
      if (slot.copy == d.candidate) weight = slot.weight;
    return fmt::format("the router to serve {} of the traffic by {}", share(weight),
                       candidate_of(site, d));
  }
  std::string operator()(const Drain& c) const {
    const std::string whose = c.instances.empty() ? "old instances" : of_instance(c.instances[0]);
    return fmt::format("connections of {} to end ({})", whose,
                       many(c.instances.size(), "instance"));
  }
  std::string operator()(const Count&) const { return "the last requests to be counted"; }
  std::string operator()(const Watch&) const { return "the counting of requests to begin"; }
  std::string operator()(const Answer&) const { return "an answer to be given"; }
  std::string operator()(const Compile&) const { return "the plan"; }
  std::string operator()(const Tell&) const { return "a message to be sent"; }
};

// The awaited command that ends last; several of one kind are told as one.
std::optional<Wait> awaited(const Site& site, const Deployment& d, std::string then) {
  const Awaited* latest = nullptr;
  std::size_t alike = 0;
  for (const auto& a : site.awaiting) {
    if (a.number != d.number) continue;
    if (latest == nullptr || a.deadline > latest->deadline) latest = &a;
  }
  if (latest == nullptr) return std::nullopt;
  for (const auto& a : site.awaiting)
    alike += a.number == d.number && a.command.index() == latest->command.index();
  Wait wait{std::visit(CommandWords{site, d}, latest->command),
            wall_of(site, latest->deadline),
            std::move(then),
            {}};
  if (alike > 1 && wait.what.starts_with("1 instance "))
    wait.what = fmt::format("{} instances {}", alike, wait.what.substr(11));
  if (latest->retry_at != kNever) {
    wait.what += fmt::format(", attempt {} of {} at {}", latest->attempt + 1, limits::kAttempts,
                             rfc3339(wall_of(site, latest->retry_at)));
  }
  return wait;
}

int healthy_of(const Site& site, std::uint32_t copy) {
  int n = 0;
  for (const auto& [id, instance] : site.instances)
    n += instance.copy == copy && instance.phase == InstancePhase::ready;
  return n;
}

// The newest trouble of an instance of this copy, for the sentence.
std::string trouble_of(const Site& site, std::uint32_t copy) {
  for (const auto& [id, instance] : site.instances)
    if (instance.copy == copy && !instance.trouble.empty()) return " (" + instance.trouble + ")";
  return "";
}

Wait wait_of_warm(const Site& site, const Deployment& d, const Step& step, Instant deadline) {
  const bool candidate = step.who == Who::candidate;
  const std::uint32_t copy = candidate ? d.candidate : d.stable;
  const std::string name = candidate ? candidate_of(site, d) : version_of_copy(site, d.stable);
  const int missing = std::max(1, step.instances - healthy_of(site, copy));
  return {fmt::format("{} of {} to become healthy{}", many(missing, "instance"), name,
                      trouble_of(site, copy)),
          wall_of(site, deadline),
          when_lost(d),
          {}};
}

analysis::OnInconclusive policy(const analysis::Charge& charge, analysis::DataState data) {
  using analysis::DataState;
  switch (data) {
    case DataState::no_data:
      return charge.on_no_data;
    case DataState::stale:
      return charge.on_stale_data;
    case DataState::bad:
      return charge.on_bad_data;
    case DataState::too_little:
      return charge.on_too_little_data;
    case DataState::enough:
      return charge.on_inconclusive;
  }
  return charge.on_no_data;
}

std::string back_or_on(analysis::OnInconclusive what, const Deployment& d) {
  return what == analysis::OnInconclusive::promote ? "goes on as passed" : when_lost(d);
}

std::string then_of_judge(const analysis::Judge& judge, analysis::DataState data,
                          const Deployment& d) {
  const auto what = policy(judge.charge, data);
  if (what != analysis::OnInconclusive::hold) return back_or_on(what, d);
  if (judge.extensions >= kHolds) return back_or_on(judge.charge.on_unattended, d);
  return fmt::format("alerts, holds {} more ({} of {})", span(judge.charge.deadline),
                     judge.extensions + 1, kHolds);
}

// 4874 → "4,874".
std::string grouped(std::uint64_t n) {
  std::string digits = fmt::format("{}", n);
  for (std::ptrdiff_t at = std::ssize(digits) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

// What the proof still needs: "evidence on p99_latency at 25 %: 4,874 of about 6,300 requests,
// about 57 s more".
std::string evidence_text(const analysis::Judge& judge, const std::string& at) {
  const auto missing = analysis::missing(judge);
  if (!missing) return fmt::format("evidence at {}", at);
  std::string out = fmt::format("evidence on {} at {}", missing->name, at);
  if (missing->about == 0) return out;
  out += fmt::format(": {} of about {} requests", grouped(missing->seen), grouped(missing->about));
  if (missing->seconds >= 1 && missing->seconds < 7 * 86'400)
    out += fmt::format(", about {} more",
                       span(std::chrono::seconds(static_cast<std::int64_t>(missing->seconds))));
  return out;
}

Wait wait_of_judge(const Site& site, const Deployment& d, const Step& step) {
  const std::string at = share(step.charge->weight);
  if (!d.judge) return {"evidence at " + at, Wall{}, when_lost(d), {}};
  const analysis::Judge& judge = *d.judge;
  const analysis::Verdict now = judge.look(site.now);
  Wait wait{"", wall_of(site, judge.deadline), then_of_judge(judge, now.data, d), {}};
  if (now.data == analysis::DataState::no_data) {
    wait.what = fmt::format("the first request to {}", candidate_of(site, d));
  } else if (now.data == analysis::DataState::stale) {
    wait.what = fmt::format("new requests to {}", candidate_of(site, d));
  } else if (now.data == analysis::DataState::bad) {
    wait.what = fmt::format("sound data at {} ({})", at, now.trouble);
  } else if (now.observed < judge.charge.dwell) {
    wait.what = fmt::format("evidence at {}: {} of {} watched", at, span(now.observed),
                            span(judge.charge.dwell));
  } else {
    wait.what = evidence_text(judge, at);
  }
  return wait;
}

Wait wait_of_approval(const Deployment& d, const Gate& gate, Wall until) {
  int given = 0;
  for (const auto& a : d.approvals) given += a.approved && a.plan == d.plan_digest;
  std::vector<std::string> who{"approver"};
  if (!gate.requester_may && !d.request.by.empty())
    who[0] = "an approver other than " + d.request.by;
  return {fmt::format("approval of this plan, {} of {} given", given, gate.approvers), until,
          "ends aborted", std::move(who)};
}

const Gate* gate_of(const Deployment& d) {
  if (d.step >= d.plan.steps.size() || d.plan.steps[d.step].verb != Verb::gate) return nullptr;
  return &d.plan.steps[d.step].gate;
}

Wait wait_of_gate(const Site& site, const Deployment& d, const Gate& gate, Instant deadline) {
  const Wall until = wall_of(site, deadline == kNever ? d.deadline : deadline);
  switch (gate.kind) {
    case GateKind::approval:
      return wait_of_approval(d, gate, until);
    case GateKind::window:
      return {"the next open window", until, "goes on", {}};
    case GateKind::pause:
      return {fmt::format("the end of a pause of {}", span(gate.wait)), until, "goes on", {}};
  }
  return {};
}

Wait wait_of_running(const Site& site, const Deployment& d) {
  if (d.settling || d.step >= d.plan.steps.size()) {
    auto wait = awaited(site, d, "ends succeeded");
    return wait ? *wait : Wait{"the last requests to be counted", Wall{}, "ends succeeded", {}};
  }
  const Step& step = d.plan.steps[d.step];
  const Instant deadline = d.step < d.progress.size() ? d.progress[d.step].deadline : kNever;
  if (step.verb == Verb::judge && d.judge) return wait_of_judge(site, d, step);
  if (auto wait = awaited(site, d, when_lost(d))) {
    if (wait->until == Wall{}) wait->until = wall_of(site, deadline);
    return *wait;
  }
  if (step.verb == Verb::judge) return wait_of_judge(site, d, step);
  if (step.verb == Verb::gate) return wait_of_gate(site, d, step.gate, deadline);
  if (step.verb == Verb::warm || step.verb == Verb::provision)
    return wait_of_warm(site, d, step, deadline);
  return {fmt::format("{}: {}", word(step.verb), describe(step, d.plan)),
          wall_of(site, deadline),
          when_lost(d),
          {}};
}

Wait wait_of_way_back(const Site& site, const Deployment& d) {
  const std::string from = d.plan.from.version.empty() ? "nothing" : d.plan.from.version;
  const std::string ends = fmt::format("ends {}", word(d.back_to));
  if (auto wait = awaited(site, d, "tries again, then calls a person")) return *wait;
  switch (d.back) {
    case BackPhase::none:
    case BackPhase::shift:
      return {fmt::format("all traffic to be on {}", from), wall_of(site, d.deadline), ends, {}};
    case BackPhase::restore:
      return {fmt::format("instances of {} to become healthy{}", from, trouble_of(site, d.stable)),
              wall_of(site, d.deadline),
              "tries again, then calls a person",
              {}};
    case BackPhase::reshift:
      return {fmt::format("traffic to go to {} again", from), wall_of(site, d.deadline), ends, {}};
    case BackPhase::remove:
      return {fmt::format("{} to be drained and stopped", candidate_of(site, d)),
              wall_of(site, d.deadline),
              ends,
              {}};
    case BackPhase::settle:
      return {"the last requests to be counted", wall_of(site, d.deadline), ends, {}};
  }
  return {};
}

Wait wait_of_queued(const Site& site, const Deployment& d) {
  if (!site.live || site.live->number == d.number)
    return {"its turn", wall_of(site, d.deadline), "starts", {}};
  const Wait first = waits_for(site, *site.live);
  return {fmt::format("{}-{} to end, which waits for {}", site.id.name(), site.live->number,
                      first.what),
          first.until,
          "starts when that one has ended",
          {}};
}

}  // namespace

Wait waits_for(const Site& site, const Deployment& d) {
  if (ended(d.state)) return {};
  const Wall until = wall_of(site, d.deadline);
  switch (d.state) {
    case State::looking: {
      auto wait = awaited(site, d, "is refused, nothing was changed");
      return wait ? *wait : Wait{"a look at the release", until, "is refused", {}};
    }
    case State::queued:
      return wait_of_queued(site, d);
    case State::waiting_approval: {
      const Gate* gate = gate_of(d);
      return wait_of_approval(d, gate ? *gate : Gate{}, until);
    }
    case State::waiting_window:
      return {"the next open window", until, "goes on", {}};
    case State::paused:
      return {"somebody to resume, promote or abort it",
              until,
              fmt::format("aborted: {}", when_lost(d)),
              {"deployer", "admin"}};
    case State::rolling_back:
      return wait_of_way_back(site, d);
    case State::rollback_failed:
      return {fmt::format("try {} of the way back, or a person", d.back_tries + 1),
              wall_of(site, d.back_retry_at),
              "tries again and calls",
              {"deployer", "admin"}};
    default:
      return wait_of_running(site, d);
  }
}

boost::json::value waits_json(const Site* site, const Deployment& d) {
  if (site == nullptr || ended(d.state)) return nullptr;
  const Wait wait = waits_for(*site, d);
  boost::json::object o;
  o["what"] = wait.what;
  o["until"] = time_json(wait.until);
  o["then"] = wait.then;
  boost::json::array who;
  for (const auto& name : wait.who) who.emplace_back(name);
  o["who"] = std::move(who);
  return o;
}

boost::json::value way_back_json(const Site* site, const Deployment& d) {
  if (site == nullptr || ended(d.state) || !d.planned || d.plan.from.version.empty())
    return nullptr;
  boost::json::object o;
  o["to"] = d.plan.from.version;
  const auto copy = site->copies.find(d.stable);
  o["ready"] =
      copy != site->copies.end() && !copy->second.retiring && healthy_of(*site, d.stable) > 0;
  o["takes_ms"] = nullptr;  // known when a way back was rehearsed here
  o["point_of_no_return"] = nullptr;
  return o;
}

}  // namespace slipway::views
