#include "engine/way_back.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/limits.h"
#include "engine/census.h"
#include "engine/instances.h"
#include "engine/steps.h"

namespace slipway::engine {

namespace {

constexpr Duration kShiftWithin = std::chrono::seconds(30);
constexpr Duration kRestoreMargin = std::chrono::seconds(60);
constexpr Duration kRemoveMargin = std::chrono::seconds(90);
constexpr Duration kRetryFirst = std::chrono::seconds(5);
constexpr Duration kRetrySlowest = std::chrono::seconds(60);

bool is_going_back(const Deployment& d) {
  return d.state == State::rolling_back || d.state == State::rollback_failed;
}

// What cannot run twice is removed before the old one comes back; a plan with a floor let both run.
bool removes_first(const Deployment& d) {
  return d.plan.strategy == Strategy::recreate && d.plan.floor == 0;
}

// A warm copy that was to come back and got no traffic stays as warm as it was.
bool stays_warm(const Site& site, const Deployment& d) {
  const Copy* copy = find_copy(site, d.candidate);
  return copy != nullptr && d.plan.reuse && !d.moved_traffic && copy->warm_until != kNever;
}

// The last weights that were commanded are in force, as far as anybody has said so.
bool is_confirmed(const Deployment& d) { return !d.moved_traffic || !d.measured.empty(); }

bool has_all_traffic(const Copy& stable, const Deployment& d) {
  return stable.weight == limits::kWeightSum && is_confirmed(d);
}

bool is_needed(const Site& site, const Deployment& d, BackPhase phase) {
  const Copy* stable = find_copy(site, d.stable);
  switch (phase) {
    case BackPhase::none:
      return false;
    case BackPhase::shift:
      return stable != nullptr && d.moved_traffic && !has_all_traffic(*stable, d) &&
             ready_in(site, d.stable) > 0;
    case BackPhase::restore:
      return stable != nullptr && staying_ready_in(site, d.stable) < full_size(site, d.stable) &&
             (d.moved_traffic || staying_in(site, d.stable) < full_size(site, d.stable));
    case BackPhase::reshift:
      return stable != nullptr && !has_all_traffic(*stable, d);
    case BackPhase::remove:
      return find_copy(site, d.candidate) != nullptr && d.candidate != d.stable &&
             !stays_warm(site, d);
    case BackPhase::settle:
      return true;
  }
  return false;
}

BackPhase after(const Deployment& d, BackPhase phase) {
  const bool first = removes_first(d);
  switch (phase) {
    case BackPhase::none:
      return first ? BackPhase::remove : BackPhase::shift;
    case BackPhase::shift:
      return BackPhase::restore;
    case BackPhase::restore:
      return BackPhase::reshift;
    case BackPhase::reshift:
      return first ? BackPhase::settle : BackPhase::remove;
    case BackPhase::remove:
      return first ? BackPhase::restore : BackPhase::settle;
    case BackPhase::settle:
      break;
  }
  CHECK(false, "nothing follows the last phase of a rollback");
}

void shift_back(Turn& t, Deployment& d) {
  const Copy* stable = find_copy(t.site, d.stable);
  if (stable == nullptr || ready_in(t.site, d.stable) == 0) {
    back_failed(t, fmt::format("{} has no healthy instance", d.plan.from.version));
    return;
  }
  set_weights(t, d.stable, limits::kWeightSum, 0);
  d.measured.clear();
  t.issue(Shift{{}, false}, d.number, kShiftWithin,
          why(codes::kTrafficFirst, {{"to", stable->release.version}}));
}

void restore_stable(Turn& t, Deployment& d) {
  Copy* stable = find_copy(t.site, d.stable);
  const int wanted = full_size(t.site, d.stable);
  const Because because = why(codes::kRestoreStable, {{"version", stable->release.version},
                                                      {"wanted", fmt::format("{}", wanted)}});
  stable->wanted = wanted;
  const Duration within = stable->spec->health.start_timeout + kRestoreMargin;
  d.deadline = t.at + within;
  while (staying_in(t.site, d.stable) < wanted) {
    start_instance(t, d.stable, 0, within, because);
  }
}

void enter(Turn& t, BackPhase phase) {
  Deployment& d = *t.site.live;
  while (!is_needed(t.site, d, phase)) phase = after(d, phase);
  d.back = phase;
  d.deadline = kNever;
  switch (phase) {
    case BackPhase::none:
      return;
    case BackPhase::shift:
    case BackPhase::reshift:
      return shift_back(t, d);
    case BackPhase::restore:
      return restore_stable(t, d);
    case BackPhase::remove: {
      const Copy* copy = find_copy(t.site, d.candidate);
      if (d.stable != 0 && !removes_first(d) && is_last_healthy(t.site, d.candidate)) {
        return back_failed(t, "nothing but the candidate is healthy");
      }
      d.deadline = t.at + 2 * copy->spec->drain + kRemoveMargin;
      const Because because = why(codes::kRemoveCandidate, {{"version", copy->release.version}});
      if (copy->spec->container.rolled > 0) hand_back(t, d.stable, because);
      retire_copy(t, d.candidate, because);
      return;
    }
    case BackPhase::settle:
      return settle(t, d.back_to, d.because);
  }
}

void leave(Turn& t) {
  Deployment& d = *t.site.live;
  d.state = State::rolling_back;
  d.back_retry_at = kNever;
  enter(t, after(d, d.back));
}

bool is_over(const Site& site, const Deployment& d) {
  switch (d.back) {
    case BackPhase::restore:
      return staying_ready_in(site, d.stable) >= full_size(site, d.stable);
    case BackPhase::remove:
      return find_copy(site, d.candidate) == nullptr;
    case BackPhase::none:
    case BackPhase::shift:
    case BackPhase::reshift:
    case BackPhase::settle:
      return false;  // an answer ends it
  }
  return false;
}

}  // namespace

void fail_deployment(Turn& t, Because because) {
  Deployment& d = *t.site.live;
  if (is_going_back(d) || d.settling) return;
  end_step(t, StepState::failed, because);
  if (d.plan.auto_rollback) return take_back(t, State::rolled_back, std::move(because));
  if (!d.moved_traffic) return take_back(t, State::failed, std::move(because));
  t.abandon([&](const Awaited& a) { return a.number == d.number; });
  d.receipt.verdict_at = t.wall;
  settle(t, State::failed, std::move(because));
}

void candidate_hurt(Turn& t, const Instance& i, Because because) {
  if (!t.site.live) return;
  const Deployment& d = *t.site.live;
  const bool depends = d.planned && !d.settling && !d.progress.empty() &&
                       d.state != State::looking && !is_going_back(d) && i.copy == d.candidate &&
                       d.candidate != d.stable;
  // A warm copy that this deployment has not touched yet heals by itself.
  const bool touched = !d.plan.reuse || d.moved_traffic || is_current_step(d, Verb::smoke);
  if (depends && touched) fail_deployment(t, std::move(because));
}

void stable_leaves(Turn& t, const Instance& i) {
  if (!t.site.live || !is_going_back(*t.site.live) || i.copy != t.site.live->stable) return;
  Deployment& d = *t.site.live;
  const bool restored = d.back == BackPhase::restore || d.back == BackPhase::reshift ||
                        (d.back == BackPhase::remove && !removes_first(d));
  if (!restored) return;
  std::erase_if(t.site.awaiting, [&](const Awaited& a) {
    const auto* start = std::get_if<StartInstance>(&a.command);
    return start != nullptr && start->instance == i.id && i.port != 0;
  });
  t.abandon([&](const Awaited& a) { return a.number == d.number; });
  if (d.back_retry_at == kNever) return enter(t, BackPhase::restore);
  d.back = BackPhase::restore;  // with the next try
}

void take_back(Turn& t, State ending, Because because) {
  Deployment& d = *t.site.live;
  if (is_going_back(d)) return;
  const bool begun = d.step < d.progress.size() && d.progress[d.step].state == StepState::running;
  if (begun) end_step(t, StepState::undone, because);
  t.abandon([&](const Awaited& a) { return a.number == d.number; });
  if (d.state == State::paused) d.wait += t.at - d.paused_at;
  d.state = State::rolling_back;
  d.back_to = ending;
  d.because = because;
  d.settling = false;
  d.judge.reset();
  d.kept.reset();
  d.receipt.verdict_at = t.wall;
  if (d.moved_traffic || find_copy(t.site, d.candidate) != nullptr) {
    t.story(d, "deployment.rolling_back", because);
  }
  keep_instances(t, d.stable);
  enter(t, after(d, BackPhase::none));
}

void drive_back(Turn& t) {
  while (t.site.live && is_going_back(*t.site.live) && is_over(t.site, *t.site.live)) leave(t);
}

void back_failed(Turn& t, const std::string& text) {
  Deployment& d = *t.site.live;
  const Duration wait = std::min(kRetrySlowest, kRetryFirst * (1 << std::min(d.back_tries, 8)));
  t.abandon([&](const Awaited& a) { return a.number == d.number; });
  d.state = State::rollback_failed;
  d.deadline = kNever;
  ++d.back_tries;
  d.back_retry_at = t.at + wait;
  const Because because = why(codes::kRollbackFailed, {{"phase", word(d.back)},
                                                       {"text", text},
                                                       {"tries", fmt::format("{}", d.back_tries)},
                                                       {"seconds", seconds(wait)}});
  t.story(d, "deployment.rollback_failed", because);
  t.tell(because, fmt::format("{}-{}: the rollback failed ({}: {}); next try in {} s",
                              t.site.id.name(), d.number, word(d.back), text, seconds(wait)));
}

void back_retry_due(Turn& t) {
  Deployment& d = *t.site.live;
  d.back_retry_at = kNever;
  t.story(d, "deployment.rolling_back",
          why(codes::kRollbackRetry,
              {{"phase", word(d.back)}, {"tries", fmt::format("{}", d.back_tries)}}));
  enter(t, d.back);
}

void back_deadline_due(Turn& t) {
  Deployment& d = *t.site.live;
  if (d.back == BackPhase::restore && ready_in(t.site, d.stable) > 0) {
    // Enough to serve; the site itself brings back the rest.
    t.tell(why(codes::kRestoreStable, {{"version", d.plan.from.version}, {"wanted", ""}}),
           fmt::format("{}-{}: {} serves with fewer instances than wanted", t.site.id.name(),
                       d.number, d.plan.from.version));
    return leave(t);
  }
  back_failed(t, d.back == BackPhase::restore ? "stable did not become healthy in time"
                                              : "the candidate could not be removed in time");
}

void back_shifted(Turn& t) {
  Deployment& d = *t.site.live;
  d.measured = "read_back";
  if (d.back != BackPhase::shift && d.back != BackPhase::reshift) return;
  if (d.receipt.traffic_back < d.receipt.verdict_at) d.receipt.traffic_back = t.wall;
  t.story(d, "deployment.shifted",
          why(codes::kShifted,
              {{"weight", "0"}, {"measured", "read_back"}, {"share", ""}, {"text", ""}}));
  leave(t);
}

bool aim_back(Turn& t, const std::string& version) {
  Deployment& d = *t.site.live;
  std::uint32_t target = 0;
  for (const auto& [number, copy] : t.site.copies) {
    const bool fits = number != d.candidate && copy.release.version == version;
    if (fits) target = number;
  }
  for (auto past = t.site.past.rbegin(); target == 0 && past != t.site.past.rend(); ++past) {
    const int slot = free_slot(t.site);
    const bool fits = past->release.version == version && past->number != d.candidate;
    if (!fits || slot < 0) continue;
    target = past->number;
    t.site.copies[target] = {
        .number = target, .release = past->release, .spec = past->spec, .slot = slot};
  }
  if (target == 0) return false;
  t.abandon([&](const Awaited& a) { return a.number == d.number; });
  d.stable = target;
  d.back_tries = 0;
  d.back_retry_at = kNever;
  d.state = State::rolling_back;
  keep_instances(t, target);
  enter(t, after(d, BackPhase::none));
  return true;
}

}  // namespace slipway::engine
