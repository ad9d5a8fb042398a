#include "sim/scene.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace slipway::sim {
namespace {

// An agent that lives has told the proxy by then what got well.
constexpr Duration kSeenWithin = 15s;

// What was said to be a gap is none of ours so long after its plan; then somebody has forgotten it.
constexpr Duration kGapCloses = 15s;

bool has_ready(const RouteSlot& slot) {
  return std::any_of(slot.servers.begin(), slot.servers.end(),
                     [](const RouteServer& s) { return s.ready; });
}

}  // namespace

void Scene::pass(Duration now) {
  if (now <= told_) return;
  const Duration from = std::exchange(told_, now);
  if (!routed) return;
  const double mean = rate(from) * to_seconds(now - from);
  std::uint64_t n = dice_.poisson(mean);
  if (n == 0) return;
  Stretch stretch{.from = from, .to = now};
  std::int32_t left = 0;
  for (const RouteSlot& slot : route.slots) left += slot.weight;
  truth.requests += n;
  const std::uint64_t failed_before = truth.failed;
  const std::uint64_t all = n;
  for (const RouteSlot& slot : route.slots) {
    if (slot.weight == 0 || n == 0) continue;
    const std::uint64_t mine =
        left == slot.weight ? n : dice_.binomial(n, static_cast<double>(slot.weight) / left);
    left -= slot.weight;
    n -= mine;
    if (mine > 0) serve(stretch, slot, mine, now);
  }
  if (n > 0) fail(stretch, RouteSlot{}, n);  // nothing has a weight
  const bool answered = truth.failed - failed_before < all;
  if (!answered && !silent_) {
    silent_ = true;
    silent_since_ = from;
  }
  if (answered && silent_) {
    silent_ = false;
    stretch.silence = now - silent_since_;
  }
  written += all;
  stretch.end = written;
  if (truth.failed > failed_before) failures_.emplace_back(written, truth.failed);
  stretches.push_back(std::move(stretch));
}

// Of a slot's servers those that live answer; a request to a dead one is given to another.
void Scene::serve(Stretch& stretch, const RouteSlot& slot, std::uint64_t n, Duration now) {
  const std::uint64_t rest = answer(stretch, slot, slot, n, now);
  if (rest == 0) return;
  if (route.fallback >= 0 && route.fallback != slot.slot) {
    for (const RouteSlot& other : route.slots) {
      if (other.slot != route.fallback) continue;
      const std::uint64_t unanswered = answer(stretch, slot, other, rest, now);
      if (unanswered > 0) fail(stretch, slot, unanswered);
      return;
    }
  }
  fail(stretch, slot, rest);
}

// Returns how many nobody answered.
std::uint64_t Scene::answer(Stretch& stretch, const RouteSlot& assigned, const RouteSlot& served,
                            std::uint64_t n, Duration now) {
  std::vector<const Process*> alive;
  std::size_t asked = 0;
  for (const RouteServer& server : served.servers) {
    if (!server.ready) continue;
    const auto found = processes.find(server.instance);
    if (found != processes.end() && found->second.out) continue;
    ++asked;
    const bool there = found != processes.end() && found->second.alive &&
                       found->second.port == server.port && found->second.ready_at(now);
    if (there) alive.push_back(&found->second);
  }
  if (alive.empty()) return n;
  const std::uint64_t retried = n * (asked - alive.size()) / asked;
  for (std::size_t i = 0; i < alive.size(); ++i) {
    const std::uint64_t mine = n / alive.size() + (i < n % alive.size());
    if (mine == 0) continue;
    const Process& process = *alive[i];
    const Duration age = now - process.started;
    Rows& rows = rows_of(stretch, assigned.version, served.version, &process.behaviour, age);
    const double p = process.lies ? 1.0 : process.behaviour.errors_at(age);
    const std::uint64_t errors = dice_.binomial(mine, p);
    rows.requests += mine;
    rows.failed += errors;
    rows.judge_errors += assigned.slot == served.slot ? errors : mine;
    truth.failed += errors;
    rows.curve.draw(dice_, mine, rows.latencies);
  }
  if (retried > 0 && assigned.slot == served.slot) {
    for (Rows& rows : stretch.rows) {
      if (rows.assigned != assigned.version || rows.served != served.version) continue;
      rows.judge_errors = std::min(rows.requests, rows.judge_errors + retried);
    }
  }
  return 0;
}

// It is well, and it was so when it stopped to get requests, or an agent has had the time to see it
// since.
bool Scene::was_taken_out(const RouteServer& server, Duration now) const {
  const auto found = processes.find(server.instance);
  if (found == processes.end() || !found->second.well_at(now)) return false;
  const auto unseen = unseen_until.find(server.instance);
  const bool hidden = unseen != unseen_until.end() && now - kSeenWithin < unseen->second;
  const bool seen =
      !hidden && attended < now - kSeenWithin && found->second.well_at(now - kSeenWithin);
  const auto aside = aside_.find(server.instance);
  return seen || (aside != aside_.end() && found->second.well_at(aside->second));
}

// Nobody answered. Whose doing was it?
void Scene::fail(Stretch& stretch, const RouteSlot& slot, std::uint64_t n) {
  const bool no_server = !has_ready(slot);  // by command
  Rows& rows = rows_of(stretch, slot.version, "", nullptr, {});
  rows.requests += n;
  rows.failed += n;
  rows.dropped += n;
  rows.judge_errors += n;
  if (no_server) rows.no_server += n;
  truth.failed += n;
  bool gone = false;  // a server that was told to stop while the proxy sent to it
  for (const RouteServer& server : slot.servers) {
    gone |= server.ready && stopped_alive.contains(server.instance);
  }
  bool other_is_well = false;
  for (const RouteSlot& other : route.slots) {
    for (const RouteServer& server : other.servers) {
      const auto found = processes.find(server.instance);
      other_is_well |= other.slot != slot.slot && server.ready && found != processes.end() &&
                       found->second.well_at(stretch.to);
    }
  }
  bool mine_are_well = !slot.servers.empty();
  for (const RouteServer& server : slot.servers) mine_are_well &= was_taken_out(server, stretch.to);
  if (gap_was_said_ || is_closing_gap(stretch) || stretch.from < excused_until) return;
  const bool ours = gone || (no_server && mine_are_well && !slot.servers.empty());
  if (!ours) return;
  truth.caused += n;
  if (truth.first_cause.empty()) {
    truth.first_cause =
        fmt::format("{} requests of {} at {:.3f} s: {}{}", n, slot.version, to_seconds(stretch.to),
                    gone ? "its server was stopped while the proxy sent to it"
                         : "its healthy servers were taken out of the proxy",
                    other_is_well ? ", and another release was well" : "");
  }
}

Rows& Scene::rows_of(Stretch& stretch, const std::string& assigned, const std::string& served,
                     const Behaviour* b, Duration age) {
  const double latency = b == nullptr ? 1 : b->latency_at(age);
  for (Rows& rows : stretch.rows) {
    if (rows.assigned == assigned && rows.served == served) return rows;
  }
  stretch.rows.push_back({.assigned = assigned,
                          .served = served,
                          .curve = curve(latency, b == nullptr ? 0 : b->spread)});
  return stretch.rows.back();
}

const Latencies& Scene::curve(double latency_ms, double spread) {
  auto& known = curves_[{latency_ms, spread}];
  if (known.microseconds(0) == 0) known = Latencies(latency_ms * 1000, spread);
  return known;
}

void Scene::die(Process& process, Duration now, std::int32_t status) {
  pass(now);
  if (!process.alive) return;
  process.alive = false;
  process.told = false;
  process.status = status;
  process.changed = now;
}

void Scene::stop(std::uint32_t instance, Duration now) {
  pass(now);
  const auto found = processes.find(instance);
  if (found == processes.end()) return;
  if (found->second.ready_at(now)) stopped_alive.insert(instance);
  processes.erase(found);
}

void Scene::set_route(const Route& wanted, Duration now) {
  pass(now);
  std::set<std::uint32_t> took;
  for (const RouteSlot& slot : route.slots)
    for (const RouteServer& server : slot.servers)
      if (server.ready) took.insert(server.instance);
  std::map<std::uint32_t, Duration> aside;
  for (const RouteSlot& slot : wanted.slots) {
    for (const RouteServer& server : slot.servers) {
      if (server.ready) continue;
      const auto before = aside_.find(server.instance);
      if (before != aside_.end()) aside.insert(*before);
      if (took.contains(server.instance) && !gap_was_said_) aside[server.instance] = now;
    }
  }
  aside_ = std::move(aside);
  route = wanted;
  routed = true;
  gap_closes_ = gap_closes_ && has_gap();
}

// Something that shall have traffic has a server put aside, or none.
bool Scene::has_gap() const {
  return std::any_of(route.slots.begin(), route.slots.end(), [](const RouteSlot& slot) {
    return slot.weight > 0 &&
           (slot.servers.empty() || std::any_of(slot.servers.begin(), slot.servers.end(),
                                                [](const RouteServer& s) { return !s.ready; }));
  });
}

// An agent that is away, or was until just now, cannot close it.
bool Scene::is_closing_gap(const Stretch& stretch) const {
  if (!gap_closes_ || attended == Duration::max()) return gap_closes_;
  return stretch.from < std::max(gap_until_, attended + kGapCloses);
}

void Scene::say_gap(bool said, bool under_way, Duration now) {
  if (said == gap_was_said_) return;
  pass(now);
  gap_was_said_ = said;
  gap_closes_ = !said && (under_way || has_gap());
  gap_until_ = now + kGapCloses;
}

void Scene::begin_demand(Duration now) {
  pass(now);
  begin_ = now;
}

std::uint64_t Scene::failed_until(std::uint64_t offset) const {
  const auto after = std::upper_bound(
      failures_.begin(), failures_.end(), offset,
      [](std::uint64_t wanted, const auto& entry) { return wanted < entry.first; });
  return after == failures_.begin() ? 0 : std::prev(after)->second;
}

void Scene::forget(std::uint64_t before) {
  const auto end = std::find_if(stretches.begin(), stretches.end(),
                                [&](const Stretch& s) { return s.end > before; });
  stretches.erase(stretches.begin(), end);
}

}  // namespace slipway::sim
