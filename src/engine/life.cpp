// The site's own life: what it does about its instances while nobody deploys, and beside it.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "engine/census.h"
#include "engine/instances.h"
#include "engine/steps.h"
#include "engine/way_back.h"

namespace slipway::engine {

namespace {

constexpr Duration kShiftWithin = std::chrono::seconds(30);
constexpr Duration kRestartFirst = std::chrono::seconds(1);
constexpr Duration kRestartSlowest = std::chrono::seconds(60);
constexpr Duration kHealthForgets = std::chrono::seconds(60);  // after it restarts count anew

Duration backoff(int restarts) {
  const int doubled = std::min(restarts, 10);
  return std::min(kRestartSlowest, kRestartFirst * (1 << doubled));
}

void crashed(Turn& t, Instance& i, const Because& because) {
  if (i.phase == InstancePhase::ready && t.at - i.since >= kHealthForgets) i.restarts = 0;
  const bool routed = i.port != 0;
  i.phase = InstancePhase::crashed;
  i.since = t.at;
  i.healthy = false;
  i.admitted = false;
  i.ejected = false;
  i.ending = false;
  i.pid = 0;
  i.port = 0;
  i.restart_at = t.at + backoff(i.restarts++);
  // The process was there and is gone: no answer about its start can bring anything.
  std::erase_if(t.site.awaiting, [&](const Awaited& a) {
    const auto* start = std::get_if<StartInstance>(&a.command);
    return start != nullptr && start->instance == i.id;
  });
  if (routed) t.route_changed(because);
}

// Not kept by anyone: no deployment, no warmth, no traffic.
bool is_unwanted(const Site& site, const Copy& copy) {
  if (copy.retiring || copy.number == site.serving || copy.weight > 0) return false;
  if (copy.warm_until != kNever) return false;
  return !site.live || (copy.number != site.live->stable && copy.number != site.live->candidate);
}

// Nobody has the traffic, because a rollback was ended by a person between two weights: what serves
// gets it as soon as it can.
void give_traffic(Turn& t) {
  Site& site = t.site;
  const Copy* serving = find_copy(site, site.serving);
  if (site.live || serving == nullptr || ready_in(site, site.serving) == 0) return;
  for (const auto& [number, copy] : site.copies) {
    if (copy.weight > 0) return;
  }
  set_weights(t, site.serving, limits::kWeightSum, 0);
  t.issue(Shift{{}, false}, 0, kShiftWithin,
          why(codes::kTrafficFirst, {{"to", serving->release.version}}));
}

// A copy that was started while all slots were taken gets the first that is free. True: it did.
bool give_slot(Turn& t) {
  for (auto& [number, copy] : t.site.copies) {
    if (copy.slot >= 0 || copy.retiring) continue;
    copy.slot = free_slot(t.site);
    if (copy.slot < 0) return false;
    t.route_changed(why(codes::kRouteChanged));
    return true;
  }
  return false;
}

// While a deployment lives its steps, or its way back, let go in their time what its platform is
// about to end. Else others take the place first, and then it goes, drained.
void let_go(Turn& t) {
  if (t.site.live && t.site.live->planned) return;
  for (const auto& [number, copy] : t.site.copies) {
    std::vector<std::uint32_t> ending;
    for (const std::uint32_t id : instances_of(t.site, number)) {
      const Instance& i = t.site.instances.at(id);
      if (i.ending && !is_leaving(i)) ending.push_back(id);
    }
    if (ending.empty() || copy.retiring) continue;
    const Because because =
        why(codes::kInstanceLeaving, {{"instance", fmt::format("{}", ending.front())},
                                      {"version", copy.release.version},
                                      {"text", ""}});
    const int wanted = std::max(1, copy.wanted);
    while (staying_in(t.site, number) < wanted) {
      start_instance(t, number, 0, kStartWithin, because);
    }
    if (staying_ready_in(t.site, number) >= wanted) remove_instances(t, ending, because);
  }
}

void watch_over(Turn& t) {
  Site& site = t.site;
  bool serves = false;
  bool healthy = false;
  for (const auto& [number, copy] : site.copies) {
    if (copy.weight == 0) continue;
    serves |= copy.proven;
    healthy |= ready_in(site, number) > 0;
  }
  const bool down = serves && !healthy;
  if (down == site.down) return;
  site.down = down;
  // A plan without a floor said beforehand that there is a gap.
  if (site.live && site.live->planned && site.live->plan.floor == 0) return;
  const std::string version = version_of(site, site.serving);
  const Because because = why(down ? codes::kSiteDown : codes::kSiteUp, {{"version", version}});
  t.tell(because, down ? fmt::format("{}: no healthy instance is left; weights stay as they are",
                                     site.id.name())
                       : fmt::format("{}: an instance is healthy again", site.id.name()));
}

}  // namespace

void start_failed(Turn& t, const StartInstance& command, const Failed& failed) {
  const auto found = t.site.instances.find(command.instance);
  if (found == t.site.instances.end()) {
    return remove_straggler(t, command);  // it may have been started all the same
  }
  Instance& i = found->second;
  if (is_leaving(i)) return;
  i.trouble = failed.error.text;
  i.tail = failed.tail;
  const Because because = why(codes::kStartFailed, {{"instance", fmt::format("{}", i.id)},
                                                    {"version", version_of(t.site, i)},
                                                    {"text", i.trouble},
                                                    {"tail", joined(i.tail)}});
  crashed(t, i, because);
  candidate_hurt(t, i, because);
}

void on(Turn& t, const HealthChanged& e) {
  const auto found = t.site.instances.find(e.instance);
  if (found == t.site.instances.end()) return;
  Instance& i = found->second;
  if (i.phase == InstancePhase::crashed || i.phase == InstancePhase::stopping) return;
  const bool changed = i.healthy != e.healthy;
  i.healthy = e.healthy;
  i.trouble = e.healthy ? "" : e.text;
  if (!changed || i.phase == InstancePhase::draining) return;
  const Because because = why(e.healthy ? codes::kInstanceHealthy : codes::kInstanceUnhealthy,
                              {{"instance", fmt::format("{}", i.id)},
                               {"version", version_of(t.site, i)},
                               {"text", e.text}});
  if (i.port != 0) t.route_changed(because);
  if (e.healthy) return count_ahead(t);
  const bool was_ready = i.phase == InstancePhase::ready;
  i.phase = InstancePhase::unhealthy;
  i.since = t.at;
  t.live_story("instance.unhealthy", because);
  // Out, unless it is the last of its copy: then it stays in.
  bool others = false;
  for (const std::uint32_t id : instances_of(t.site, i.copy)) {
    const Instance& other = t.site.instances.at(id);
    others |= id != i.id && other.healthy && !is_leaving(other);
  }
  if (others) i.admitted = false;
  // One that was never ready has until the end of its step.
  if (was_ready) candidate_hurt(t, i, because);
}

void on(Turn& t, const Exited& e) {
  const auto found = t.site.instances.find(e.instance);
  if (found == t.site.instances.end()) return;
  Instance& i = found->second;
  i.tail = e.tail;
  if (i.tail.size() > limits::kTailLines) {
    i.tail.erase(i.tail.begin(), i.tail.end() - static_cast<std::ptrdiff_t>(limits::kTailLines));
  }
  if (is_leaving(i)) {
    // Its drain and its stop find nothing left; who wants to keep it has to start it again.
    i.healthy = i.admitted = i.ejected = false;
    i.pid = 0;
    i.port = 0;
    return;
  }
  i.trouble = e.status < 0 ? fmt::format("killed by signal {}", -e.status)
                           : fmt::format("exited with status {}", e.status);
  const Because because = why(codes::kInstanceExited, {{"instance", fmt::format("{}", i.id)},
                                                       {"version", version_of(t.site, i)},
                                                       {"status", fmt::format("{}", e.status)},
                                                       {"tail", joined(i.tail)}});
  crashed(t, i, because);
  t.live_story("instance.unhealthy", because);
  candidate_hurt(t, i, because);
}

void on(Turn& t, const Ejected& e) {
  const auto found = t.site.instances.find(e.instance);
  if (found == t.site.instances.end()) return;
  Instance& i = found->second;
  i.ejected = e.out;
  t.live_story(e.out ? "instance.ejected" : "instance.returned",
               why(e.out ? codes::kInstanceEjected : codes::kInstanceReturned,
                   {{"instance", fmt::format("{}", i.id)},
                    {"version", version_of(t.site, i)},
                    {"text", e.text}}));
}

void on(Turn& t, const Leaving& e) {
  const auto found = t.site.instances.find(e.instance);
  if (found == t.site.instances.end() || found->second.ending || is_leaving(found->second)) return;
  Instance& i = found->second;
  i.ending = true;
  const Because because = why(codes::kInstanceLeaving, {{"instance", fmt::format("{}", i.id)},
                                                        {"version", version_of(t.site, i)},
                                                        {"text", e.text}});
  t.live_story("instance.leaving", because);
  candidate_hurt(t, i, because);
  stable_leaves(t, i);
}

void restart_due(Turn& t) {
  for (auto& [id, i] : t.site.instances) {
    if (i.phase != InstancePhase::crashed || i.restart_at > t.at) continue;
    const Copy* copy = find_copy(t.site, i.copy);
    if (copy == nullptr || copy->retiring) continue;
    i.phase = InstancePhase::starting;
    i.since = t.at;
    i.restart_at = kNever;
    t.issue(StartInstance{id, copy->release.version, copy->spec}, 0, kStartWithin,
            why(codes::kInstanceRestart, {{"instance", fmt::format("{}", id)},
                                          {"version", copy->release.version},
                                          {"restarts", fmt::format("{}", i.restarts)}}));
  }
}

// What a deployment goes back to or reuses stays; so does one whose name the rows share.
bool is_kept_by_live(const Site& site, const Copy& copy) {
  if (!site.live || !site.live->planned) return false;
  const Deployment& d = *site.live;
  return copy.number == d.stable || copy.number == d.candidate ||
         copy.release.version == d.plan.to.version;
}

void end_warm_due(Turn& t) {
  for (auto& [number, copy] : t.site.copies) {
    if (copy.warm_until > t.at || copy.retiring || is_kept_by_live(t.site, copy)) continue;
    if (is_last_healthy(t.site, number)) {
      copy.warm_until = t.at + kLookAgainWhenDown;
      continue;
    }
    retire_copy(t, number, why(codes::kWarmEnded, {{"version", copy.release.version}}));
  }
}

bool tend(Turn& t) {
  bool changed = false;
  std::vector<std::uint32_t> numbers;
  for (const auto& [number, copy] : t.site.copies) numbers.push_back(number);
  for (const std::uint32_t number : numbers) {
    const Copy& copy = t.site.copies.at(number);
    const bool unwanted = is_unwanted(t.site, copy) && !is_last_healthy(t.site, number);
    if (!unwanted && !copy.retiring) continue;
    const Because because = why(codes::kNotWanted, {{"version", copy.release.version}});
    if (unwanted) {
      retire_copy(t, number, because);
      changed = true;
    }
    if (!copy.retiring || !instances_of(t.site, number).empty()) continue;
    t.site.copies.erase(number);
    t.route_changed(because);
    changed = true;
  }
  changed |= give_slot(t);
  let_go(t);
  give_traffic(t);
  watch_over(t);
  return changed;
}

}  // namespace slipway::engine
