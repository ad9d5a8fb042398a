// A scenario played to its end: everything happens at its time, then the faults stop and the world
// has to come to rest.
#include <fmt/format.h>

#include <algorithm>

#include "sim/scenario.h"

namespace slipway::sim {
namespace {

using Kind = Happening::Kind;

const SiteId kSite{"web", "production"};

Process* picked(Simulation& s, std::uint64_t pick) {
  auto& processes = s.scene(kSite).processes;
  if (processes.empty()) return nullptr;
  auto it = processes.begin();
  std::advance(it, static_cast<std::ptrdiff_t>(pick % processes.size()));
  return &it->second;
}

void ask(Simulation& s, const Happening& h) {
  Request request = h.request;
  request.environment = kSite.environment;
  const bool releases = request.act == Act::deploy || request.act == Act::restart;
  const Site* site = s.site(kSite);
  if (!releases && site != nullptr) {
    const auto& place = h.of_queued ? site->queued : site->live;
    if (place) request.number = place->number;
    const bool of_last = request.act == Act::retry && site->last;
    if (of_last) request.number = site->last->number;
  }
  s.ask(std::move(request));
}

void set_health(Simulation& s, std::uint32_t instance, bool ill) {
  auto& processes = s.scene(kSite).processes;
  const auto found = processes.find(instance);
  if (found == processes.end()) return;
  s.scene(kSite).pass(s.stage().now());
  found->second.ill = ill;
  found->second.changed = s.stage().now();
  check_server(s.stage(), kSite, instance);
  if (s.platform() != nullptr) s.platform()->notice(kSite, instance);
}

void befall(Simulation& s, const Happening& h, Process& process) {
  Scene& scene = s.scene(kSite);
  const std::uint32_t instance = process.instance;
  scene.pass(s.stage().now());
  switch (h.kind) {
    case Kind::die:
      scene.die(process, s.stage().now(), -9);
      check_server(s.stage(), kSite, instance);
      if (s.platform() != nullptr) s.platform()->notice(kSite, instance);
      return;
    case Kind::ill:
      return set_health(s, instance, true);
    case Kind::well:
      return set_health(s, instance, false);
    case Kind::lie:
      process.lies = true;
      return;
    case Kind::honest:
      process.lies = false;
      return;
    case Kind::flap:
      for (int n = 0; n < 10; ++n) {
        s.stage().world(n * 1500ms, [&s, instance, n] { set_health(s, instance, n % 2 == 0); });
      }
      return;
    default:
      return;
  }
}

void happen(Simulation& s, const Happening& h) {
  switch (h.kind) {
    case Kind::ask:
      return ask(s, h);
    case Kind::die:
    case Kind::ill:
    case Kind::well:
    case Kind::lie:
    case Kind::honest:
    case Kind::flap:
      if (Process* process = picked(s, h.pick)) befall(s, h, *process);
      return;
    case Kind::proxy:
    case Kind::proxy_empty:
      if (s.router() != nullptr) s.router()->restarted(kSite, h.kind == Kind::proxy_empty);
      return;
    case Kind::wall:
      return s.stage().clock.jump_wall(std::chrono::seconds(h.value));
    case Kind::kill:
      return s.kill({.down = std::chrono::milliseconds(h.value)});
    case Kind::reboot:
      return s.kill({.down = std::chrono::milliseconds(h.value), .reboot = true});
    case Kind::freeze:
      return s.freeze(std::chrono::milliseconds(h.value));
    case Kind::rival:
      return s.rival();
    case Kind::full:
      s.disk().full = static_cast<int>(h.value);
      return;
    case Kind::flip:
      s.disk().flip = h.value;
      return;
  }
}

// No more faults: the disk has room, whoever was ill is well, and whoever paused something goes on.
void calm(Simulation& s) {
  s.slips.clear();
  s.deaths.clear();
  for (auto& [version, behaviour] : s.stage().behaviours) behaviour.crash_after.reset();
  s.disk().full = 0;
  s.disk().flip = -1;
  Scene& scene = s.scene(kSite);
  scene.pass(s.stage().now());
  for (auto& [instance, process] : scene.processes) {
    process.lies = false;
    process.changed = s.stage().now();
    if (process.ill || process.out) set_health(s, instance, false);
  }
}

// The longest that what is live may still take, by its own deadlines.
Duration bound(const Site* site) {
  if (site == nullptr) return 10min;
  Duration sum = 30min;
  for (const auto* place : {&site->live, &site->queued}) {
    if (!*place) continue;
    sum += 30min;
    if ((*place)->deadline != kNever) sum += (*place)->deadline - site->now;
    for (const Step& step : (*place)->plan.steps) {
      sum += step.verb == Verb::judge  ? 4 * step.charge->deadline
             : step.verb == Verb::gate ? step.gate.wait
                                       : std::max<Duration>(step.deadline, 5min);
    }
  }
  return sum;
}

}  // namespace

Outcomes play(const Scenario& scenario, bool traced) {
  Simulation::Setup setup{.config = config_named(scenario.config), .seed = scenario.seed};
  setup.demand.rps = scenario.rps;
  setup.traced = traced;
  for (const auto& [version, text] : scenario.releases) {
    if (const auto b = parse_behaviour(text)) setup.behaviours[version] = *b;
  }
  Simulation s(setup);
  s.slips = scenario.slips;
  s.deaths = scenario.deaths;
  Duration last{};
  for (const Happening& h : scenario.happenings) {
    s.at(h.at, [&s, &h] { happen(s, h); });
    last = std::max(last, h.at);
  }
  s.run_until(last + 20s);
  calm(s);
  s.run_until(s.elapsed() + 100ms);
  s.rest(bound(s.site(kSite)));
  s.run_until(s.elapsed() + 2s);  // the proxy's own checks see it last
  s.rest(bound(s.site(kSite)));
  s.check_rest();

  Outcomes out;
  out.troubles = s.troubles;
  out.trace = std::move(s.trace);
  out.ordered = std::move(s.ordered);
  for (const Ended& e : s.ended) ++out.ends[e.deployment.state];
  out.deployments = s.ended.size();
  out.events = s.events;
  out.commands = s.commands;
  out.appends = s.appends;
  out.restarts = s.restarts;
  out.requests = s.scene(kSite).truth.requests;
  out.failed = s.scene(kSite).truth.failed;
  out.faults = scenario.slips.size() + scenario.deaths.size() + scenario.happenings.size();
  for (const auto& phase : s.coverage.seen) {
    out.judged += phase[What(Counted{}).index()];
  }
  out.time = s.elapsed();
  out.coverage = s.coverage;
  if (const Site* site = s.site(kSite); site != nullptr && site->copies.contains(site->serving)) {
    out.serving = site->copies.at(site->serving).release.version;
  }
  return out;
}

}  // namespace slipway::sim
