// Apply: servers, versions, fallback and weights of a site as its Route says, from whatever is
// there.
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "drivers/haproxy/carrier.h"
#include "drivers/haproxy/worker.h"

namespace slipway::haproxy {
namespace {

constexpr Duration kAdmission = 10s;     // then waiting is a failure
constexpr std::size_t kLine = 8 * 1024;  // HAProxy reads a line into 16 KiB
// A request that found its server dead waits for `timeout connect` before it is given to another:
// until then that other must be there.
constexpr auto kNetLinger = 1s;

// Somebody accepts on this port of the loopback. HAProxy's own first check of a server comes up to
// half a second late; the platform has already proven the instance healthy.
bool accepts(std::uint16_t port) {
  const os::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return true;
  if (errno != EINPROGRESS) return false;
  pollfd wait{fd.get(), POLLOUT, 0};
  int error = 0;
  socklen_t length = sizeof error;
  return ::poll(&wait, 1, 20) > 0 &&
         ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == 0;
}

// Commands whose effect is read back afterwards, so that their answers need not be understood. What
// the last of them answers is given back, with empty lines before it.
Result<std::string> send_all(const std::string& socket, const std::vector<std::string>& commands) {
  std::string line;
  for (const auto& command : commands) {
    if (!line.empty() && line.size() + command.size() > kLine) {
      TRY(ask_worker(socket, line));
      line.clear();
    }
    line += (line.empty() ? "" : ";") + command;
  }
  return line.empty() ? std::string() : ask_worker(socket, line);
}

bool retryable(Fault fault) {
  return fault != Fault::conflict && fault != Fault::invalid && fault != Fault::refused &&
         fault != Fault::missing && fault != Fault::unsupported && fault != Fault::exhausted;
}

bool is_net(const Place& place) { return place.name.starts_with("fb"); }

// A net under a backend may stay while its instance serves.
bool still_serves(const Route& route, std::uint16_t port) {
  return std::any_of(route.slots.begin(), route.slots.end(), [&](const RouteSlot& slot) {
    return std::any_of(slot.servers.begin(), slot.servers.end(),
                       [&](const RouteServer& s) { return s.ready && s.port == port; });
  });
}

const Place* worst(const std::vector<Place>& wanted,
                   const std::map<std::string, ServerState, std::less<>>& servers) {
  for (const auto& place : wanted) {
    if (is_net(place) && place.admin == Admin::maint) continue;  // taken away a little later
    const auto at = servers.find(place.path);
    if (at == servers.end() || at->second.admin != place.admin ||
        (place.port != 0 && at->second.port != place.port))
      return &place;
  }
  return nullptr;
}

}  // namespace

Outcome failed(Error error) {
  const bool again = retryable(error.fault);
  return Failed{.error = std::move(error), .retryable = again};
}

Result<Haproxy::Worker::Actual> Haproxy::Worker::actual(const std::string& name) {
  const Paths& p = proxy_.paths();
  Actual out;
  const std::string answer =
      TRY(ask_worker(p.socket(),
                     fmt::format("{};{};{};{}", show_servers(name), show_map(p.map(name, "split")),
                                 show_map(p.map(name, "ver")), show_map(p.map(name, "ctl"))),
                     200ms));
  const auto parts = hear_parts(answer);
  if (parts.size() < 6)
    return fail(Fault::corrupt, "HAProxy does not know the backends and maps of {}: {}", name,
                answer.substr(0, 200));
  out.servers = TRY(hear_servers({parts[0].begin(), parts[2].end()}));
  out.split = TRY(hear_map(parts[3]));
  out.versions = TRY(hear_map(parts[4]));
  out.control = TRY(hear_map(parts[5]));
  return out;
}

// Keys of these maps are always there, so one `set` each is enough; the file first, because a start
// of the proxy reads it.
static Result<> settle_map(Proxy& proxy, const std::string& name, const char* kind,
                           const Pairs& wanted, Pairs& now) {
  if (wanted == now) return {};
  TRY(proxy.save_map(name, kind, wanted));
  std::string line;
  for (const auto& pair : wanted) {
    if (std::find(now.begin(), now.end(), pair) != now.end()) continue;
    line +=
        (line.empty() ? "" : ";") + set_map(proxy.paths().map(name, kind), pair.first, pair.second);
  }
  TRY(tell_worker(proxy.paths().socket(), line));
  now = wanted;
  return {};
}

Result<> Haproxy::Worker::settle_versions(const std::string& name, const Route& route,
                                          Actual& now) {
  return settle_map(proxy_, name, "ver", version_pairs(name, route), now.versions);
}

Result<> Haproxy::Worker::settle_control(const std::string& name, const Route& route, Actual& now) {
  return settle_map(proxy_, name, "ctl", control_pairs(name, route), now.control);
}

Result<> Haproxy::Worker::settle_split(const std::string& name, const Route& route, Actual& now) {
  if (split_pairs(name, route) == now.split && TRY(proxy_.old_workers()).empty()) return {};
  TRY(swap_split(name, route));
  now.split = split_pairs(name, route);
  return {};
}

Result<> Haproxy::Worker::swap_split(const std::string& name, const Route& route) {
  const Pairs pairs = split_pairs(name, route);
  TRY(proxy_.save_map(name, "split", pairs));
  const std::string file = proxy_.paths().map(name, "split");
  TRY(swap_on(file, pairs, nullptr));
  for (const auto& worker : TRY(proxy_.old_workers())) {
    const auto swapped = swap_on(file, pairs, &worker);
    if (swapped) continue;
    // It may have ended meanwhile; or it was there before this site, and does not know it.
    const auto left = TRY(proxy_.old_workers());
    const bool lives = std::find(left.begin(), left.end(), worker) != left.end();
    if (lives && swapped.error().fault != Fault::missing) return swapped;
  }
  return {};
}

// One version of the map replaces the other at once, and is read back. No `old`: on the current
// one.
Result<> Haproxy::Worker::swap_on(const std::string& file, const Pairs& pairs,
                                  const Proxy::OldWorker* old) {
  const auto ask = [&](const std::string& command) {
    return old == nullptr ? ask_worker(proxy_.paths().socket(), command, 200ms)
                          : ask_master(old->master, to_old_worker(old->pid, command), {});
  };
  const std::string prepared = TRY(ask(prepare_map(file)));
  if (prepared.starts_with("Unknown map"))
    return fail(Fault::missing, "HAProxy does not know the map {}", file);
  const auto version = TRY(hear_version(prepared));
  if (old == nullptr) {
    TRY(tell_worker(proxy_.paths().socket(), commit_map(file, version, pairs)));
  } else {  // the master passes one command at a time on
    std::string rest = commit_map(file, version, pairs) + ";";
    for (auto end = rest.find(';'); end != std::string::npos; end = rest.find(';')) {
      TRY(ask(rest.substr(0, end)));
      rest.erase(0, end + 1);
    }
  }
  const Pairs now = TRY(hear_map(TRY(ask(show_map(file)))));
  if (now != pairs)
    return fail(Fault::unavailable, "HAProxy has the split `{}` where `{}` was set", map_text(now),
                map_text(pairs));
  return {};
}

// Servers of these slots that shall be ready get their address, are looked at while they get no
// traffic, and are admitted. False: some are not there yet.
Result<bool> Haproxy::Worker::admit(Site& site, const std::vector<Place>& wanted, Actual& now,
                                    const std::set<int>& slots) {
  std::vector<std::string> commands;
  std::vector<const Place*> waiting;
  for (const auto& place : wanted) {
    if (place.port == 0 || !slots.contains(place.slot)) continue;
    ServerState& state = now.servers[place.path];
    if (state.port != place.port) {
      if (state.admin != Admin::maint) commands.push_back(set_admin(place.path, Admin::maint));
      commands.push_back(set_address(place.path, place.port));
      commands.push_back(set_admin(place.path, Admin::drain));
      state = {place.port, Admin::drain};
    } else if (state.admin == Admin::maint) {
      commands.push_back(set_admin(place.path, Admin::drain));
      state.admin = Admin::drain;
    }
    if (place.admin != Admin::ready || state.admin != Admin::drain) continue;
    if (place.last_resort) {
      commands.push_back(set_admin(place.path, Admin::ready));
      state.admin = Admin::ready;
    } else {
      waiting.push_back(&place);
    }
  }
  TRY(send_all(proxy_.paths().socket(), commands));
  if (!waiting.empty()) TRY(admit_placed(waiting, now));
  const bool all = std::all_of(waiting.begin(), waiting.end(), [&](const Place* place) {
    return now.servers[place->path].admin == Admin::ready;
  });
  if (all) {
    site.admitting = {};
  } else if (site.admitting == Clock::time_point{}) {
    site.admitting = Clock::now();
  }
  return all;
}

// A server just placed counts as up before any check, and one used again still shows its old check:
// only the status DRAIN, without a fraction, says that it answers.
Result<> Haproxy::Worker::admit_placed(const std::vector<const Place*>& waiting, Actual& now) {
  const std::string socket = proxy_.paths().socket();
  std::vector<std::string> commands;
  std::set<std::string> backends;
  std::map<std::uint16_t, bool> answers;  // an instance stands in several places
  for (const Place* place : waiting) {
    const auto [at, is_new] = answers.try_emplace(place->port);
    if (is_new) at->second = accepts(place->port);
    if (at->second) commands.push_back(set_healthy(place->path));
    backends.insert(place->path.substr(0, place->path.find('/')));
  }
  std::string ask;
  for (const auto& backend : backends)
    ask += fmt::format("{}show stat {} 4 -1", ask.empty() ? "" : ";", backend);
  commands.push_back(std::move(ask));
  std::set<std::string> drain;
  for (const auto& line : TRY(hear_stat(TRY(send_all(socket, commands)))))
    if (line.status == "DRAIN") drain.insert(line.backend + "/" + line.server);
  commands.clear();
  for (const Place* place : waiting) {
    if (!drain.contains(place->path)) continue;
    commands.push_back(set_admin(place->path, Admin::ready));
    now.servers[place->path].admin = Admin::ready;
  }
  TRY(send_all(socket, commands));
  return {};
}

Result<> Haproxy::Worker::withdraw(Site& site, const std::vector<Place>& wanted, Actual& now) {
  std::vector<std::string> commands;
  for (const auto& place : wanted) {
    ServerState& state = now.servers[place.path];
    const bool drain = place.admin == Admin::drain && state.admin == Admin::ready;
    const bool maint = place.admin == Admin::maint && state.admin != Admin::maint;
    if (!drain && !maint) continue;
    if (maint && is_net(place) && still_serves(site.route, state.port)) {
      site.nets_until = Clock::now() + kNetLinger;
      continue;
    }
    commands.push_back(set_admin(place.path, place.admin));
    state.admin = place.admin;
  }
  TRY(send_all(proxy_.paths().socket(), commands));
  return {};
}

Result<> Haproxy::Worker::withdraw_nets(Site& site) {
  const std::string name = site.id.name();
  Actual now = TRY(actual(name));
  std::vector<std::string> commands;
  for (const auto& place : places(name, site.route, proxy_.servers(name))) {
    if (!is_net(place) || place.admin != Admin::maint) continue;
    if (now.servers[place.path].admin == Admin::maint) continue;
    commands.push_back(set_admin(place.path, Admin::maint));
  }
  site.nets_until = {};
  if (commands.empty()) return {};
  TRY(send_all(proxy_.paths().socket(), commands));
  TRY(proxy_.save_servers());
  return {};
}

std::string Haproxy::Worker::why_not_admitted(const Site& site) const {
  const auto answer = ask_worker(proxy_.paths().socket(), show_stat(site.id.name()));
  const auto lines = answer ? hear_stat(*answer) : std::unexpected(answer.error());
  if (!lines) return lines.error().text;
  for (const auto& place : places(site.id.name(), site.route, proxy_.servers(site.id.name()))) {
    if (place.admin != Admin::ready) continue;
    for (const auto& line : *lines)
      if (line.backend + "/" + line.server == place.path && line.status != "UP" &&
          !line.status.starts_with("UP ") && line.status != "no check")
        return fmt::format(
            "{}: the proxy's own check does not pass for instance {} at 127.0.0.1:{} ({}, {})",
            site.id.name(), place.instance, place.port, line.status, line.check);
  }
  return fmt::format("{}: servers are not admitted yet", site.id.name());
}

Result<bool> Haproxy::Worker::settle(Site& site, const Route& route, bool weights_first) {
  const std::string name = site.id.name();
  TRY(proxy_.provide(name, route));
  Actual now = TRY(actual(name));
  const auto before = now.servers;
  const auto wanted = places(name, route, proxy_.servers(name));
  TRY(settle_versions(name, route, now));
  // A slot that shall get traffic has a server first.
  std::set<int> needed, all{0, 1, 2};
  for (const auto& slot : route.slots) {
    if (slot.weight <= 0) continue;
    bool has = false, wants = false;
    for (const auto& place : wanted) {
      if (place.slot != slot.slot || place.admin != Admin::ready) continue;
      wants = true;
      has = has || now.servers[place.path] == ServerState{place.port, Admin::ready};
    }
    if (wants && !has) needed.insert(slot.slot);
  }
  bool done = needed.empty() || TRY(admit(site, wanted, now, needed));
  if (done) {
    if (weights_first) TRY(settle_split(name, route, now));
    TRY(settle_control(name, route, now));
    done = TRY(admit(site, wanted, now, all));
    TRY(settle_split(name, route, now));
    TRY(withdraw(site, wanted, now));
  }
  // What is saved is what the proxy says by now.
  if (now.servers != before) now.servers = TRY(hear_servers(TRY(proxy_.save_servers())));
  if (!done) return false;
  if (const Place* place = worst(wanted, now.servers))
    return fail(Fault::unavailable, "{}: HAProxy did not take the state of {}", name, place->path);
  return true;
}

Outcome Haproxy::Worker::apply(Site& site, const Route& route, bool weights_first) {
  site.in_force = false;
  site.route = route;
  site.known = true;
  const auto done = settle(site, route, weights_first);
  if (!done) return failed(done.error());
  if (!*done) {
    if (Clock::now() - site.admitting < kAdmission) return Pending{20ms};
    site.admitting = {};
    return Failed{.error = {Fault::timeout, why_not_admitted(site)}};
  }
  site.in_force = true;
  return Done{};
}

// Without changing anything: does the proxy have this route?
Result<bool> Haproxy::Worker::has(const std::string& name, const Route& route) {
  if (!proxy_.running()) return false;
  const Actual now = TRY(actual(name));
  return worst(places(name, route, proxy_.servers(name)), now.servers) == nullptr &&
         now.split == split_pairs(name, route) && now.versions == version_pairs(name, route) &&
         now.control == control_pairs(name, route);
}

}  // namespace slipway::haproxy
