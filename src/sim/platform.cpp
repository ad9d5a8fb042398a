// Instances as the local driver keeps them: started under a parent of their own, adopted after a
// restart, watched for health and for their end.
#include <fmt/format.h>

#include <algorithm>

#include "sim/drivers.h"

namespace slipway::sim {
namespace {

constexpr Duration kExit = 30ms;   // from the signal to the end
constexpr Duration kUnwell = 3s;   // three failed checks
constexpr Duration kWell = 500ms;  // one good check

bool says_healthy(const Process& p, Duration now) { return p.ready_at(now) && !p.ill; }

}  // namespace

bool Platform::takes(const Command& c) const {
  return std::holds_alternative<Look>(c) || std::holds_alternative<CheckRelease>(c) ||
         std::holds_alternative<StartInstance>(c) || std::holds_alternative<StopInstance>(c) ||
         std::holds_alternative<RunSmoke>(c);
}

std::string Platform::key(const Issued& i) const {
  if (const auto* start = std::get_if<StartInstance>(&i.command)) {
    return i.site.name() + std::to_string(start->instance);
  }
  if (const auto* halt = std::get_if<StopInstance>(&i.command)) {
    return i.site.name() + std::to_string(halt->instance);
  }
  return "alone " + std::to_string(i.id);
}

void Platform::perform(const Issued& issued, bool fresh, Tell tell) {
  if (const auto* look = std::get_if<Look>(&issued.command)) {
    Observed seen;
    // The last word of the path is the version: one release, one digest.
    seen.world.digest = "sha256:" + look->artifact;
    const auto known = stage_.behaviours.find(look->artifact.substr(look->artifact.rfind('/') + 1));
    if (known != stage_.behaviours.end() && known->second.missing) {
      seen.world.problem = look->artifact + " is not there";
    }
    // As on this machine; an image has yet to be fetched when it was looked at.
    seen.world.checked = seen.world.problem.empty() && look->container->image.empty();
    return tell(Done{seen});
  }
  if (std::holds_alternative<CheckRelease>(issued.command)) return tell(Done{});
  if (const auto* smoke = std::get_if<RunSmoke>(&issued.command)) {
    const auto& processes = stage_.scene(issued.site).processes;
    const auto found = processes.find(smoke->instance);
    const bool well =
        found != processes.end() && found->second.ready_at(stage_.now()) && !found->second.lies;
    if (well) return tell(Done{});
    return tell(Failed{{Fault::refused, "GET / answered 503"}, false, {}});
  }
  if (const auto* begin = std::get_if<StartInstance>(&issued.command)) {
    return start(issued, *begin, fresh, tell);
  }
  halt(issued, std::get<StopInstance>(issued.command), tell);
}

void Platform::start(const Issued& issued, const StartInstance& command, bool fresh,
                     const Tell& tell) {
  Scene& scene = stage_.scene(issued.site);
  const auto found = scene.processes.find(command.instance);
  const bool same = found != scene.processes.end() && found->second.version == command.version;
  Observed seen;
  if (same && (found->second.alive || !found->second.told)) {
    seen.port = found->second.port;
    seen.pid = found->second.alive ? command.instance : 0;
    tell(Done{seen});
    const Duration start = command.spec->health.start_timeout;
    return found->second.alive ? watch(issued.site, command.instance, start)
                               : ended(issued.site, command.instance);
  }
  if (!fresh) {
    return tell(Failed{
        {Fault::missing, fmt::format("instance {} does not run", command.instance)}, false, {}});
  }
  const auto known = stage_.behaviours.find(command.version);
  Process process{.instance = command.instance,
                  .version = command.version,
                  .port = ++next_port_,
                  .behaviour = known == stage_.behaviours.end() ? Behaviour{} : known->second,
                  .started = stage_.now()};
  if (process.behaviour.cannot_start) {
    return tell(Failed{{Fault::missing, "the program is not there"}, false, {"No such file"}});
  }
  // A port is free again when its process is gone: no two of a site have the same.
  process.port = static_cast<std::uint16_t>(20'000 + command.instance);
  scene.pass(stage_.now());
  process.out = found != scene.processes.end() && found->second.out;
  scene.processes[command.instance] = process;
  if (process.out) {  // the proxy sends to it again when it has answered a check
    stage_.world(process.behaviour.ready_after + 1ms,
                 [&stage = stage_, site = issued.site, instance = command.instance] {
                   check_server(stage, site, instance);
                 });
  }
  if (const auto& crash = process.behaviour.crash_after) {
    stage_.world(*crash, [this, site = issued.site, instance = command.instance,
                          started = process.started, &stage = stage_] {
      auto& all = stage.scene(site).processes;
      const auto still = all.find(instance);
      if (still == all.end() || still->second.started != started) return;
      stage.scene(site).die(still->second, stage.now(), -11);
      check_server(stage, site, instance);
      stage.crashed(site, instance);
    });
  }
  seen.port = process.port;
  seen.pid = command.instance;
  tell(Done{seen});
  watch(issued.site, command.instance, command.spec->health.start_timeout);
}

void Platform::halt(const Issued& issued, const StopInstance& command, const Tell& tell) {
  const auto key = std::pair(issued.site, command.instance);
  told_.erase(key);
  if (!stage_.scene(issued.site).processes.contains(command.instance)) return tell(Done{});
  // The signal is sent: it ends whether the agent lives or not.
  stage_.world(kExit,
               [&stage = stage_, key] { stage.scene(key.first).stop(key.second, stage.now()); });
  stage_.later(kExit + 1ms, [tell] { tell(Done{}); });
}

void Platform::watch(const SiteId& site, std::uint32_t instance, Duration start_timeout) {
  told_[{site, instance}] = std::nullopt;
  const Process& p = stage_.scene(site).processes.at(instance);
  const Duration ready = p.started + p.behaviour.ready_after - stage_.now();
  stage_.later(std::max<Duration>(ready, 5ms) + 2ms,
               [this, site, instance] { look_at(site, instance); });
  // One that is old enough, or has had its time, is ill when it says so.
  stage_.later(std::max(p.started + start_timeout - stage_.now(), kUnwell),
               [this, site, instance] { look_at(site, instance, true); });
}

void Platform::notice(const SiteId& site, std::uint32_t instance) {
  const auto& processes = stage_.scene(site).processes;
  const auto found = processes.find(instance);
  if (found == processes.end() || !told_.contains({site, instance})) return;
  if (!found->second.alive) {
    return stage_.later(stage_.dice.between(1ms, 20ms),
                        [this, site, instance] { ended(site, instance); });
  }
  stage_.later(found->second.ill ? kUnwell : kWell,
               [this, site, instance] { look_at(site, instance); });
}

void Platform::look_at(const SiteId& site, std::uint32_t instance, bool had_its_time) {
  const auto watched = told_.find({site, instance});
  const auto& processes = stage_.scene(site).processes;
  const auto found = processes.find(instance);
  if (watched == told_.end() || found == processes.end() || !found->second.alive) return;
  const bool healthy = says_healthy(found->second, stage_.now());
  const bool starts = !watched->second && !healthy && !had_its_time;
  if (watched->second == healthy || starts) return;
  watched->second = healthy;
  stage_.sink->fact(site, HealthChanged{instance, healthy, healthy ? "" : "503"});
}

void Platform::ended(const SiteId& site, std::uint32_t instance) {
  told_.erase({site, instance});
  auto& processes = stage_.scene(site).processes;
  const auto found = processes.find(instance);
  if (found == processes.end() || found->second.alive || found->second.told) return;
  found->second.told = true;
  stage_.sink->fact(site, Exited{instance, found->second.status, {"panic"}});
}

void Platform::sweep(const std::function<bool(const SiteId&, std::uint32_t)>& wanted) {
  for (auto& [site, scene] : stage_.scenes) {
    std::vector<std::uint32_t> orphans;
    for (const auto& [instance, process] : scene.processes) {
      if (!wanted(site, instance)) orphans.push_back(instance);
    }
    for (const std::uint32_t instance : orphans) scene.stop(instance, stage_.now());
  }
}

}  // namespace slipway::sim
