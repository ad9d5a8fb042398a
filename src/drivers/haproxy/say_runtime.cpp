#include <algorithm>

#include "base/check.h"
#include "base/limits.h"
#include "drivers/haproxy/say.h"

namespace slipway::haproxy {
namespace {

const char* word_of(Admin admin) {
  switch (admin) {
    case Admin::maint:
      return "maint";
    case Admin::drain:
      return "drain";
    case Admin::ready:
      return "ready";
  }
  return "maint";
}

const RouteSlot* slot_of(const Route& route, int slot) {
  for (const auto& s : route.slots)
    if (s.slot == slot) return &s;
  return nullptr;
}

std::vector<const RouteServer*> ready_servers(const RouteSlot& slot) {
  std::vector<const RouteServer*> out;
  for (const auto& server : slot.servers)
    if (server.ready) out.push_back(&server);
  return out;
}

}  // namespace

// The newest copy has the lowest buckets. So a share that grows only adds buckets, and a sticky
// client that has come over stays.
Pairs split_pairs(std::string_view site, const Route& route) {
  std::vector<const RouteSlot*> slots;
  int sum = 0;
  for (const auto& slot : route.slots) {
    if (slot.weight <= 0) continue;
    slots.push_back(&slot);
    sum += slot.weight;
  }
  CHECK(sum == 0 || sum == limits::kWeightSum, "{}: weights sum to {}", site, sum);
  std::sort(slots.begin(), slots.end(), [](const RouteSlot* a, const RouteSlot* b) {
    return std::pair(b->copy, a->slot) < std::pair(a->copy, b->slot);
  });
  Pairs out;
  int from = 0;
  for (const RouteSlot* slot : slots) {
    out.emplace_back(fmt::format("{}-{}", from, from + slot->weight - 1),
                     backend(site, slot->slot));
    from += slot->weight;
  }
  return out;
}

Pairs version_pairs(std::string_view site, const Route& route) {
  Pairs out;
  for (int i = 0; i < 3; ++i) {
    const RouteSlot* slot = slot_of(route, i);
    out.emplace_back(backend(site, i), slot && !slot->version.empty() ? slot->version : "-");
  }
  return out;
}

Pairs control_pairs(std::string_view site, const Route& route) {
  return {{"fallback", route.fallback < 0 ? "-" : backend(site, route.fallback)}, {"salt", "0"}};
}

std::string map_text(const Pairs& pairs) {
  std::string out;
  for (const auto& [key, value] : pairs) out += fmt::format("{} {}\n", key, value);
  return out;
}

std::string listeners_text(const std::vector<Listener>& listeners) {
  std::string out;
  for (const auto& listener : listeners)
    out += fmt::format("{} {}\n", listener.address, listener.site);
  return out;
}

std::vector<Place> places(std::string_view site, const Route& route, int servers) {
  std::vector<Place> out;
  const RouteSlot* stable = route.fallback < 0 ? nullptr : slot_of(route, route.fallback);
  const auto nets = stable ? ready_servers(*stable) : std::vector<const RouteServer*>{};
  for (int i = 0; i < 3; ++i) {
    const RouteSlot* slot = slot_of(route, i);
    const std::string be = backend(site, i);
    const auto add = [&](std::string name, const RouteServer* server, Admin admin) {
      Place place{.slot = i, .name = name, .path = be + "/" + name};
      if (server != nullptr) {
        place.port = server->port;
        place.instance = server->instance;
        place.last_resort = server->last_resort;
        place.admin = admin;
      }
      out.push_back(std::move(place));
    };
    for (int n = 1; n <= servers; ++n) {
      const RouteServer* found = nullptr;
      if (slot != nullptr)
        for (const auto& server : slot->servers)
          if (server.index == n) found = &server;
      add(fmt::format("s{}", n), found, found && found->ready ? Admin::ready : Admin::drain);
    }
    // Stable's instances stand behind the candidate's, never the reverse.
    const bool behind = slot != nullptr && slot != stable && !slot->servers.empty();
    for (int n = 1; n <= fallback_servers(servers); ++n) {
      const auto at = static_cast<std::size_t>(n - 1);
      add(fmt::format("fb{}", n), behind && at < nets.size() ? nets[at] : nullptr, Admin::ready);
    }
    // Behind all of them one that is tried whatever the checks say: stable's, or its own.
    const auto own = slot != nullptr && slot->weight > 0 ? ready_servers(*slot)
                                                         : std::vector<const RouteServer*>{};
    const auto& last = behind && stable != nullptr ? nets : own;
    add(std::string(kLastNet), last.empty() ? nullptr : last.front(), Admin::ready);
  }
  return out;
}

std::string set_address(std::string_view server, std::uint16_t port) {
  return fmt::format("set server {} addr 127.0.0.1 port {}", server, port);
}
std::string set_admin(std::string_view server, Admin admin) {
  return fmt::format("set server {} state {}", server, word_of(admin));
}
std::string set_healthy(std::string_view server) {
  return fmt::format("set server {} health up", server);
}
std::string cut_sessions(std::string_view server) {
  return fmt::format("shutdown sessions server {}", server);
}
std::string set_map(std::string_view file, std::string_view key, std::string_view value) {
  return fmt::format("set map {} {} {}", file, key, value);
}
std::string show_map(std::string_view file) { return fmt::format("show map {}", file); }

std::string show_servers(std::string_view site) {
  return fmt::format("show servers state {};show servers state {};show servers state {}",
                     backend(site, 0), backend(site, 1), backend(site, 2));
}
std::string show_stat(std::string_view site) {
  return fmt::format("show stat {} 6 -1;show stat {} 6 -1;show stat {} 6 -1", backend(site, 0),
                     backend(site, 1), backend(site, 2));
}
std::string prepare_map(std::string_view file) { return fmt::format("prepare map {}", file); }

std::string commit_map(std::string_view file, std::uint64_t version, const Pairs& pairs) {
  std::string out;
  for (const auto& [key, value] : pairs)
    out += fmt::format("add map @{} {} {} {};", version, file, key, value);
  return out + fmt::format("commit map @{} {}", version, file);
}

std::string to_old_worker(std::int64_t pid, std::string_view command) {
  return fmt::format("@!{} {}", pid, command);
}

}  // namespace slipway::haproxy
