#include "engine/instances.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/limits.h"
#include "engine/census.h"

namespace slipway::engine {

namespace {

Because about(const Turn& t, const char* code, const Instance& i) {
  return why(code, {{"instance", fmt::format("{}", i.id)}, {"version", version_of(t.site, i)}});
}

void enter(Turn& t, Instance& i, InstancePhase phase) {
  i.phase = phase;
  i.since = t.at;
}

void stop_instance(Turn& t, Instance& i, const Because& because) {
  const Copy* copy = find_copy(t.site, i.copy);
  CHECK(copy != nullptr, "instance {} belongs to no copy", i.id);
  enter(t, i, InstancePhase::stopping);
  i.admitted = false;
  i.restart_at = kNever;
  t.issue(StopInstance{i.id, copy->spec->stop_signal, copy->spec->drain, copy->spec->where}, 0,
          copy->spec->drain + kStopMargin, because);
}

// It may have got requests: the router was told that it is ready, or says so itself.
bool may_have_connections(const Instance& i) {
  return i.port != 0 && (i.healthy || i.admitted || i.phase == InstancePhase::unhealthy);
}

}  // namespace

void start_instance(Turn& t, std::uint32_t number, std::uint32_t deployment, Duration within,
                    const Because& because) {
  const Copy* copy = find_copy(t.site, number);
  CHECK(copy != nullptr, "copy {} is not there", number);
  const std::uint32_t id = t.site.next_instance++;
  t.site.instances[id] = {
      .id = id, .copy = number, .index = free_index(t.site, number), .since = t.at};
  StartInstance start{id, copy->release.version, copy->spec, true};
  // Outside a plan nobody judges batches: all at once.
  if (deployment == 0 && start.spec->container.rolled > 0)
    start.spec.edit().container.rolled = std::max(1, copy->wanted);
  t.issue(std::move(start), deployment, within, because);
}

void hand_back(Turn& t, std::uint32_t number, const Because& because) {
  const Copy* copy = find_copy(t.site, number);
  if (copy == nullptr || copy->spec->container.rolled == 0) return;
  for (const std::uint32_t id : instances_of(t.site, number)) {
    const Instance& i = t.site.instances.at(id);
    if (i.port == 0 || i.ending || is_leaving(i)) continue;
    StartInstance back{id, copy->release.version, copy->spec, true};
    back.spec.edit().container.rolled = std::max(1, copy->wanted);
    t.issue(std::move(back), 0, kStartWithin, because);
    return;
  }
}

void remove_instances(Turn& t, const std::vector<std::uint32_t>& ids, const Because& because) {
  std::vector<std::uint32_t> busy;
  std::uint32_t number = 0;
  for (const std::uint32_t id : ids) {
    Instance& i = t.site.instances.at(id);
    if (is_leaving(i)) continue;
    i.restart_at = kNever;
    if (!may_have_connections(i)) {
      stop_instance(t, i, because);
      continue;
    }
    number = i.copy;
    enter(t, i, InstancePhase::draining);
    busy.push_back(id);
    t.live_story("instance.draining", about(t, codes::kDraining, i));
  }
  if (busy.empty()) return;
  const Duration grace = find_copy(t.site, number)->spec->drain;
  t.issue(Drain{{}, busy, grace}, 0, grace + kStopMargin, because);
}

void retire_copy(Turn& t, std::uint32_t number, const Because& because) {
  Copy* copy = find_copy(t.site, number);
  if (copy == nullptr || copy->retiring) return;
  copy->retiring = true;
  copy->wanted = 0;
  copy->warm_until = kNever;
  remove_instances(t, instances_of(t.site, number), because);
}

void keep_instances(Turn& t, std::uint32_t number) {
  Copy* copy = find_copy(t.site, number);
  if (copy == nullptr) return;
  copy->retiring = false;
  copy->warm_until = kNever;
  std::vector<std::uint32_t> kept;
  for (const std::uint32_t id : instances_of(t.site, number)) {
    Instance& i = t.site.instances.at(id);
    if (i.phase != InstancePhase::draining) continue;
    kept.push_back(id);
    i.admitted = i.healthy;
    if (i.port == 0) {  // it ended while it was drained
      enter(t, i, InstancePhase::crashed);
      i.restart_at = t.at;
      continue;
    }
    enter(t, i, i.healthy ? InstancePhase::ready : InstancePhase::unhealthy);
  }
  if (kept.empty()) return;
  t.abandon([&](const Awaited& a) {
    const auto* drain = std::get_if<Drain>(&a.command);
    return drain != nullptr && std::find(drain->instances.begin(), drain->instances.end(),
                                         kept.front()) != drain->instances.end();
  });
  t.route_changed(why(codes::kTrafficFirst, {{"to", copy->release.version}}));
}

void remove_straggler(Turn& t, const StartInstance& command) {
  t.issue(StopInstance{command.instance, command.spec->stop_signal, command.spec->drain,
                       command.spec->where},
          0, command.spec->drain + kStopMargin,
          why(codes::kStraggler, {{"instance", fmt::format("{}", command.instance)}}));
}

void started(Turn& t, const StartInstance& command, const Observed& seen) {
  const auto found = t.site.instances.find(command.instance);
  const bool wanted =
      found != t.site.instances.end() && found->second.phase != InstancePhase::stopping;
  if (!wanted) return remove_straggler(t, command);
  Instance& i = found->second;
  const bool moved = i.port != seen.port;
  i.port = seen.port;
  i.pid = seen.pid;
  Because because = about(t, codes::kInstanceStarted, i);
  because.values.emplace_back("port", fmt::format("{}", i.port));
  // The proxy gets to know it while it warms up: once it is healthy little is left to be done.
  if (moved) t.route_changed(because);
  if (moved) t.live_story("instance.started", std::move(because));
}

void stopped(Turn& t, const StopInstance& command) {
  const auto found = t.site.instances.find(command.instance);
  if (found == t.site.instances.end()) return;  // a straggler was removed
  if (found->second.phase != InstancePhase::stopping) return;
  t.live_story("instance.stopped", about(t, codes::kInstanceStopped, found->second));
  t.site.instances.erase(found);
}

void drained(Turn& t, const Drain& command, const Observed& seen) {
  if (t.site.live) {
    Receipt& receipt = t.site.live->receipt;
    receipt.drained += seen.drained;
    receipt.cut += seen.cut;
    receipt.caused_direct += seen.cut;
  }
  for (const std::uint32_t id : command.instances) {
    const auto found = t.site.instances.find(id);
    if (found == t.site.instances.end()) continue;
    Instance& i = found->second;
    if (i.phase == InstancePhase::draining) stop_instance(t, i, about(t, codes::kDraining, i));
  }
}

void admitted(Turn& t, const Route& route) {
  for (const RouteSlot& slot : route.slots) {
    for (const RouteServer& server : slot.servers) {
      const auto found = t.site.instances.find(server.instance);
      if (!server.ready || found == t.site.instances.end()) continue;
      Instance& i = found->second;
      const bool waits = i.phase == InstancePhase::starting || i.phase == InstancePhase::unhealthy;
      if (!waits || !i.healthy) continue;
      enter(t, i, InstancePhase::ready);
      i.admitted = true;
      i.trouble.clear();
      if (Copy* copy = find_copy(t.site, i.copy)) copy->proven = true;
      t.live_story("instance.healthy", about(t, codes::kInstanceHealthy, i));
    }
  }
}

void end_older_warm(Turn& t, std::uint32_t newest) {
  for (auto& [number, copy] : t.site.copies) {
    if (number == newest || copy.warm_until == kNever || copy.retiring) continue;
    if (is_kept_by_live(t.site, copy) || is_last_healthy(t.site, number)) continue;
    retire_copy(t, number, why(codes::kSlotNeeded, {{"version", copy.release.version}}));
  }
}

bool make_room(Turn& t) {
  if (free_slot(t.site) >= 0) return true;
  const Copy* oldest = nullptr;
  for (const auto& [number, copy] : t.site.copies) {
    if (copy.retiring && copy.slot >= 0) return true;  // its slot becomes free
    const bool in_use =
        t.site.live && (number == t.site.live->stable || number == t.site.live->candidate);
    if (copy.warm_until == kNever || in_use || is_last_healthy(t.site, number)) continue;
    if (oldest == nullptr || copy.warm_until < oldest->warm_until) oldest = &copy;
  }
  if (oldest == nullptr) return false;
  retire_copy(t, oldest->number, why(codes::kSlotNeeded, {{"version", oldest->release.version}}));
  return true;
}

}  // namespace slipway::engine
