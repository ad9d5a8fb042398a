// The proxy as the router driver keeps it: one desired route a site, admission of servers, the
// measured shift, drains.
#include <algorithm>

#include "sim/drivers.h"

namespace slipway::sim {
namespace {

constexpr Duration kAdmission = 10s;
constexpr Duration kLowTraffic = 10s;
constexpr double kRequests = 200;
constexpr Duration kThreeFailures = 1500ms, kOneAnswer = 500ms, kNextReading = 400ms;

const Route& route_in(const Command& c) {
  if (const auto* apply = std::get_if<Apply>(&c)) return apply->route;
  if (const auto* shift = std::get_if<Shift>(&c)) return shift->route;
  return std::get<Drain>(c).route;
}

int carrying(const Route& route) {
  return static_cast<int>(std::count_if(route.slots.begin(), route.slots.end(),
                                        [](const RouteSlot& slot) { return slot.weight > 0; }));
}

std::int32_t weight_of(const Route& route, const std::string& version) {
  for (const RouteSlot& slot : route.slots) {
    if (slot.version == version) return slot.weight;
  }
  return 0;
}

}  // namespace

bool is_routing(const Command& c) {
  return std::holds_alternative<Apply>(c) || std::holds_alternative<Shift>(c) ||
         std::holds_alternative<Drain>(c);
}

void check_server(Backstage& stage, const SiteId& site, std::uint32_t instance) {
  const auto& processes = stage.scene(site).processes;
  const auto found = processes.find(instance);
  if (found == processes.end()) return;
  const bool good = found->second.answers_check(stage.now());
  stage.world(good ? kOneAnswer : kThreeFailures,
              [&stage, site, instance, good, changed = found->second.changed] {
                Scene& scene = stage.scene(site);
                const auto still = scene.processes.find(instance);
                if (still == scene.processes.end() || still->second.changed != changed) return;
                if (still->second.out == !good || still->second.answers_check(stage.now()) != good)
                  return;
                scene.pass(stage.now());
                still->second.out = !good;
                if (good) still->second.changed = stage.now();
                stage.checked(site);
              });
}

bool Router::takes(const Command& c) const { return is_routing(c); }

void Router::look_soon(const SiteId& site) {
  stage_.later(kNextReading, [this, site] { look(site); });
}

void Router::look(const SiteId& site) {
  const Scene& scene = stage_.scene(site);
  std::set<std::uint32_t> out;
  for (const RouteSlot& slot : scene.route.slots) {
    for (const RouteServer& server : slot.servers) {
      const auto found = scene.processes.find(server.instance);
      if (server.ready && found != scene.processes.end() && found->second.out) {
        out.insert(server.instance);
      }
    }
  }
  std::set<std::uint32_t>& told = ejected_[site];
  for (const std::uint32_t instance : out) {
    if (!told.contains(instance)) stage_.sink->fact(site, Ejected{instance, true, "L7STS"});
  }
  for (const std::uint32_t instance : told) {
    if (!out.contains(instance)) stage_.sink->fact(site, Ejected{instance, false, "answers again"});
  }
  told = std::move(out);
}

void Router::perform(const Issued& issued, bool fresh, Tell tell) {
  Scene& scene = stage_.scene(issued.site);
  const Route& wanted = route_in(issued.command);
  if (!fresh && scene.route != wanted && !std::holds_alternative<Drain>(issued.command)) {
    return tell(Failed{{Fault::missing, "another route is in force"}, true, {}});
  }
  const auto* shift = std::get_if<Shift>(&issued.command);
  const Route before = shift != nullptr ? scene.route : Route{};
  newest_[issued.site] = std::max(newest_[issued.site], issued.id);
  if (const auto* drain_now = std::get_if<Drain>(&issued.command)) {
    scene.set_route(wanted, stage_.now());
    look(issued.site);
    return drain(issued, *drain_now, tell);
  }
  scene.set_route(wanted, stage_.now());
  look(issued.site);
  if (shift != nullptr) return measure(issued, *shift, before, tell);
  admit(issued, wanted, stage_.now() + kAdmission, tell);
}

// Done when everything that shall take traffic answers.
void Router::admit(const Issued& issued, const Route& route, Duration until, const Tell& tell) {
  const auto& processes = stage_.scene(issued.site).processes;
  for (const RouteSlot& slot : route.slots) {
    for (const RouteServer& server : slot.servers) {
      if (!server.ready || server.last_resort) continue;
      const auto found = processes.find(server.instance);
      if (found != processes.end() && found->second.ready_at(stage_.now())) continue;
      if (newest_[issued.site] != issued.id) {
        return tell(Failed{{Fault::conflict, "a newer route came"}, true, {}});
      }
      if (stage_.now() >= until) {
        return tell(Failed{{Fault::unavailable, "a server was not admitted"}, true, {}});
      }
      return stage_.later(
          500ms, [this, issued, route, until, tell] { admit(issued, route, until, tell); });
    }
  }
  tell(Done{});
}

void Router::measure(const Issued& issued, const Shift& shift, const Route& before,
                     const Tell& tell) {
  bool emptied = false;
  for (const RouteSlot& slot : shift.route.slots) {
    emptied |= slot.weight == 0 && !slot.servers.empty() && weight_of(before, slot.version) > 0;
  }
  const bool alone = carrying(shift.route) <= 1;
  if (!shift.measure || (alone && !emptied)) {
    return tell(Done{{.measured = "read_back", .took = 2ms}});
  }
  const double rate = stage_.scene(issued.site).rate(stage_.now());
  if (alone) {
    return stage_.later(1s, [tell, rate] {
      tell(Done{{.measured = rate > 1 ? "measured" : "read_back", .took = 2ms}});
    });
  }
  const bool busy = rate * to_seconds(kLowTraffic) >= kRequests;
  if (!busy) {
    return stage_.later(kLowTraffic,
                        [tell] { tell(Done{{.measured = "read_back", .took = 2ms}}); });
  }
  const Duration wait(static_cast<std::int64_t>(kRequests / rate * 1e6));
  std::uint32_t newest = 0;
  double weight = 0;
  for (const RouteSlot& slot : shift.route.slots) {
    if (slot.slot == shift.route.fallback || slot.copy < newest) continue;
    newest = slot.copy;
    weight = slot.weight / 10'000.0;
  }
  const double share =
      static_cast<double>(stage_.dice.binomial(static_cast<std::uint64_t>(kRequests), weight)) /
      kRequests;
  stage_.later(std::max<Duration>(wait, emptied ? 1s : 0s), [tell, share] {
    tell(Done{{.measured = "measured", .share = share, .took = 2ms}});
  });
}

// Connections end, then the servers are out.
void Router::drain(const Issued& issued, const Drain& command, const Tell& tell) {
  const double rate = stage_.scene(issued.site).rate(stage_.now());
  Duration ends = rate > 0 ? stage_.dice.between(10ms, 120ms) : Duration(1ms);
  Observed seen;
  seen.drained = static_cast<std::uint64_t>(rate * 0.02) + (rate > 0 ? 1 : 0);
  if (rate > 0 && stage_.dice.chance(0.02)) {  // somebody downloads something large
    ends = command.grace;
    seen.cut = 1;
  }
  stage_.later(std::min(ends, command.grace), [this, site = issued.site, gone = command.instances,
                                               seen, tell] {
    Scene& scene = stage_.scene(site);
    Route left = scene.route;
    for (RouteSlot& slot : left.slots) {
      std::erase_if(slot.servers, [&](const RouteServer& server) {
        return !server.ready && std::find(gone.begin(), gone.end(), server.instance) != gone.end();
      });
    }
    scene.set_route(left, stage_.now());
    tell(Done{seen});
  });
}

void Router::restarted(const SiteId& site, bool empty) {
  Scene& scene = stage_.scene(site);
  scene.pass(stage_.now());
  for (auto& [instance, process] : scene.processes) {
    process.out = false;  // it knows of no failed check
    if (!process.answers_check(stage_.now())) check_server(stage_, site, instance);
  }
  if (empty) {
    scene.route.slots.clear();
    scene.routed = false;  // connections wait in the backlog until it has its configuration
  }
  if (stage_.sink != nullptr) {
    stage_.later(100ms, [this, site] { stage_.sink->fact(site, ProxyRestarted{100ms, 1}); });
  }
}

}  // namespace slipway::sim
