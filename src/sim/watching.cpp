// What the simulation sees and checks: every published step, every end, and the state at rest.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "record/record.h"
#include "sim/world.h"

namespace slipway::sim {
namespace {

constexpr std::size_t kVerbs = 14;  // phases 0…13: the current step's verb, while it runs

template <std::size_t... I>
std::string word_of(std::size_t event, std::index_sequence<I...>) {
  static const std::array<std::string, sizeof...(I)> words = {
      slipway::word(What(std::in_place_index<I>))...};
  return words.at(event);
}

// idle and the states that are no running step.
std::size_t phase_of(const Site* site) {
  if (site == nullptr || !site->live) return kVerbs;
  const Deployment& d = *site->live;
  if (d.state == State::running && d.settling) return kVerbs + 7;
  if (d.state == State::running && d.step < d.plan.steps.size()) {
    return static_cast<std::size_t>(d.plan.steps[d.step].verb);
  }
  switch (d.state) {
    case State::looking:
      return kVerbs + 1;
    case State::waiting_approval:
      return kVerbs + 2;
    case State::paused:
      return kVerbs + 3;
    case State::rolling_back:
      return d.back == BackPhase::remove || d.back == BackPhase::settle ? kVerbs + 5 : kVerbs + 4;
    case State::rollback_failed:
      return kVerbs + 6;
    default:
      return kVerbs;
  }
}

std::string detail(const What& what) {
  if (const auto* e = std::get_if<Answered>(&what)) {
    const bool done = std::holds_alternative<Done>(e->outcome);
    return fmt::format(" {}.{} {}", e->command, e->attempt, done ? "done" : "failed");
  }
  if (const auto* e = std::get_if<Asked>(&what)) return fmt::format(" {}", word(e->request.act));
  if (const auto* e = std::get_if<Requested>(&what)) {
    return fmt::format(" {} {} #{}", word(e->request.act), e->request.version, e->number);
  }
  if (const auto* e = std::get_if<HealthChanged>(&what)) {
    return fmt::format(" {} {}", e->instance, e->healthy ? "healthy" : "unhealthy");
  }
  if (const auto* e = std::get_if<Exited>(&what)) return fmt::format(" {}", e->instance);
  if (const auto* e = std::get_if<Counted>(&what)) {
    return fmt::format(" {}/{} {}/{}", e->block.stable.errors, e->block.stable.requests,
                       e->block.candidate.errors, e->block.candidate.requests);
  }
  if (const auto* e = std::get_if<Resumed>(&what)) return fmt::format(" {}s", to_seconds(e->away));
  return "";
}

std::string detail(const Command& command) {
  if (const auto* c = std::get_if<StartInstance>(&command)) {
    return fmt::format(" {} {}", c->instance, c->version);
  }
  if (const auto* c = std::get_if<StopInstance>(&command)) return fmt::format(" {}", c->instance);
  const Route* route = nullptr;
  if (const auto* c = std::get_if<Apply>(&command)) route = &c->route;
  if (const auto* c = std::get_if<Shift>(&command)) route = &c->route;
  if (const auto* c = std::get_if<Drain>(&command)) route = &c->route;
  std::string out;
  if (route != nullptr) {
    for (const RouteSlot& s : route->slots) {
      out += fmt::format(" {}={}", s.version, s.weight);
      for (const RouteServer& server : s.servers) {
        out += fmt::format("{}{}", server.ready ? "+" : "-", server.instance);
      }
    }
  }
  if (const auto* c = std::get_if<Tell>(&command)) out = " " + c->code;
  if (const auto* c = std::get_if<Answer>(&command)) out = c->accepted ? " yes" : " no " + c->code;
  return out;
}

}  // namespace

void Coverage::note(const Site* before, const What& what) {
  ++seen[phase_of(before)][what.index()];
}

void Coverage::add(const Coverage& other) {
  for (std::size_t p = 0; p < kPhases; ++p) {
    for (std::size_t e = 0; e < kEvents; ++e) seen[p][e] += other.seen[p][e];
  }
}

std::size_t Coverage::covered() const {
  std::size_t n = 0;
  for (const auto& phase : seen) {
    n += static_cast<std::size_t>(
        std::count_if(phase.begin(), phase.end(), [](std::uint64_t c) { return c > 0; }));
  }
  return n;
}

std::string Coverage::phase_word(std::size_t phase) {
  if (phase < kVerbs) return word(static_cast<Verb>(phase));
  constexpr const char* kRest[] = {"idle",         "looking",  "waiting_approval", "paused",
                                   "traffic_back", "removing", "rollback_failed",  "settling"};
  return kRest[phase - kVerbs];
}

std::string Coverage::event_word(std::size_t event) {
  return word_of(event, std::make_index_sequence<kEvents>());
}

void Simulation::publish(const Published& p) {
  ++events;
  const SiteId& id = p.after->id;
  sites_[id] = p.after;
  stage_.engine_ahead = p.event.at.time_since_epoch() - stage_.now();
  const auto& live = p.after->live;
  const bool gap = live && live->planned &&
                   (live->plan.strategy == Strategy::recreate || live->plan.from.version.empty());
  const bool routes = std::any_of(p.after->awaiting.begin(), p.after->awaiting.end(),
                                  [](const Awaited& a) { return is_routing(a.command); });
  stage_.scene(id).say_gap(gap, routes, stage_.now());
  coverage.note(p.before.get(), p.event.what);
  if (setup_.traced) tell(p);
  if (on_step) on_step(p);
  if (const auto* broken = std::get_if<Quarantined>(&p.event.what)) {
    trouble("an invariant was broken: " + broken->invariant);
  }
  if (!p.after->last) return;
  const bool known = p.before && p.before->last && p.before->last->number == p.after->last->number;
  if (known) return;
  // The block that ends it belongs to it; afterwards the site forgets where it counted to.
  const auto* block = std::get_if<Counted>(&p.event.what);
  const RowPosition before = p.before ? p.before->counted : RowPosition{};
  note_end(*p.after, *p.after->last, (block ? block->position : before).offset);
}

void Simulation::note_end(const Site& after, const Deployment& d,
                          std::optional<std::uint64_t> counted) {
  Ended e{.deployment = d, .site = after.id};
  e.left = d.state == State::failed && d.moved_traffic && d.back != BackPhase::settle;
  if (counted) check_receipt(after.id, d, *counted);
  auto& versions = may_serve_[after.id];
  if (d.state == State::succeeded) versions = {d.plan.to.version};
  if (e.left) versions.insert(d.plan.to.version);
  ended.push_back(std::move(e));
}

void Simulation::tell(const Published& p) {
  trace.push_back(fmt::format("{:.6f} {} {}{}", to_seconds(p.event.at.time_since_epoch()),
                              p.after->id.name(), slipway::word(p.event.what),
                              detail(p.event.what)));
  for (const Given& g : p.commands) {
    trace.push_back(fmt::format("  > {}.{} {}{} ({})", g.id, g.attempt, slipway::word(g.command),
                                detail(g.command), g.because.code.get()));
    ordered.emplace_back(slipway::word(g.command));
  }
  if (p.after->live &&
      (!p.before || !p.before->live || p.before->live->state != p.after->live->state)) {
    trace.push_back(fmt::format("  = {}", word(p.after->live->state)));
  }
  if (p.after->last && (!p.before || p.before->last != p.after->last)) {
    trace.push_back(fmt::format("  = {} {} ({})", p.after->last->number, word(p.after->last->state),
                                p.after->last->because.code.get()));
  }
}

// ---- the checks ----------------------------------------------------------------------------

void Simulation::check_receipt(const SiteId& id, const Deployment& d, std::uint64_t counted) {
  const auto from = watched_from_[id].find(d.number);
  if (!d.receipt.complete || from == watched_from_[id].end() || counted < from->second) return;
  const Scene& scene = stage_.scene(id);
  const std::uint64_t requests = counted - from->second;
  const std::uint64_t failed = scene.failed_until(counted) - scene.failed_until(from->second);
  if (d.receipt.requests != requests || d.receipt.failed != failed) {
    trouble(fmt::format("the receipt of {} says {} of {} requests failed; users saw {} of {}",
                        d.number, d.receipt.failed, d.receipt.requests, failed, requests));
  }
}

void Simulation::check_site(const SiteId& id, const Site& s) {
  Scene& scene = stage_.scene(id);
  for (const auto& [instance, process] : scene.processes) {
    if (!s.instances.contains(instance))
      trouble(fmt::format("instance {} of {} was left running", instance, process.version));
  }
  std::int32_t sum = 0;
  for (const auto& [number, copy] : s.copies) {
    sum += copy.weight;
    const bool kept = number == s.serving || copy.weight > 0 || copy.warm_until != kNever;
    if (!kept) trouble(fmt::format("copy {} is kept by nothing", number));
  }
  if (sum != (s.copies.empty() ? 0 : 10'000)) trouble(fmt::format("weights sum to {}", sum));
  std::map<std::uint32_t, std::int32_t> in_force;
  for (const RouteSlot& slot : scene.route.slots) {
    if (slot.weight == 0) continue;
    in_force[slot.copy] = slot.weight;
    for (const RouteServer& server : slot.servers) {
      if (!server.ready) trouble(fmt::format("instance {} gets no requests", server.instance));
    }
  }
  for (const auto& [number, copy] : s.copies) {
    if (copy.weight != (in_force.contains(number) ? in_force[number] : 0)) {
      trouble(fmt::format("the proxy does not give {} its {} basis points", copy.release.version,
                          copy.weight));
    }
  }
  const auto serving = s.copies.find(s.serving);
  const auto& may = may_serve_[id];
  if (serving == s.copies.end()) {
    if (!may.empty()) trouble("nothing serves any more");
    return;
  }
  if (!may.contains(serving->second.release.version)) {
    trouble(fmt::format("{} serves, and its deployment did not succeed",
                        serving->second.release.version));
  }
  if (scene.truth.caused > 0) {
    trouble(fmt::format("{} requests failed that need not: {}", scene.truth.caused,
                        scene.truth.first_cause));
  }
}

void Simulation::check_rest() {
  if (!at_rest()) {
    for (const auto& [id, s] : sites_) {
      std::string waits = s->live ? fmt::format("deployment {} is {} in step {}", s->live->number,
                                                word(s->live->state), s->live->step + 1)
                                  : "no deployment is live";
      for (const Awaited& a : s->awaiting) waits += fmt::format("; awaits {}", word(a.command));
      for (const auto& [n, i] : s->instances) {
        if (i.phase != InstancePhase::ready) waits += fmt::format("; {} is {}", n, word(i.phase));
        if (i.ejected != is_out(id, n))
          waits += fmt::format("; the proxy {} instance {}, and the site does not know it",
                               i.ejected ? "sends to" : "took out", n);
      }
      trouble("without faults it does not come to rest: " + waits);
    }
    return;
  }
  for (const auto& [id, s] : sites_) check_site(id, *s);
  check_replay();
}

void Simulation::check_replay() {
  stop();
  const auto before = sites_;
  start();  // compares each site as replayed with the one published last
  if (!shell_) trouble("the agent does not start again");
}

}  // namespace slipway::sim
