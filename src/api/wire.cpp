#include "api/wire.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>

#include "api/doors.h"
#include "api/tls_client.h"

namespace slipway::api {
namespace {

using Clock = std::chrono::steady_clock;

std::string lower(std::string_view s) {
  std::string out(s);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string_view trim(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t' || s.back() == '\r'))
    s.remove_suffix(1);
  return s;
}

}  // namespace

Result<Wire> Wire::unix_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const SocketPath place = TRY(SocketPath::of(path));
  std::memcpy(address.sun_path, place.shown().data(), place.shown().size());
  Wire wire(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (wire.fd_ < 0) return fail(Fault::exhausted, "socket: {}", std::strerror(errno));
  if (::connect(wire.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return fail(Fault::unavailable, "{}: {}", path, std::strerror(errno));
  return wire;
}

Result<Wire> Wire::tcp(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &list); error != 0)
    return fail(Fault::unavailable, "{}:{}: {}", host, port, ::gai_strerror(error));
  std::string trouble = "no address";
  for (const addrinfo* a = list; a != nullptr; a = a->ai_next) {
    Wire wire(::socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (wire.fd_ >= 0 && ::connect(wire.fd_, a->ai_addr, a->ai_addrlen) == 0) {
      const int on = 1;
      // Only an optimisation: without it requests still arrive.
      (void)::setsockopt(wire.fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      ::freeaddrinfo(list);
      return wire;
    }
    trouble = std::strerror(errno);
  }
  ::freeaddrinfo(list);
  return fail(Fault::unavailable, "{}:{}: {}", host, port, trouble);
}

Wire::Wire(Wire&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      buffer_(std::move(other.buffer_)),
      tls_(std::move(other.tls_)) {}

Wire& Wire::operator=(Wire&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(buffer_, other.buffer_);
  std::swap(tls_, other.tls_);
  return *this;
}

Result<> Wire::secure(const std::string& host, const std::string& authorities) {
  tls_ = std::make_shared<TlsClient>(TRY(TlsClient::over(fd_, host, authorities)));
  return {};
}

Wire::~Wire() {
  if (fd_ >= 0) ::close(fd_);
}

Result<> Wire::write(std::string_view bytes) {
  if (tls_) return tls_->write(bytes, 30s);
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(Fault::unavailable, "the connection ended: {}", std::strerror(errno));
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<bool> Wire::more(Duration wait) {
  if (tls_) {
    const std::string bytes = TRY(tls_->read(std::max(wait, Duration::zero())));
    buffer_ += bytes;
    return !bytes.empty();
  }
  pollfd p{fd_, POLLIN, 0};
  const auto ms = std::max<std::int64_t>(0, (wait.count() + 999) / 1000);
  const int ready = ::poll(&p, 1, static_cast<int>(std::min<std::int64_t>(ms, 1 << 30)));
  // An interrupted wait ends early, so that a caller who was interrupted can look why.
  if (ready == 0 || (ready < 0 && errno == EINTR)) return fail(Fault::timeout, "no answer in time");
  if (ready < 0) return fail(Fault::unavailable, "poll: {}", std::strerror(errno));
  char bytes[16384];
  const ssize_t n = ::recv(fd_, bytes, sizeof bytes, 0);
  if (n < 0) return fail(Fault::unavailable, "the connection ended: {}", std::strerror(errno));
  buffer_.append(bytes, static_cast<std::size_t>(n));
  return n > 0;
}

Result<std::string> Wire::until(std::string_view end, Duration wait, std::size_t most) {
  const auto deadline = Clock::now() + wait;
  std::size_t from = 0;
  for (;;) {
    const auto found = buffer_.find(end, from);
    if (found != std::string::npos) {
      std::string out = buffer_.substr(0, found + end.size());
      buffer_.erase(0, found + end.size());
      return out;
    }
    if (buffer_.size() > most) return fail(Fault::corrupt, "an answer of more than {} bytes", most);
    from = buffer_.size() >= end.size() ? buffer_.size() - end.size() + 1 : 0;
    const auto left = std::chrono::duration_cast<Duration>(deadline - Clock::now());
    if (!TRY(more(left))) return fail(Fault::unavailable, "the connection ended");
  }
}

Result<std::string> Wire::exactly(std::size_t bytes, Duration wait) {
  const auto deadline = Clock::now() + wait;
  while (buffer_.size() < bytes) {
    const auto left = std::chrono::duration_cast<Duration>(deadline - Clock::now());
    if (!TRY(more(left))) return fail(Fault::unavailable, "the connection ended");
  }
  std::string out = buffer_.substr(0, bytes);
  buffer_.erase(0, bytes);
  return out;
}

Result<std::string> Wire::to_the_end(Duration wait, std::size_t most) {
  const auto deadline = Clock::now() + wait;
  for (;;) {
    const auto left = std::chrono::duration_cast<Duration>(deadline - Clock::now());
    if (!TRY(more(left))) break;
    if (buffer_.size() > most) return fail(Fault::corrupt, "an answer of more than {} bytes", most);
  }
  return std::exchange(buffer_, {});
}

std::string Head::field(std::string_view name) const {
  for (const auto& [key, value] : fields)
    if (key == name) return value;
  return "";
}

Result<Head> parse_head(const std::string& bytes) {
  Head head;
  std::string_view rest(bytes);
  bool first = true;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    const std::string_view line = trim(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (first) {
      first = false;
      const bool http = line.starts_with("HTTP/1.") && line.size() >= 12;
      if (!http ||
          std::from_chars(line.data() + 9, line.data() + 12, head.status).ec != std::errc())
        return fail(Fault::corrupt, "what answers is no HTTP: {}", line.substr(0, 40));
      continue;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    head.fields.emplace_back(lower(line.substr(0, colon)), trim(line.substr(colon + 1)));
  }
  if (first) return fail(Fault::corrupt, "an empty answer");
  return head;
}

}  // namespace slipway::api
