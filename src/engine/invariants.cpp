// The eight invariants of the design page, as far as they speak of state and commands. Number 6
// (no effect before its record is durable) is the shell's; here its half is checked that every
// effect has an entry in the state that is recorded. Number 8 is kept by the types: specifications
// carry references to secrets and nothing else.
#include <algorithm>
#include <numeric>

#include "base/check.h"
#include "base/limits.h"
#include "engine/census.h"
#include "engine/engine.h"
#include "engine/timers.h"

namespace slipway::engine {

namespace {

struct Turned {
  const Standing& before;
  const Site& after;
  const std::vector<Given>& given;
};

using Here = Standing::Here;

std::int32_t weight_before(const Turned& s, std::uint32_t copy) {
  const auto found = std::ranges::find(s.before.copies, copy, &Standing::Weighed::number);
  return found == s.before.copies.end() ? 0 : found->weight;
}

const Here* here_before(const Turned& s, std::uint32_t instance) {
  const auto found = std::ranges::find(s.before.instances, instance, &Here::id);
  return found == s.before.instances.end() ? nullptr : &*found;
}

bool weights_stay(const Turned& s) {
  const auto weight_now = [&](std::uint32_t copy) {
    const Copy* now = find_copy(s.after, copy);
    return now == nullptr ? 0 : now->weight;
  };
  return std::ranges::all_of(s.after.copies,
                             [&](const auto& entry) {
                               return entry.second.weight == weight_before(s, entry.first);
                             }) &&
         std::ranges::all_of(s.before.copies, [&](const Standing::Weighed& copy) {
           return copy.weight == weight_now(copy.number);
         });
}

bool was_proven(const Turned& s, std::uint32_t copy) {
  return std::ranges::any_of(s.before.instances,
                             [&](const Here& i) { return i.ready && i.copy == copy; }) ||
         ready_in(s.after, copy) > 0;
}

void shifts_name_healthy_releases(const Turned& s) {
  for (const Given& g : s.given) {
    const auto* shift = std::get_if<Shift>(&g.command);
    if (shift == nullptr) continue;
    const std::int32_t sum = std::accumulate(
        shift->route.slots.begin(), shift->route.slots.end(), 0,
        [](std::int32_t total, const RouteSlot& slot) { return total + slot.weight; });
    CHECK(sum == limits::kWeightSum, "invariant 1: the weights of a shift sum to {}, not 10,000",
          sum);
    if (weights_stay(s)) continue;  // the same again
    for (const RouteSlot& slot : shift->route.slots) {
      CHECK(slot.weight == 0 || was_proven(s, slot.copy),
            "invariant 1: a shift gives {} basis points to {}, which has no healthy instance",
            slot.weight, slot.version);
    }
  }
}

void only_shifts_move_traffic(const Turned& s) {
  const bool shifts = std::any_of(s.given.begin(), s.given.end(), [](const Given& g) {
    return std::holds_alternative<Shift>(g.command);
  });
  const bool same = std::ranges::all_of(s.after.copies, [&](const auto& entry) {
    return entry.second.weight == weight_before(s, entry.first);
  });
  CHECK(shifts || same, "invariant 2: weights changed without a shift");
  if (s.given.empty()) return;  // the router is told nothing
  const Route route = route_of(s.after);
  if (route.fallback < 0) return;
  const bool to_stable =
      std::any_of(route.slots.begin(), route.slots.end(), [&](const RouteSlot& slot) {
        return slot.slot == route.fallback && s.after.live && slot.copy == s.after.live->stable &&
               slot.copy != s.after.live->candidate;
      });
  CHECK(to_stable, "invariant 2: the router would fail over to something else than stable");
}

// Capacity that came in this turn: it may be what makes others dispensable.
int became_ready(const Turned& s) {
  return static_cast<int>(
      std::count_if(s.after.instances.begin(), s.after.instances.end(), [&](const auto& entry) {
        const Here* was = here_before(s, entry.first);
        const Copy* copy = find_copy(s.after, entry.second.copy);
        return (was == nullptr || !was->ready) && is_ready(entry.second) && copy != nullptr &&
               copy->weight > 0;
      }));
}

// Capacity that this turn takes away itself: drained, or without weight by a shift forward.
void capacity_stays(const Turned& s) {
  if (s.before.floor < 0) return;
  const bool rescues =
      s.before.back || (s.after.live && s.after.live->state == State::rolling_back);
  int drained = 0;
  int drained_anywhere = 0;
  for (const Given& g : s.given) {
    const auto* drain = std::get_if<Drain>(&g.command);
    if (drain == nullptr || g.attempt > 1) continue;
    for (const std::uint32_t id : drain->instances) {
      const Here* was = here_before(s, id);
      const auto now = s.after.instances.find(id);
      if (was == nullptr || !was->ready) continue;
      if (now == s.after.instances.end() || !now->second.healthy) continue;
      ++drained_anywhere;
      const Copy* copy = find_copy(s.after, was->copy);
      drained += weight_before(s, was->copy) > 0 && copy != nullptr && copy->weight > 0 ? 1 : 0;
    }
  }
  int now = 0;  // capacity() of before
  int anywhere = 0;
  for (const Here& i : s.before.instances) {
    anywhere += i.ready ? 1 : 0;
    now += i.ready && weight_before(s, i.copy) > 0 ? 1 : 0;
  }
  const int left = now - drained + became_ready(s);
  CHECK(drained == 0 || rescues || left >= std::min(now, s.before.floor),
        "invariant 3: {} of {} healthy instances are drained, and the floor is {}", drained, now,
        s.before.floor);
  CHECK(drained_anywhere == 0 || s.before.gap_was_said || s.before.stable == 0 ||
            anywhere - drained_anywhere > 0 || ready_anywhere(s.after) > 0,
        "invariant 3: the last healthy copy is retired");
}

void drained_before_stopped(const Turned& s) {
  for (const Given& g : s.given) {
    const auto* stop = std::get_if<StopInstance>(&g.command);
    if (stop == nullptr) continue;
    const Here* was = here_before(s, stop->instance);
    if (was == nullptr) continue;  // a straggler
    const auto now = s.after.instances.find(stop->instance);
    const bool died = now != s.after.instances.end() && now->second.port == 0;
    CHECK(was->leaving || !was->admitted || died,
          "invariant 3: instance {} is stopped before it was drained", was->id);
  }
}

void live_has_a_next_event(const Turned& s) {
  if (!s.after.quarantine.empty()) return;  // a person was called
  for (const auto* place : {&s.after.live, &s.after.queued}) {
    if (!*place) continue;
    const Deployment& d = **place;
    CHECK(!ended(d.state), "invariant 4: deployment {} is {} and still live", d.number,
          word(d.state));
    // One that waits for another has that one's timers.
    const bool waits = place == &s.after.queued && d.state == State::queued && s.after.live;
    const bool removing = d.back == BackPhase::remove || d.back == BackPhase::restore;
    CHECK(waits || next_due_of(s.after, d) != kNever || (removing && next_due(s.after) != kNever),
          "invariant 4: deployment {} is {} and waits for nothing that has an end", d.number,
          word(d.state));
  }
  CHECK(!s.after.down || next_due(s.after) != kNever,
        "invariant 4: the site is down and has no timer");
}

void the_way_back_stays(const Turned& s) {
  if (!s.after.live || !s.after.live->planned || s.after.live->stable == 0) return;
  const Deployment& d = *s.after.live;
  if (d.state == State::looking) return;
  CHECK(find_copy(s.after, d.stable) != nullptr ||
            std::ranges::find(s.before.copies, d.stable, &Standing::Weighed::number) ==
                s.before.copies.end(),
        "invariant 5: {} was forgotten while deployment {} may have to go back to it",
        d.plan.from.version, d.number);
}

void effects_are_in_the_state(const Turned& s) {
  for (const Given& g : s.given) {
    if (g.id == 0) continue;
    const bool stands = std::holds_alternative<Watch>(g.command) ||
                        std::any_of(s.after.awaiting.begin(), s.after.awaiting.end(),
                                    [&](const Awaited& a) { return a.id == g.id; });
    CHECK(stands, "invariant 6: command {} ({}) is not in the state that is recorded", g.id,
          word(g.command));
    CHECK(g.id < s.after.next_command, "invariant 6: command {} has an id of the future", g.id);
    CHECK(!g.because.code.empty(), "command {} ({}) has no reason", g.id, word(g.command));
  }
}

void one_is_live(const Turned& s) {
  if (!s.after.queued) return;
  CHECK(s.after.live.has_value(), "invariant 7: one deployment waits although none is live");
  CHECK(s.after.queued->number != s.after.live->number, "invariant 7: deployment {} is there twice",
        s.after.live->number);
  CHECK(s.after.queued->state == State::queued || s.after.queued->state == State::looking,
        "invariant 7: deployment {} moves although another is live", s.after.queued->number);
}

}  // namespace

Standing standing_of(const Site& site) {
  Standing now;
  now.instances.reserve(site.instances.size());
  for (const auto& [id, i] : site.instances)
    now.instances.push_back({id, i.copy, is_ready(i), is_leaving(i), i.admitted});
  now.copies.reserve(site.copies.size());
  for (const auto& [number, copy] : site.copies) now.copies.push_back({number, copy.weight});
  if (!site.live || !site.live->planned) return now;
  const Deployment& d = *site.live;
  now.stable = d.stable;
  now.floor = d.plan.floor;
  now.back = d.state == State::rolling_back || d.state == State::rollback_failed;
  now.gap_was_said = d.plan.floor == 0 && d.plan.strategy == Strategy::recreate;
  return now;
}

void check_invariants(const Standing& before, const Site& after, const std::vector<Given>& given) {
  const Turned s{before, after, given};
  shifts_name_healthy_releases(s);
  only_shifts_move_traffic(s);
  capacity_stays(s);
  drained_before_stopped(s);
  live_has_a_next_event(s);
  the_way_back_stays(s);
  effects_are_in_the_state(s);
  one_is_live(s);
}

}  // namespace slipway::engine
