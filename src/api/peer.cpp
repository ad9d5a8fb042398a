#include "api/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace slipway::api {
Result<uid_t> peer_of_unix(int fd) {
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0)
    return fail(Fault::unavailable, "SO_PEERCRED: {}", std::strerror(errno));
  return who.uid;
}

Far peer_of_tcp(int fd) {
  sockaddr_storage there{};
  socklen_t size = sizeof there;
  char text[INET6_ADDRSTRLEN] = {};
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&there), &size) != 0) return {};
  if (there.ss_family == AF_INET) {
    const auto& a = reinterpret_cast<const sockaddr_in&>(there);
    const bool loopback = (ntohl(a.sin_addr.s_addr) >> 24) == 127;
    return {::inet_ntop(AF_INET, &a.sin_addr, text, sizeof text), loopback};
  }
  const auto& a = reinterpret_cast<const sockaddr_in6&>(there);
  if (IN6_IS_ADDR_V4MAPPED(&a.sin6_addr)) {
    const auto* v4 = a.sin6_addr.s6_addr + 12;
    return {::inet_ntop(AF_INET, v4, text, sizeof text), v4[0] == 127};
  }
  return {::inet_ntop(AF_INET6, &a.sin6_addr, text, sizeof text),
          IN6_IS_ADDR_LOOPBACK(&a.sin6_addr) != 0};
}

std::string name_of(uid_t uid) {
  std::vector<char> buffer(16 * 1024);
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  return found == nullptr ? fmt::format("uid {}", uid) : std::string(found->pw_name);
}

}  // namespace slipway::api
