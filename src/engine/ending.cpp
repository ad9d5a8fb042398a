// How a deployment ends: its last rows are counted, and the site is left as it shall stay.
#include <algorithm>

#include "base/check.h"
#include "base/limits.h"
#include "engine/census.h"
#include "engine/steps.h"
#include "engine/way_back.h"

namespace slipway::engine {

namespace {

constexpr Duration kLastCountWithin = std::chrono::seconds(10);
constexpr std::size_t kPastKept = 20;
constexpr Duration kWarmAfterFailure = std::chrono::hours(1);

bool is_undoable(Verb verb) {
  switch (verb) {
    case Verb::provision:
    case Verb::warm:
    case Verb::mirror:
    case Verb::shift:
    case Verb::disturb:
    case Verb::retire:
      return true;
    case Verb::check:
    case Verb::build:
    case Verb::save:
    case Verb::migrate:
    case Verb::smoke:
    case Verb::judge:
    case Verb::gate:
    case Verb::purge:
      return false;
  }
  return false;
}

void keep_success(Turn& t, const Deployment& d) {
  Site& site = t.site;
  site.serving = d.candidate;
  Copy* copy = find_copy(site, d.candidate);
  CHECK(copy != nullptr, "the candidate of a deployment that succeeded is gone");
  copy->warm_until = kNever;
  copy->wanted = d.plan.replicas;
  site.past.push_back(
      {d.candidate, copy->release, copy->spec, d.plan.route, d.plan.replicas, t.wall});
  if (site.past.size() > kPastKept) site.past.edit().erase(site.past.begin());
}

void mark_undone(Deployment& d) {
  for (std::size_t n = 0; n < d.progress.size(); ++n) {
    const StepProgress& p = d.progress[n];
    const bool stood = p.state == StepState::done || p.state == StepState::running;
    if (stood && is_undoable(d.plan.steps[n].verb)) d.progress.edit()[n].state = StepState::undone;
  }
}

void keep_stable(Turn& t, Deployment& d) {
  Site& site = t.site;
  mark_undone(d);
  if (d.stable != 0 && find_copy(site, d.stable) != nullptr) site.serving = d.stable;
  for (auto past = site.past.rbegin(); past != site.past.rend(); ++past) {
    if (past->number != site.serving) continue;
    if (site.route != past->route) {
      site.route = past->route;
      t.route_changed(why(codes::kRouteChanged));
    }
    return;
  }
}

// Weights stay as they are: what has most of the traffic is what serves. The other one is kept for
// a while, so that there is a way back.
void keep_as_it_is(Turn& t, const Deployment& d) {
  Site& site = t.site;
  Copy* candidate = find_copy(site, d.candidate);
  Copy* stable = find_copy(site, d.stable);
  const bool candidate_serves = candidate != nullptr && !candidate->retiring &&
                                (stable == nullptr || candidate->weight > stable->weight);
  if (!candidate_serves) return;
  site.serving = d.candidate;
  candidate->warm_until = kNever;
  if (stable != nullptr && stable->weight == 0) stable->warm_until = t.at + kWarmAfterFailure;
}

}  // namespace

void settle(Turn& t, State ending, Because because) {
  Deployment& d = *t.site.live;
  d.back_to = ending;
  d.because = because;
  if (!is_watched(d)) return finish(t, ending, std::move(because));
  if (d.state != State::rolling_back) d.state = State::running;
  d.deadline = kNever;
  d.settling = true;
  t.issue(Count{true}, d.number, kLastCountWithin, why(codes::kLastRows));
}

void settled(Turn& t, bool counted) {
  Deployment& d = *t.site.live;
  if (!counted) d.receipt.complete = false;
  finish(t, d.back_to, d.because);
}

void finish(Turn& t, State ending, Because because) {
  Deployment& d = *t.site.live;
  CHECK(ended(ending), "{} is no end", word(ending));
  t.abandon([&](const Awaited& a) { return a.number == d.number; });
  const bool left = ending == State::failed && d.moved_traffic && d.back != BackPhase::settle;
  switch (ending) {
    case State::succeeded:
      keep_success(t, d);
      break;
    case State::failed:
      if (left) {
        keep_as_it_is(t, d);
      } else {
        keep_stable(t, d);
      }
      break;
    default:
      keep_stable(t, d);
      break;
  }
  // Nothing fails over to stable any more; and what is left as it is may never have come into
  // force.
  const bool failed_over = d.stable != 0 && find_copy(t.site, d.candidate) != nullptr;
  if (failed_over || left) t.route_changed(why(codes::kRouteChanged));
  d.state = ending;
  d.because = because;
  d.ended_at = t.at;
  d.ended_wall = t.wall;
  d.settling = false;
  d.deadline = kNever;
  d.back_retry_at = kNever;
  d.judge.reset();
  d.kept.reset();
  d.baseline = {};
  t.site.counted = {};  // the rows from here to the next deployment belong to nobody
  t.story(d, "deployment.ended", std::move(because));
  t.site.last = Kept<Deployment>(std::move(d));
  t.site.live.reset();
}

}  // namespace slipway::engine
