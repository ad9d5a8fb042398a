// The verbs that ask before anything moves: check, smoke, gate.
#include <fmt/format.h>

#include <set>

#include "base/check.h"
#include "engine/census.h"
#include "engine/steps.h"
#include "engine/way_back.h"

namespace slipway::engine {

namespace {

constexpr Duration kApprovalKeeps = std::chrono::hours(24);

void done(Turn& t, std::string detail) {
  const Deployment& d = *t.site.live;
  end_step(t, StepState::done,
           why(codes::kStepDone, {{"step", fmt::format("{}", d.step + 1)},
                                  {"verb", word(d.plan.steps[d.step].verb)},
                                  {"detail", detail}}),
           detail);
}

int approvers_of(const Deployment& d) {
  std::set<std::string> who;
  for (const Approval& a : d.approvals) {
    if (a.approved && a.plan == d.plan_digest) who.insert(a.by);
  }
  return static_cast<int>(who.size());
}

}  // namespace

void begin_check(Turn& t, const Step& step) {
  const Deployment& d = *t.site.live;
  // It follows from a look of this very moment, which saw what would be looked at here.
  if (d.checked != Instant{} && d.checked == t.at) return checked(t, "");
  t.issue(CheckRelease{d.plan.spec, d.plan.to.version}, d.number, limit_of(step, d.plan),
          because_of(d, step));
}

void checked(Turn& t, const std::string& trouble) {
  const Deployment& d = *t.site.live;
  if (!is_current_step(d, Verb::check)) return;
  if (trouble.empty()) return done(t, fmt::format("{} as recorded", d.plan.to.version));
  fail_deployment(t, why(codes::kCheckFailed, {{"version", d.plan.to.version}, {"text", trouble}}));
}

void begin_smoke(Turn& t, const Step& step) {
  const Deployment& d = *t.site.live;
  for (const std::uint32_t id : instances_of(t.site, d.candidate)) {
    const Instance& i = t.site.instances.at(id);
    if (!is_ready(i)) continue;
    t.issue(RunSmoke{id, i.port, step.smoke}, d.number, limit_of(step, d.plan),
            because_of(d, step));
    return;
  }
  fail_deployment(t, why(codes::kNoHealthyCandidate, {{"version", d.plan.to.version}}));
}

void smoked(Turn& t, const Observed& seen) {
  if (!is_current_step(*t.site.live, Verb::smoke)) return;
  done(t, fmt::format("{} tests passed", seen.details.size()));
}

void smoke_failed(Turn& t, const std::string& text) {
  const Deployment& d = *t.site.live;
  if (!is_current_step(d, Verb::smoke)) return;
  fail_deployment(t, why(codes::kSmokeFailed, {{"version", d.plan.to.version}, {"text", text}}));
}

void begin_gate(Turn& t, const Step& step) {
  Deployment& d = *t.site.live;
  const Duration wait = step.gate.kind == GateKind::approval && step.gate.wait <= Duration::zero()
                            ? kApprovalKeeps
                            : step.gate.wait;
  switch (step.gate.kind) {
    case GateKind::approval:
      if (approvers_of(d) >= step.gate.approvers)
        return;  // of the same plan, before it was looked at anew
      d.state = State::waiting_approval;
      d.deadline = t.at + wait;
      t.story(d, "approval.requested",
              why(codes::kApprovalNeeded, {{"approvers", fmt::format("{}", step.gate.approvers)},
                                           {"seconds", seconds(wait)}}));
      return;
    case GateKind::window:
    case GateKind::pause:
      d.progress.edit()[d.step].deadline = t.at + wait;
      t.story(d, "deployment.waiting", because_of(d, step));
      return;
  }
}

void try_gate(Turn& t, const Step& step) {
  Deployment& d = *t.site.live;
  if (step.gate.kind == GateKind::approval) {
    if (approvers_of(d) >= step.gate.approvers) done(t, "approved");
    return;
  }
  const StepProgress& p = d.progress[d.step];
  if (t.at < p.deadline) return;
  const Duration waited = t.at - p.started;
  d.wait += waited;
  end_step(t, StepState::done, why(codes::kGateOpened, {{"seconds", seconds(waited)}}));
}

}  // namespace slipway::engine
