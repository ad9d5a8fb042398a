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

namespace {

// Where to listen, of either family.
struct TcpAddress {
  std::string host;
  sockaddr_storage bytes{};
  socklen_t size = 0;
  bool loopback = false;
};

Result<TcpAddress> tcp_address(const std::string& address) {
  const auto colon = address.rfind(':');
  int port = -1;
  if (colon != std::string::npos) {
    const char* end = address.data() + address.size();
    const auto [stop, error] = std::from_chars(address.data() + colon + 1, end, port);
    if (error != std::errc() || stop != end || port > 65535) port = -1;
  }
  if (port < 0) return fail(Fault::invalid, "{}: an address is HOST:PORT", address);
  TcpAddress out;
  out.host = address.substr(0, colon);
  auto& v4 = reinterpret_cast<sockaddr_in&>(out.bytes);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(out.bytes);
  const std::string host = out.host == "localhost" ? "127.0.0.1" : out.host;
  if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(static_cast<std::uint16_t>(port));
    out.size = sizeof v4;
    out.loopback = (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
  } else if (host.size() > 2 && host.front() == '[' && host.back() == ']' &&
             ::inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(static_cast<std::uint16_t>(port));
    out.size = sizeof v6;
    out.loopback = IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
  } else {
    return fail(Fault::invalid,
                "{}: an address to listen at is a number, like 127.0.0.1:7411, 0.0.0.0:7411 or "
                "[::]:7411",
                address);
  }
  if (host != out.host) out.host = host;
  return out;
}

}  // namespace

Result<int> listen_tcp(const std::string& address, bool secure, std::string& bound) {
  TcpAddress at = TRY(tcp_address(address));
  if (!at.loopback && !secure)
    return fail(
        Fault::unsupported,
        "{}: other machines can reach this address, and tokens must not travel in the "
        "clear: it needs TLS; write `agent: {{ listen: \"{}\", tls: {{ own: true }} }}`, or "
        "name a certificate (docs/people.md), or listen at 127.0.0.1",
        address, address);
  const int fd = ::socket(at.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return failed(fd, address);
  const int on = 1;
  if (::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) return failed(fd, address);
  auto* where = reinterpret_cast<sockaddr*>(&at.bytes);
  if (::bind(fd, where, at.size) != 0 || ::listen(fd, kBacklog) != 0) return failed(fd, address);
  socklen_t length = at.size;
  if (::getsockname(fd, where, &length) != 0) return failed(fd, address);
  const bool v4 = at.bytes.ss_family == AF_INET;
  bound = fmt::format("{}:{}", at.host,
                      ntohs(v4 ? reinterpret_cast<sockaddr_in&>(at.bytes).sin_port
                               : reinterpret_cast<sockaddr_in6&>(at.bytes).sin6_port));
  return fd;
}

}  // namespace slipway::api
