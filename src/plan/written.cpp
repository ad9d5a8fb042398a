// The steps that a user wrote: checked in their order, completed where something is missing (and
// said so), so that no written list can leave a site half way.
#include <fmt/format.h>

#include <cmath>

#include "base/limits.h"
#include "plan/draft.h"
#include "plan/spec.h"

namespace slipway::plan {
namespace {

using config::WrittenStep;

constexpr std::int32_t kAllTraffic = limits::kWeightSum;

class Writer {
 public:
  explicit Writer(Draft& d) : d_(d) {}

  void write() {
    d_.stable = d_.ground.stable;
    const auto& steps = d_.config.steps;
    const bool checks_first = !steps.empty() && steps.front().verb == "check";
    if (!checks_first) {
      d_.check();
      d_.note("a check of the release was put in front of the written steps");
    }
    for (const WrittenStep& s : steps) one(s);
    complete();
  }

 private:
  void one(const WrittenStep& s) {
    if (s.verb == "check") return d_.check();
    if (s.verb == "provision") return provision(s);
    if (s.verb == "warm") return warm(s);
    if (s.verb == "smoke") return smoke(s);
    if (s.verb == "shift") return shift(s);
    if (s.verb == "judge") return judge(s);
    if (s.verb == "gate") return gate(s);
    if (s.verb == "retire") return retire(s);
    d_.refuse(s.place, "not_supported", fmt::format("the step `{}` is not supported yet", s.verb),
              "steps are check, provision, warm, smoke, shift, judge, gate and retire");
  }

  void provision(const WrittenStep& s) {
    const int n = s.instances.value_or(d_.plan.replicas);
    if (!in_range(s, n)) return;
    if (s.who == "stable")
      return d_.refuse(s.place, "invalid_value", "a release that serves has its instances already",
                       "leave `who` out: the new release is meant");
    if (n > provisioned_) provisioned_ = n;
    Step& step = d_.add(Verb::provision, s.name);
    step.instances = provisioned_;
    step.deadline = 60s;
  }

  void warm(const WrittenStep& s) {
    const int n = s.instances.value_or(provisioned_ == 0 ? d_.plan.replicas : provisioned_);
    if (!in_range(s, n)) return;
    if (n > provisioned_) {
      d_.note(fmt::format("a provision of {} was put before the step warm", n));
      Step& step = d_.add(Verb::provision, s.name);
      step.instances = provisioned_ = n;
      step.deadline = 60s;
    }
    Step& step = d_.add(Verb::warm, s.name);
    step.instances = n;
    step.deadline = d_.plan.spec->health.start_timeout;
    d_.candidate = std::max(d_.candidate, n);
  }

  void ready(int instances, const std::string& before) {
    if (instances <= d_.candidate) return;
    d_.note(fmt::format("{} ready instance{} of {} {} provided before {}", instances,
                        instances == 1 ? "" : "s", d_.plan.to.version,
                        instances == 1 ? "is" : "are", before));
    d_.capacity(instances);
    provisioned_ = std::max(provisioned_, instances);
  }

  void smoke(const WrittenStep& s) {
    if (smoke_tests(d_.config, d_.plan.to).empty())
      return d_.refuse(s.place, "missing", "the step `smoke` has no tests",
                       "write `smoke_tests`, or leave the step out");
    ready(1, "the step smoke");
    d_.smoke();
  }

  void shift(const WrittenStep& s) {
    const auto weight = static_cast<std::int32_t>(std::lround(s.percent * 100.0));
    if (weight <= d_.weight || weight > kAllTraffic)
      return d_.refuse(s.place, "out_of_order",
                       fmt::format("a shift to {:.6g} % after {:.6g} %: shares must rise, up to "
                                   "100 %",
                                   s.percent, d_.weight / 100.0),
                       "going back is never a step: it is done by a rollback");
    ready(weight == kAllTraffic ? d_.plan.replicas : 1,
          fmt::format("the shift to {:.6g} %", s.percent));
    d_.shift(weight, s.name);
  }

  void judge(const WrittenStep& s) {
    if (d_.weight == 0)
      return d_.refuse(s.place, "out_of_order", "nothing can be judged before the first shift",
                       "write a shift before it, or a smoke test instead");
    const bool timed = s.duration && *s.duration > Duration(0);
    d_.judge(s.name.empty() ? fmt::format("{:.6g} %", d_.weight / 100.0) : s.name,
             timed ? *s.duration : d_.config.monitor, s.criteria);
  }

  void gate(const WrittenStep& s) {
    if (s.approval) {
      d_.gate_approval();
      if (s.duration) d_.plan.steps.edit().back().gate.wait = *s.duration;
      return;
    }
    if (!s.duration || *s.duration <= Duration(0) || *s.duration > limits::kPauseMax)
      return d_.refuse(s.place, "out_of_range", "a gate waits for an approval or for up to 24 h",
                       "write `duration: 10m` or `approval: true`");
    Step& step = d_.add(Verb::gate, s.name);
    step.gate.kind = GateKind::pause;
    step.gate.wait = *s.duration;
  }

  void retire(const WrittenStep& s) {
    if (s.who == "candidate")
      return d_.refuse(s.place, "invalid_value", "the new release is retired by a rollback only",
                       "write `who: stable`");
    const int left = s.instances.value_or(0);
    if (left < 0 || (left == 0 && d_.weight != kAllTraffic))
      return d_.refuse(s.place, "out_of_order",
                       "the serving release cannot be retired before all traffic has left it",
                       "write a shift to 100 before it, or say how many `instances` stay");
    d_.retire(Who::stable, left, left == 0 ? d_.keep_warm() : Duration(0));
    retired_ = left == 0;
  }

  void complete() {
    if (d_.weight != kAllTraffic) {
      d_.note("a switch to 100 % and its watch were added at the end");
      d_.capacity(d_.plan.replicas);
      d_.shift(kAllTraffic);
      d_.judge("monitor", d_.config.monitor, {});
    }
    if (retired_) return;
    d_.note(fmt::format("the retirement of {} was added at the end", d_.plan.from.version));
    d_.retire(Who::stable, 0, d_.keep_warm());
  }

  bool in_range(const WrittenStep& s, int n) {
    if (n >= 1 && n <= limits::kReplicas) return true;
    d_.refuse(s.place, "out_of_range",
              fmt::format("{} instances: between 1 and {} are possible", n, limits::kReplicas));
    return false;
  }

  Draft& d_;
  int provisioned_ = 0;
  bool retired_ = false;
};

}  // namespace

void written_steps(Draft& d) { Writer(d).write(); }

}  // namespace slipway::plan
