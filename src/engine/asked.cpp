#include "engine/asked.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "engine/census.h"
#include "engine/requests.h"
#include "engine/steps.h"
#include "engine/way_back.h"

namespace slipway::engine {

namespace {

Because by(const char* code, const Request& r) {
  return why(code, {{"by", r.by}, {"why", r.because}});
}

void refuse(Turn& t, const Asked& e, const char* code, std::string text) {
  const Deployment& d = *t.site.live;
  t.answer(e.request_id, false, d.number, code, std::move(text), word(d.state));
}

void wrong_state(Turn& t, const Asked& e) {
  const Deployment& d = *t.site.live;
  refuse(t, e, codes::kWrongState,
         fmt::format("{}-{} is {}: `{}` is not possible now", t.site.id.name(), d.number,
                     d.settling ? "ending" : word(d.state), word(e.request.act)));
}

void accept(Turn& t, const Asked& e, const char* code = "") {
  t.answer(e.request_id, true, t.site.live->number, code);
}

bool is_running(const Deployment& d) { return d.state == State::running && !d.settling; }

void go_on(Turn& t, Deployment& d) {
  const Duration paused = t.at - d.paused_at;
  d.state = State::running;
  d.deadline = kNever;
  d.wait += paused;
  if (d.judge) d.judge->shift_deadline(paused);
  if (d.step < d.progress.size() && d.progress[d.step].deadline != kNever) {
    d.progress.edit()[d.step].deadline += paused;
  }
}

// Stages before the last weight are passed over; capacity is still brought. Where steps take old
// capacity away on the way, each weight belongs to its batch and stays.
void jump_to_last_weight(Deployment& d, const Because& because) {
  std::size_t last = d.step;
  bool retires = false;
  for (std::size_t n = d.step; n < d.plan.steps.size(); ++n) {
    if (d.plan.steps[n].verb == Verb::shift) last = n;
  }
  for (std::size_t n = d.step; n < last; ++n) retires |= d.plan.steps[n].verb == Verb::retire;
  for (std::size_t n = d.step; n < last; ++n) {
    const Step& step = d.plan.steps[n];
    const bool timed = step.verb == Verb::gate && step.gate.kind != GateKind::approval;
    const bool weight = step.verb == Verb::shift && !retires;
    if (step.verb != Verb::judge && !timed && !weight) continue;
    if (d.progress[n].state != StepState::waiting) continue;
    StepProgress& p = d.progress.edit()[n];
    p.state = StepState::skipped;
    p.because = because;
  }
}

// A stage begins with its shift: while that is still being measured, promote passes the watch that
// would follow.
bool is_shift_of_a_stage(const Deployment& d) {
  return is_current_step(d, Verb::shift) && d.step + 1 < d.plan.steps.size() &&
         d.plan.steps[d.step + 1].verb == Verb::judge &&
         d.progress[d.step + 1].state == StepState::waiting;
}

void no_stage_yet(Turn& t, const Asked& e) {
  const Deployment& d = *t.site.live;
  if (d.step >= d.plan.steps.size()) return wrong_state(t, e);
  refuse(t, e, codes::kWrongState,
         fmt::format("{}-{} is at step {} ({}): no stage has begun that `promote` could end",
                     t.site.id.name(), d.number, d.step + 1, word(d.plan.steps[d.step].verb)));
}

void promote(Turn& t, const Asked& e) {
  Deployment& d = *t.site.live;
  if (!is_running(d) && d.state != State::paused) return wrong_state(t, e);
  const bool timed = is_current_step(d, Verb::gate);
  const bool stage = is_current_step(d, Verb::judge) || timed;
  const bool shifting = is_shift_of_a_stage(d);
  if (!stage && !shifting && !e.request.full) return no_stage_yet(t, e);
  const bool bad =
      d.judge && !d.verdicts.empty() && d.verdicts.back().verdict.data == analysis::DataState::bad;
  if (bad && !e.request.force) {
    return refuse(t, e, codes::kBadData, "the data is bad; `--force` promotes nevertheless");
  }
  accept(t, e);
  Because because = by(codes::kPromotedBy, e.request);
  because.values.emplace_back("full", e.request.full ? "yes" : "");
  t.story(d, "deployment.promoted", because);
  if (d.state == State::paused) go_on(t, d);
  if (e.request.full) jump_to_last_weight(d, because);
  if (shifting && d.progress[d.step + 1].state == StepState::waiting) {
    StepProgress& p = d.progress.edit()[d.step + 1];
    p.state = StepState::skipped;
    p.because = because;
  }
  if (!stage) return;
  if (d.judge) keep_evidence(d);
  end_step(t, StepState::done, because, "promoted");
}

void approve(Turn& t, const Asked& e) {
  Deployment& d = *t.site.live;
  if (d.state != State::waiting_approval) return wrong_state(t, e);
  const Gate& gate = d.plan.steps[d.step].gate;
  if (!e.request.plan.empty() && e.request.plan != d.plan_digest) {
    return refuse(
        t, e, codes::kPlanChanged,
        fmt::format("the plan is {} now, not {}; look at it again", d.plan_digest, e.request.plan));
  }
  if (e.request.by == d.request.by && !gate.requester_may) {
    return refuse(
        t, e, codes::kFourEyes,
        fmt::format("{} asked for the release; somebody else has to approve it", d.request.by));
  }
  accept(t, e);
  d.approvals.push_back({e.request.by, t.wall, true, e.request.because, d.plan_digest});
  t.story(d, "approval.given", by(codes::kApprovedBy, e.request));
  const Duration waited = t.at - d.progress[d.step].started;
  d.state = State::running;
  Because because = by(codes::kApprovedBy, e.request);
  try_gate(t, d.plan.steps[d.step]);
  if (d.progress[d.step].state != StepState::done) {
    d.state = State::waiting_approval;  // more have to
    return;
  }
  d.deadline = kNever;
  d.wait += waited;
  d.progress.edit()[d.step].because = std::move(because);
  const bool untouched =
      std::all_of(d.plan.steps.begin(), d.plan.steps.begin() + static_cast<std::ptrdiff_t>(d.step),
                  [](const Step& s) { return s.verb == Verb::gate || s.verb == Verb::check; });
  const bool old = waited > kPlanKeeps;
  if (old && untouched && !is_watched(d)) look_anew(t, d);
}

void pause(Turn& t, const Asked& e) {
  Deployment& d = *t.site.live;
  if (!is_running(d)) return wrong_state(t, e);
  accept(t, e);
  const Duration most = limits::kPauseMax;
  const Duration until = std::min(e.request.pause_for.value_or(most), most);
  d.state = State::paused;
  d.paused_at = t.at;
  d.deadline = t.at + until;
  Because because = by(codes::kPausedBy, e.request);
  because.values.emplace_back("seconds", seconds(until));
  t.story(d, "deployment.paused", std::move(because));
}

void resume(Turn& t, const Asked& e) {
  Deployment& d = *t.site.live;
  if (d.state != State::paused) return wrong_state(t, e);
  accept(t, e);
  go_on(t, d);
  t.story(d, "deployment.resumed", by(codes::kResumedBy, e.request));
}

bool may_skip(const Step& step) {
  switch (step.verb) {
    case Verb::check:
    case Verb::smoke:
    case Verb::mirror:
    case Verb::disturb:
    case Verb::purge:
      return true;
    case Verb::gate:
      return step.gate.kind != GateKind::approval;
    case Verb::build:
    case Verb::save:
    case Verb::migrate:
    case Verb::provision:
    case Verb::warm:
    case Verb::shift:
    case Verb::judge:
    case Verb::retire:
      return false;
  }
  return false;
}

// Why this step is not one that may be skipped now.
void refuse_skip(Turn& t, const Asked& e, int asked) {
  const Deployment& d = *t.site.live;
  const auto steps = d.plan.steps.size();
  const auto n = static_cast<std::size_t>(asked - 1);
  const std::string name = fmt::format("{}-{}", t.site.id.name(), d.number);
  if (asked < 1 || n >= steps)
    return refuse(t, e, codes::kWrongState,
                  fmt::format("{} has the steps 1 to {}, no step {}", name, steps, asked));
  const Step& step = d.plan.steps[n];
  refuse(t, e, codes::kWrongState,
         may_skip(step)
             ? fmt::format("step {} ({}) of {} is over: there is nothing to skip", asked,
                           word(step.verb), name)
             : fmt::format("step {} ({}) of {} cannot be skipped: only a check, a smoke test or a "
                           "timed gate can; `promote` ends a stage",
                           asked, word(step.verb), name));
}

void skip(Turn& t, const Asked& e) {
  Deployment& d = *t.site.live;
  if (!is_running(d) && d.state != State::paused) return wrong_state(t, e);
  const int asked = e.request.step.value_or(static_cast<int>(d.step) + 1);
  const auto n = static_cast<std::size_t>(asked - 1);
  if (asked < 1 || n < d.step || n >= d.plan.steps.size() || !may_skip(d.plan.steps[n])) {
    return refuse_skip(t, e, asked);
  }
  StepProgress& p = d.progress.edit()[n];
  if (p.state != StepState::running && p.state != StepState::waiting)
    return refuse_skip(t, e, asked);
  accept(t, e);
  Because because = by(codes::kSkippedBy, e.request);
  because.values.emplace_back("step", fmt::format("{}", asked));
  because.values.emplace_back("verb", word(d.plan.steps[n].verb));
  t.story(d, "deployment.skipped", because);
  if (n > d.step) {
    p.state = StepState::skipped;
    p.because = because;
    return;
  }
  t.abandon([&](const Awaited& a) { return a.number == d.number; });
  end_step(t, StepState::skipped, because);
}

void give_up(Turn& t, const Asked& e) {
  const Because because = by(codes::kGivenUpBy, e.request);
  Deployment& d = *t.site.live;
  accept(t, e);
  d.back = BackPhase::none;
  settle(t, State::failed, because);
}

// Both take the deployment back; they differ in how it ends.
void undo(Turn& t, const Asked& e, State ending) {
  Deployment& d = *t.site.live;
  Because because =
      by(ending == State::aborted ? codes::kAbortedBy : codes::kRollbackBy, e.request);
  if (ending == State::rolled_back) because.values.emplace_back("version", e.request.version);
  const bool never_accepted = d.state == State::looking && d.plan_digest.empty();
  if (never_accepted) {
    accept(t, e);
    turn_down(t, t.site.live, codes::kAborted, fmt::format("{} ended it", e.request.by),
              word(ending));
    return;
  }
  if (d.state == State::rolling_back) return accept(t, e, codes::kJoined);
  if (d.state == State::rollback_failed) {
    if (ending == State::aborted) return give_up(t, e);
    if (e.request.version.empty() || e.request.version == d.plan.from.version) {
      d.back_retry_at = t.at;  // now rather than later
      return accept(t, e, codes::kJoined);
    }
    if (!aim_back(t, e.request.version)) {
      return refuse(
          t, e, codes::kNoTarget,
          fmt::format("no release {} that succeeded here can be placed", e.request.version));
    }
    return accept(t, e);
  }
  accept(t, e);
  take_back(t, ending, because);
}

void on_live(Turn& t, const Asked& e) {
  switch (e.request.act) {
    case Act::promote:
      return promote(t, e);
    case Act::approve:
      return approve(t, e);
    case Act::pause:
      return pause(t, e);
    case Act::resume:
      return resume(t, e);
    case Act::skip:
      return skip(t, e);
    case Act::abort:
      return undo(t, e, State::aborted);
    case Act::rollback:
      return undo(t, e, State::rolled_back);
    case Act::reject: {
      Deployment& d = *t.site.live;
      if (d.state != State::waiting_approval) return wrong_state(t, e);
      accept(t, e);
      d.approvals.push_back({e.request.by, t.wall, false, e.request.because, d.plan_digest});
      t.story(d, "approval.refused", by(codes::kRejectedBy, e.request));
      return take_back(t, State::aborted, by(codes::kRejectedBy, e.request));
    }
    case Act::deploy:
    case Act::restart:
    case Act::retry:
      return wrong_state(t, e);
  }
}

void on_queued(Turn& t, const Asked& e) {
  const Deployment& d = *t.site.queued;
  if (e.request.act != Act::abort) {
    t.answer(e.request_id, false, d.number, codes::kWrongState,
             fmt::format("{}-{} waits for another deployment: only `abort` is possible",
                         t.site.id.name(), d.number),
             word(State::queued));
    return;
  }
  t.answer(e.request_id, true, d.number, "");
  if (d.plan_digest.empty()) {
    return turn_down(t, t.site.queued, codes::kAborted, fmt::format("{} ended it", e.request.by),
                     word(State::aborted));
  }
  end_queued(t, State::aborted, by(codes::kAbortedBy, e.request));
}

}  // namespace

void on(Turn& t, const Asked& e) {
  const std::uint32_t number = e.request.number;
  if (t.site.live && (number == 0 || number == t.site.live->number)) return on_live(t, e);
  if (t.site.queued && (number == 0 || number == t.site.queued->number)) return on_queued(t, e);
  const bool is_last = t.site.last && (number == 0 || number == t.site.last->number);
  const std::string state = is_last ? word(t.site.last->state) : "";
  t.answer(e.request_id, false, is_last ? t.site.last->number : number, codes::kWrongState,
           is_last ? fmt::format("{}-{} is {}: `{}` is not possible any more", t.site.id.name(),
                                 t.site.last->number, state, word(e.request.act))
                   : fmt::format("nothing is live at {}", t.site.id.name()),
           state);
}

void state_deadline_due(Turn& t) {
  Deployment& d = *t.site.live;
  const Duration waited = t.at - (d.state == State::paused ? d.paused_at : d.started);
  switch (d.state) {
    case State::waiting_approval: {
      const Because because =
          why(codes::kApprovalExpired, {{"seconds", seconds(t.at - d.progress[d.step].started)}});
      t.story(d, "approval.expired", because);
      return take_back(t, State::aborted, because);
    }
    case State::paused:
      return take_back(t, State::aborted,
                       why(codes::kPauseExpired, {{"seconds", seconds(waited)}}));
    case State::looking:
      return look_failed(t, d.number, "no plan was made in time; ask again");
    case State::running:
      return take_back(t, State::aborted,
                       why(codes::kHoldExpired, {{"seconds", seconds(limits::kPauseMax)}}));
    case State::rolling_back:
    case State::rollback_failed:
      return back_deadline_due(t);
    case State::queued:
    case State::waiting_window:
    case State::succeeded:
    case State::rolled_back:
    case State::aborted:
    case State::failed:
    case State::superseded:
      return;
  }
}

}  // namespace slipway::engine
