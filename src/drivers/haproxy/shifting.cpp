// Shift: the weights at once, then the proof from the requests that came after.
#include <algorithm>
#include <cmath>

#include "drivers/haproxy/worker.h"

namespace slipway::haproxy {
namespace {

constexpr std::uint64_t kRequests = 200;  // design page, verb `shift`
constexpr Duration kLowTraffic = 10s;     // with fewer by then: read_back
constexpr Duration kOff = 30s;            // a share that stays wrong is a failure then
constexpr std::int64_t kSilenceUs = 1'000'000;

std::int64_t wall_us() {
  return std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// The slot that is not stable: the newest copy beside the fallback.
const RouteSlot* candidate_of(const Route& route) {
  const RouteSlot* found = nullptr;
  for (const auto& slot : route.slots) {
    if (slot.slot == route.fallback || slot.version.empty()) continue;
    if (found == nullptr || slot.copy > found->copy) found = &slot;
  }
  return found;
}

double share_of(const ShareProbe::Seen& seen, const std::string& label) {
  const auto at = seen.labels.find(label);
  const double count = at == seen.labels.end() ? 0 : static_cast<double>(at->second.count);
  return count / static_cast<double>(seen.count);
}

// The first label whose share is not its weight: empty, all are.
std::string off(const Route& route, const ShareProbe::Seen& seen) {
  for (const auto& slot : route.slots) {
    if (slot.version.empty()) continue;
    const double w = slot.weight / 10'000.0;
    const double sigma = std::sqrt(w * (1 - w) / static_cast<double>(seen.count));
    if (std::abs(share_of(seen, slot.version) - w) > std::max(0.01, 3 * sigma)) return slot.version;
  }
  return {};
}

}  // namespace

bool Haproxy::Worker::only_weights_differ(const Route& a, const Route& b) {
  if (a.slots.size() != b.slots.size()) return false;
  Route same = a;
  for (std::size_t i = 0; i < same.slots.size(); ++i) same.slots[i].weight = b.slots[i].weight;
  return same == b;
}

Outcome Haproxy::Worker::shift(Site& site, const Issued& issued, const Shift& command) {
  const std::string name = site.id.name();
  const auto begun = Clock::now();
  std::set<std::string> had;  // labels that had traffic before
  for (const auto& slot : site.route.slots)
    if (slot.weight > 0) had.insert(slot.version);
  const bool knew = site.known;
  if (site.in_force && proxy_.running() && only_weights_differ(site.route, command.route)) {
    site.route = command.route;
    if (const auto swapped = swap_split(name, command.route); !swapped) {
      site.in_force = false;
      return failed(swapped.error());
    }
  } else if (auto outcome = apply(site, command.route, true);
             !std::holds_alternative<Done>(outcome)) {
    return outcome;
  }
  Shifting s{.command = issued.id, .since = Clock::now(), .mark_us = wall_us()};
  s.took = std::chrono::duration_cast<Duration>(s.since - begun);
  for (const auto& slot : command.route.slots)
    if (slot.weight == 0 && !slot.version.empty() && !slot.servers.empty() &&
        (!knew || had.contains(slot.version)))
      s.emptied.insert(slot.version);
  probe_.disarm(name);
  site.shifting.reset();
  if (!command.measure) return Done{{.measured = "read_back", .took = s.took}};
  probe_.arm(name, s.mark_us, !command.route.spec.sticky.empty());
  site.shifting = std::move(s);
  return measure(site, command);
}

Outcome Haproxy::Worker::measure(Site& site, const Shift& command) {
  const Shifting& s = *site.shifting;
  const std::string name = site.id.name();
  const ShareProbe::Seen seen = probe_.seen(name);
  const auto age = Clock::now() - s.since;
  const auto done = [&](const char* how) -> Outcome {
    Observed observed{.measured = how, .took = s.took};
    if (const RouteSlot* candidate = candidate_of(command.route); candidate && seen.count > 0)
      observed.share = share_of(seen, candidate->version);
    probe_.disarm(name);
    site.shifting.reset();
    return Done{std::move(observed)};
  };
  const auto with_traffic = std::count_if(command.route.slots.begin(), command.route.slots.end(),
                                          [](const RouteSlot& slot) { return slot.weight > 0; });
  // Nobody else was there, and nobody is: there is nothing that a share could show.
  if (with_traffic <= 1 && s.emptied.empty()) return done("read_back");
  bool silent = true;
  const std::int64_t now_us = wall_us();
  for (const auto& label : s.emptied) {
    const auto at = seen.labels.find(label);
    const std::int64_t last =
        at == seen.labels.end() ? s.mark_us : std::max(s.mark_us, at->second.last_start_us);
    silent = silent && now_us - last >= kSilenceUs;
  }
  if (with_traffic <= 1) {
    if (silent) return done(seen.count > 0 ? "measured" : "read_back");
  } else if (silent && seen.count >= kRequests && off(command.route, seen).empty()) {
    return done("measured");
  } else if (silent && seen.count < kRequests && age >= kLowTraffic) {
    return done("read_back");
  }
  if (age < kOff) return Pending{50ms};
  const std::string label = off(command.route, seen);
  Error error{Fault::unavailable,
              fmt::format("{}: {} of {} later requests were given to {}, which is not its weight; "
                          "another proxy may listen on the same address",
                          name, seen.labels.contains(label) ? seen.labels.at(label).count : 0,
                          seen.count, label.empty() ? *s.emptied.begin() : label)};
  probe_.disarm(name);
  site.shifting.reset();
  return Failed{.error = std::move(error)};
}

}  // namespace slipway::haproxy
