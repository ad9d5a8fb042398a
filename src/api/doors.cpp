#include "api/doors.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

namespace slipway::api {
namespace {

constexpr int kBacklog = 512;

std::unexpected<Error> failed(int fd, const std::string& what) {
  const int error = errno;
  if (fd >= 0) ::close(fd);
  const Fault fault = error == EADDRINUSE ? Fault::conflict : Fault::unavailable;
  return fail(fault, "{}: {}", what, std::strerror(error));
}

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

bool somebody_answers(const sockaddr_un& address) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int result = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const bool full = result != 0 && errno == EAGAIN;  // its backlog is full: it lives
  ::close(fd);
  return result == 0 || full;
}

}  // namespace

Result<SocketPath> SocketPath::of(const std::string& path) {
  if (path.empty() || path.find('\0') != std::string::npos)
    return fail(Fault::invalid, "a socket needs a path");
  if (path.size() < sizeof(sockaddr_un::sun_path)) return SocketPath(-1, path);
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return fail(Fault::invalid, "{}: too long for a socket", path);
  const int folder = ::open(path.substr(0, slash + 1).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return fail(Fault::unavailable, "{}: {}", path, std::strerror(errno));
  std::string shown = fmt::format("/proc/self/fd/{}/{}", folder, path.substr(slash + 1));
  if (shown.size() >= sizeof(sockaddr_un::sun_path)) {
    ::close(folder);
    return fail(Fault::invalid, "{}: too long for a socket", path);
  }
  return SocketPath(folder, std::move(shown));
}

SocketPath::SocketPath(SocketPath&& other) noexcept
    : folder_(std::exchange(other.folder_, -1)), shown_(std::move(other.shown_)) {}

SocketPath::~SocketPath() {
  if (folder_ >= 0) ::close(folder_);
}

Result<int> listen_unix(const std::string& path) {
  const SocketPath place = TRY(SocketPath::of(path));
  const sockaddr_un address = address_of(place.shown());
  struct stat there{};
  if (::lstat(path.c_str(), &there) == 0) {
    if (!S_ISSOCK(there.st_mode))
      return fail(Fault::conflict, "{} is no socket; move it away", path);
    if (somebody_answers(address))
      return fail(Fault::conflict, "an agent answers at {} already", path);
    if (::unlink(path.c_str()) != 0) return failed(-1, path);
  }
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return failed(fd, "socket");
  // The mode of the descriptor becomes that of the file, so that it is never open to others.
  if (::fchmod(fd, 0600) != 0) return failed(fd, path);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return failed(fd, path);
  if (::chmod(path.c_str(), 0600) != 0 || ::listen(fd, kBacklog) != 0) return failed(fd, path);
  return fd;
}

Result<int> listen_loopback(const std::string& address, std::string& bound) {
  const auto colon = address.rfind(':');
  int port = -1;
  if (colon != std::string::npos) {
    const char* end = address.data() + address.size();
    const auto [stop, error] = std::from_chars(address.data() + colon + 1, end, port);
    if (error != std::errc() || stop != end || port > 65535) port = -1;
  }
  if (port < 0) return fail(Fault::invalid, "{}: an address is HOST:PORT", address);
  std::string host = address.substr(0, colon);
  if (host == "localhost") host = "127.0.0.1";
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(static_cast<std::uint16_t>(port));
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(static_cast<std::uint16_t>(port));
  const bool is_v4 = ::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1 &&
                     (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
  const bool is_v6 = host == "[::1]";
  if (is_v6) v6.sin6_addr = in6addr_loopback;
  if (!is_v4 && !is_v6)
    return fail(
        Fault::unsupported,
        "{}: only loopback addresses are supported yet (127.0.0.1:PORT); others need tokens "
        "and TLS",
        address);
  const int fd =
      ::socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return failed(fd, address);
  const int on = 1;
  if (::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) return failed(fd, address);
  const auto* any =
      is_v4 ? reinterpret_cast<const sockaddr*>(&v4) : reinterpret_cast<const sockaddr*>(&v6);
  const socklen_t size = is_v4 ? sizeof v4 : sizeof v6;
  if (::bind(fd, any, size) != 0 || ::listen(fd, kBacklog) != 0) return failed(fd, address);
  socklen_t length = size;
  auto* mine = is_v4 ? reinterpret_cast<sockaddr*>(&v4) : reinterpret_cast<sockaddr*>(&v6);
  if (::getsockname(fd, mine, &length) != 0) return failed(fd, address);
  bound = fmt::format("{}:{}", host, ntohs(is_v4 ? v4.sin_port : v6.sin6_port));
  return fd;
}

}  // namespace slipway::api
