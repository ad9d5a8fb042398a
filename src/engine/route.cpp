// The router's whole desired state, derived from the site's.
#include <algorithm>

#include "engine/census.h"
#include "engine/engine.h"

namespace slipway::engine {

namespace {

// An unhealthy instance stays in while it is the last of its copy, and comes back when it becomes
// that: a request that may fail is better than one that must.
bool is_last_resort(const Copy& copy, const Instance& i) {
  return i.admitted || (copy.proven && i.phase == InstancePhase::unhealthy);
}

RouteSlot slot_of(const Site& site, const Copy& copy) {
  RouteSlot slot{.slot = copy.slot,
                 .copy = copy.number,
                 .version = label_of(site, copy.number, copy.release.version),
                 .weight = copy.weight};
  bool any_healthy = false;
  for (const auto& [id, i] : site.instances) {
    any_healthy |=
        i.copy == copy.number && i.healthy && !is_leaving(i) && i.phase != InstancePhase::crashed;
  }
  for (const auto& [id, i] : site.instances) {
    if (i.copy != copy.number || i.port == 0) continue;
    if (i.phase == InstancePhase::crashed || i.phase == InstancePhase::stopping) continue;
    const bool stays = !is_leaving(i);
    const bool last = stays && !any_healthy && is_last_resort(copy, i);
    slot.servers.push_back({id, i.port, i.index, (stays && i.healthy) || last, last});
  }
  std::sort(slot.servers.begin(), slot.servers.end(),
            [](const RouteServer& a, const RouteServer& b) { return a.index < b.index; });
  return slot;
}

}  // namespace

Route route_of(const Site& site) {
  Route route{.spec = site.route};
  for (const auto& [number, copy] : site.copies) {
    if (copy.slot >= 0) route.slots.push_back(slot_of(site, copy));
  }
  std::sort(route.slots.begin(), route.slots.end(),
            [](const RouteSlot& a, const RouteSlot& b) { return a.slot < b.slot; });
  if (!site.live || !site.live->planned || !find_copy(site, site.live->candidate)) return route;
  // One way only: what is meant for the candidate may be answered by stable.
  for (const RouteSlot& slot : route.slots) {
    const bool usable = std::any_of(slot.servers.begin(), slot.servers.end(),
                                    [](const RouteServer& s) { return s.ready; });
    if (slot.copy == site.live->stable && usable) route.fallback = slot.slot;
  }
  return route;
}

}  // namespace slipway::engine
