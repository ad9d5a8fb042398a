// What HAProxy answers, taken apart. Pure; what cannot be read is an error that quotes it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "drivers/haproxy/say.h"

namespace slipway::haproxy {

struct Info {  // show info
  std::string node;
  std::uint64_t generation = 0;
  std::int64_t pid = 0;
  std::uint64_t dropped_logs = 0;
  std::uint64_t connections = 0;
};
Result<Info> hear_info(std::string_view);

struct ServerState {  // show servers state
  std::uint16_t port = 0;
  Admin admin = Admin::maint;
  bool operator==(const ServerState&) const = default;
};
// By "backend/server"; answers of several backends may follow one another.
Result<std::map<std::string, ServerState, std::less<>>> hear_servers(std::string_view);

struct StatLine {  // show stat: one server, or a backend (server "BACKEND")
  std::string backend, server, status;
  std::uint64_t sessions = 0;  // scur
  std::uint64_t total = 0;     // stot: a retried request counts again at a server, not at a backend
  std::string check;           // "L4CON Connection refused"
};
Result<std::vector<StatLine>> hear_stat(std::string_view);

Result<Pairs> hear_map(std::string_view);              // show map
Result<std::uint64_t> hear_version(std::string_view);  // prepare map

struct Workers {  // show proc on the master's socket
  std::int64_t master = 0;
  std::uint64_t failed = 0;  // reloads
  std::vector<std::int64_t> current, old;
};
Result<Workers> hear_workers(std::string_view);

// The parts of a chained answer: each ends with an empty line.
std::vector<std::string_view> hear_parts(std::string_view);

// From our own files.
std::vector<Listener> hear_listeners(std::string_view);
int rendered_servers(std::string_view block);  // 0: none
std::vector<int> rendered_descriptors(std::string_view block);

}  // namespace slipway::haproxy
