// Everything HAProxy is told, as text: the configuration, the map files, the runtime commands.
// Pure: knows nothing of sockets, files or time. The rules are those of the data plane page,
// section 1; a rule is rendered only for a service that uses it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "contract/command.h"

namespace slipway::haproxy {

// Sockets, maps and rows of one proxy; on memory.
struct Paths {
  std::string run;  // the folder
  std::string config() const { return run + "/haproxy.cfg"; }
  std::string check_config() const { return run + "/check.cfg"; }
  std::string socket() const { return run + "/hap.sock"; }
  std::string master() const { return run + "/master.sock"; }
  std::string rows() const { return run + "/rows"; }
  std::string servers_state() const { return run + "/servers.state"; }
  std::string listeners() const { return run + "/listeners"; }
  std::string block(std::string_view site) const;  // the site's part of the config
  std::string map(std::string_view site, std::string_view kind) const;  // split, ver, ctl
};

// A listening socket that the shim holds as descriptor 10 + its place in the list.
struct Listener {
  std::string address;
  std::string site;  // SiteId::name()
  bool operator==(const Listener&) const = default;
};
inline constexpr int kFirstListener = 10;

struct Globals {
  Paths paths;
  std::uint64_t generation = 0;  // of the configuration; `show info` gives it back
  int maxconn = 0;
  bool drop_rights = false;  // the agent is root and there is a user haproxy
};

// Connections that may be open at once: 2 × maxconn + servers + listeners + 64 ≤ descriptors, and
// at most 32,000. 0 when there are too few descriptors for even 16.
int maxconn_for(std::uint64_t descriptors, int servers, int listeners);
inline int fallback_servers(int servers) { return servers < 4 ? servers : 4; }
// The last of each backend, which is not checked: an outage shorter than its tries costs time
// alone.
inline constexpr std::string_view kLastNet = "fb0";
// Servers per backend: a power of two, never fewer than `rendered` (shrinking would cost a reload).
int server_slots(const Route&, int rendered);

std::string global_section(const Globals&);
// Frontend and backends of one site; `descriptors` of its listeners.
std::string site_section(const Paths&, std::string_view site, const RouteSpec&, int servers,
                         const std::vector<int>& descriptors);
std::string closing_section();
// For `haproxy -c`, which has neither the sockets nor the row file.
std::string for_check(std::string config, const std::vector<Listener>&);

std::string backend(std::string_view site, int slot);
// The lines of a map file, in order.
using Pairs = std::vector<std::pair<std::string, std::string>>;
Pairs split_pairs(std::string_view site, const Route&);
Pairs version_pairs(std::string_view site, const Route&);
Pairs control_pairs(std::string_view site, const Route&);
std::string map_text(const Pairs&);
std::string listeners_text(const std::vector<Listener>&);

enum class Admin : std::uint8_t { maint, drain, ready };

// What one server line shall be.
struct Place {
  int slot = 0;
  std::string name;        // "s1", "fb1", "fb0"
  std::string path;        // "web-production_a/s1"
  std::uint16_t port = 0;  // 0: nobody's
  Admin admin = Admin::maint;
  std::uint32_t instance = 0;  // 0: nobody's
  bool last_resort = false;    // admitted whatever its check says
  bool operator==(const Place&) const = default;
};
// All server lines of the site's three backends.
std::vector<Place> places(std::string_view site, const Route&, int servers);

// Runtime commands.
std::string set_address(std::string_view server, std::uint16_t port);
std::string set_admin(std::string_view server, Admin);
std::string set_healthy(std::string_view server);
std::string cut_sessions(std::string_view server);
std::string set_map(std::string_view file, std::string_view key, std::string_view value);
std::string show_map(std::string_view file);
std::string show_servers(std::string_view site);  // of the three backends, chained
std::string show_stat(std::string_view site);     // of the three backends and servers, chained
std::string prepare_map(std::string_view file);
// Fills the version that prepare_map() answered and commits it, in one write.
std::string commit_map(std::string_view file, std::uint64_t version, const Pairs&);
std::string to_old_worker(std::int64_t pid, std::string_view command);

}  // namespace slipway::haproxy
