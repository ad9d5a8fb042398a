#include "engine/timers.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "engine/answers.h"
#include "engine/asked.h"
#include "engine/census.h"
#include "engine/engine.h"
#include "engine/instances.h"
#include "engine/requests.h"
#include "engine/steps.h"
#include "engine/way_back.h"

namespace slipway::engine {

namespace {

constexpr Duration kLookAgain = std::chrono::seconds(1);  // after a verdict that named no time

bool has_running_step(const Deployment& d) {
  return d.planned && !d.settling && d.step < d.progress.size() &&
         d.progress[d.step].state == StepState::running;
}

Instant next_of(const Awaited& a) { return a.retry_at != kNever ? a.retry_at : a.deadline; }

Instant next_verdict(const Site& site, const Deployment& d) {
  if (!d.judge || !has_running_step(d)) return kNever;
  Instant next = d.verdicts.empty() ? kNever : d.verdicts.back().verdict.next;
  if (next <= site.now) next = site.now + kLookAgain;
  const bool forward = d.state == State::running;
  return forward ? std::min(next, std::max(d.judge->deadline, site.now)) : next;
}

void live_due(Turn& t) {
  const std::uint32_t number = t.site.live->number;
  const auto is_same = [&] { return t.site.live && t.site.live->number == number; };
  if (t.site.live->deadline <= t.at) state_deadline_due(t);
  if (is_same() && t.site.live->back_retry_at <= t.at) back_retry_due(t);
  if (!is_same() || t.site.live->state != State::running) return;
  const Deployment& d = *t.site.live;
  if (!has_running_step(d) || is_current_step(d, Verb::gate)) return;
  if (d.progress[d.step].deadline <= t.at) step_deadline_due(t);
}

// Nobody watched for so long: what runs out while one watches has as much time left as before.
void move_deadlines(Deployment& d, Duration away, Instant now) {
  if (d.deadline != kNever) d.deadline += away;
  if (d.state == State::paused) d.paused_at += away;
  for (StepProgress& p : d.progress.edit()) {
    if (p.deadline != kNever) p.deadline += away;
  }
  if (d.judge) d.judge->unobserved(away, now);
  if (d.kept) d.kept->unobserved(away, now);
  d.receipt.unobserved += away;
}

bool awaits_start(const Site& site, std::uint32_t instance) {
  return std::any_of(site.awaiting.begin(), site.awaiting.end(), [&](const Awaited& a) {
    const auto* start = std::get_if<StartInstance>(&a.command);
    return start != nullptr && start->instance == instance;
  });
}

void adopt_instances(Turn& t, const Because& because) {
  for (const auto& [id, i] : t.site.instances) {
    if (i.phase == InstancePhase::stopping || i.phase == InstancePhase::crashed) continue;
    // One that is drained is watched, too: a rollback may keep it, and must know that it lives.
    if ((i.phase == InstancePhase::draining && i.port == 0) || awaits_start(t.site, id)) continue;
    const Copy* copy = find_copy(t.site, i.copy);
    t.issue(StartInstance{id, copy->release.version, copy->spec}, 0, kStartWithin, because);
  }
}

// What is to be counted is counted by who watches from now on: asked for behind the watch, since
// one that comes before it finds nothing, and the watch would outlive the deployment.
void count_anew(Turn& t, const Because& because) {
  for (Awaited& a : t.site.awaiting) {
    const bool counts = std::holds_alternative<Count>(a.command) && a.retry_at == kNever;
    if (counts && a.number == t.site.live->number) t.give_anew(a, a.deadline - t.at, because);
  }
}

// A request that was being compiled when the agent ended: what was observed for it is gone.
void compile_anew(Turn& t, Boxed<Deployment>& place) {
  if (!place || place->state != State::looking) return;
  const bool looks =
      std::any_of(t.site.awaiting.begin(), t.site.awaiting.end(), [&](const Awaited& a) {
        return a.number == place->number && std::holds_alternative<Look>(a.command);
      });
  if (!looks) look_anew(t, *place);
}

}  // namespace

void on(Turn& t, const Due&) {
  deadlines_due(t);
  retries_due(t);
  restart_due(t);
  end_warm_due(t);
  if (t.site.live) live_due(t);
  if (t.site.queued && t.site.queued->deadline <= t.at) {
    look_failed(t, t.site.queued->number, "no plan was made in time; ask again");
  }
  const bool idle = t.given.empty();
  if (t.site.down && idle) {
    t.route_changed(why(codes::kSiteDown, {{"version", version_of(t.site, t.site.serving)}}));
  }
}

void on(Turn& t, const Resumed& e) {
  const Because because = why(codes::kResumed, {{"seconds", seconds(e.away)}});
  for (Awaited& a : t.site.awaiting) {
    if (a.deadline != kNever) a.deadline += e.away;
  }
  // What the proxy took out itself is told anew by who watches from now on.
  for (auto& [id, i] : t.site.instances) i.ejected = false;
  if (t.site.live) move_deadlines(*t.site.live, e.away, t.at);
  if (t.site.queued) move_deadlines(*t.site.queued, e.away, t.at);
  adopt_instances(t, because);
  if (!t.site.copies.empty()) t.route_changed(because);
  if (t.site.live && is_watched(*t.site.live)) {
    const Deployment& d = *t.site.live;
    watch_rows(t, d.stable == 0 || (d.judge && analysis::is_alone(d.judge->charge)), because);
    count_anew(t, because);
  }
  compile_anew(t, t.site.live);
  compile_anew(t, t.site.queued);
}

void on(Turn& t, const DiskCritical& e) {
  if (t.site.disk_critical == e.critical) return;
  t.site.disk_critical = e.critical;
  const Because because = why(e.critical ? codes::kDiskCritical : codes::kDiskFreed);
  t.live_story("deployment.waiting", because);
  const bool held = t.site.live && t.site.live->state == State::running;
  if (held && !e.critical) t.site.live->deadline = kNever;
}

void on(Turn& t, const Quarantined& e) {
  t.site.quarantine = e.invariant;
  const Because because = why(codes::kQuarantined, {{"invariant", e.invariant}});
  t.live_story("deployment.waiting", because);
  t.tell(because,
         fmt::format("{}: a rule of the engine was about to be broken; traffic stays where "
                     "it is until a person acts: {}",
                     t.site.id.name(), e.invariant));
}

Instant next_due_of(const Site& site, const Deployment& d) {
  Instant next = std::min({d.deadline, d.back_retry_at, next_verdict(site, d)});
  if (d.state == State::running && has_running_step(d)) {
    next = std::min(next, d.progress[d.step].deadline);
  }
  for (const Awaited& a : site.awaiting) {
    if (a.number == d.number) next = std::min(next, next_of(a));
  }
  return next;
}

Instant next_due(const Site& site) {
  if (!site.quarantine.empty()) return kNever;
  Instant next = kNever;
  for (const Awaited& a : site.awaiting) next = std::min(next, next_of(a));
  for (const auto& [id, i] : site.instances) {
    const Copy* copy = find_copy(site, i.copy);
    const bool restarts = i.phase == InstancePhase::crashed && copy != nullptr && !copy->retiring;
    if (restarts) next = std::min(next, i.restart_at);
  }
  for (const auto& [number, copy] : site.copies) {
    if (!copy.retiring && !is_kept_by_live(site, copy)) next = std::min(next, copy.warm_until);
  }
  if (site.live) next = std::min(next, next_due_of(site, *site.live));
  if (site.queued) next = std::min(next, next_due_of(site, *site.queued));
  if (site.down) next = std::min(next, site.now + kLookAgainWhenDown);
  return next;
}

}  // namespace slipway::engine
