#include "api/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

namespace slipway::api {
namespace {

// As the kernel writes addresses: words of the machine's byte order in hex, ":", the port.
std::optional<std::string> table_name(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    const auto& a = reinterpret_cast<const sockaddr_in&>(address);
    return fmt::format("{:08X}:{:04X}", a.sin_addr.s_addr, ntohs(a.sin_port));
  }
  if (address.ss_family == AF_INET6) {
    const auto& a = reinterpret_cast<const sockaddr_in6&>(address);
    std::uint32_t words[4];
    std::memcpy(words, &a.sin6_addr, sizeof words);
    return fmt::format("{:08X}{:08X}{:08X}{:08X}:{:04X}", words[0], words[1], words[2], words[3],
                       ntohs(a.sin6_port));
  }
  return std::nullopt;
}

std::optional<uid_t> find_in(const char* table, const std::string& local,
                             const std::string& remote) {
  std::ifstream file(table);
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::string slot, from, to, state, queues, timer, retransmits;
    uid_t uid = 0;
    if (!(fields >> slot >> from >> to >> state >> queues >> timer >> retransmits >> uid)) continue;
    if (from == local && to == remote) return uid;
  }
  return std::nullopt;
}

}  // namespace

Result<uid_t> peer_of_unix(int fd) {
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0)
    return fail(Fault::unavailable, "SO_PEERCRED: {}", std::strerror(errno));
  return who.uid;
}

std::optional<uid_t> peer_of_loopback(int fd) {
  sockaddr_storage here{}, there{};
  socklen_t size = sizeof here;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&here), &size) != 0) return std::nullopt;
  size = sizeof there;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&there), &size) != 0) return std::nullopt;
  const auto local = table_name(there), remote = table_name(here);
  if (!local || !remote) return std::nullopt;
  return find_in(here.ss_family == AF_INET ? "/proc/net/tcp" : "/proc/net/tcp6", *local, *remote);
}

std::string name_of(uid_t uid) {
  std::vector<char> buffer(16 * 1024);
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  return found == nullptr ? fmt::format("uid {}", uid) : std::string(found->pw_name);
}

}  // namespace slipway::api
