// Drain: no new requests, the open ones end, then the servers are out of the proxy.
#include <algorithm>

#include "drivers/haproxy/carrier.h"
#include "drivers/haproxy/worker.h"

namespace slipway::haproxy {
namespace {

// Sessions now open on these servers.
Result<std::uint64_t> sessions_of(const std::string& socket, const std::string& site,
                                  const std::vector<std::string>& servers) {
  const std::string answer = TRY(ask_worker(socket, show_stat(site), 200ms));
  std::uint64_t sum = 0;
  for (const auto& line : TRY(hear_stat(answer)))
    if (std::find(servers.begin(), servers.end(), line.backend + "/" + line.server) !=
        servers.end())
      sum += line.sessions;
  return sum;
}

// The route when these are gone.
Route without(Route route, const std::vector<std::uint32_t>& instances) {
  for (auto& slot : route.slots)
    std::erase_if(slot.servers, [&](const RouteServer& server) {
      return std::count(instances.begin(), instances.end(), server.instance) > 0;
    });
  return route;
}

}  // namespace

Outcome Haproxy::Worker::drain(Site& site, const Issued& issued, const Drain& command) {
  const std::string name = site.id.name();
  site.draining.reset();
  // An instance stands in its own backend, and behind the candidate's as fallback.
  std::set<std::uint16_t> ports;
  for (const auto& slot : command.route.slots)
    for (const auto& server : slot.servers)
      if (std::count(command.instances.begin(), command.instances.end(), server.instance) > 0)
        ports.insert(server.port);
  const bool there = proxy_.running() && proxy_.servers(name) > 0;
  // A site that the proxy never got (its address is taken) has no connections.
  if (!there) return Done{};
  Draining d{.command = issued.id, .since = Clock::now()};
  const auto now = actual(name);
  if (!now) return failed(now.error());
  for (const auto& [path, state] : now->servers)
    if (state.admin != Admin::maint && ports.contains(state.port)) d.servers.push_back(path);
  const auto open = sessions_of(proxy_.paths().socket(), name, d.servers);
  if (!open) return failed(open.error());
  d.sessions = *open;
  // Other servers of the route may still be waited for; that does not hold up this one's end.
  // Given again after it was done, it finds them out of the proxy, and they stay there.
  auto outcome = apply(
      site, d.servers.empty() ? without(command.route, command.instances) : command.route, true);
  if (std::holds_alternative<Failed>(outcome)) return outcome;
  site.draining = std::move(d);
  return drained(site, command);
}

Outcome Haproxy::Worker::drained(Site& site, const Drain& command) {
  Draining& d = *site.draining;
  const std::string name = site.id.name();
  const std::string socket = proxy_.paths().socket();
  const auto open = sessions_of(socket, name, d.servers);
  if (!open) return failed(open.error());
  const auto old = proxy_.old_workers();
  if (!old) return failed(old.error());
  const bool late = Clock::now() - d.since >= command.grace;
  if ((*open > 0 || !old->empty()) && !late) return Pending{20ms};
  if (*open > 0 && !d.was_cut) {
    for (const auto& server : d.servers)
      if (const auto cut = tell_worker(socket, cut_sessions(server)); !cut)
        return failed(cut.error());
    d.cut = *open;
    d.was_cut = true;
    if (!old->empty()) proxy_.end_old_workers();
    return Pending{5ms};
  }
  if (!old->empty()) proxy_.end_old_workers();  // they would still send to what is stopped next
  if (!d.servers.empty()) {
    // Out of the proxy; other servers may still be waited for, which is not this command's affair.
    auto outcome = apply(site, without(command.route, command.instances), true);
    if (std::holds_alternative<Failed>(outcome)) return outcome;
  }
  Observed observed;
  observed.cut = d.cut;
  observed.drained = d.sessions > d.cut ? d.sessions - d.cut : 0;
  observed.took = std::chrono::duration_cast<Duration>(Clock::now() - d.since);
  site.draining.reset();
  return Done{std::move(observed)};
}

}  // namespace slipway::haproxy
