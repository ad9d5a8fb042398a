#include "os/net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cctype>
#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "base/digest.h"

namespace slipway::os {

Result<Fd> begin_connect(const std::string& address, std::uint16_t port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  if (::inet_pton(AF_INET, address.c_str(), &to.sin_addr) != 1) {
    return fail(Fault::invalid, "{} is not an IPv4 address", address);
  }
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail(Fault::exhausted, "no socket: {}", std::strerror(errno));
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0 &&
      errno != EINPROGRESS) {
    return fail(Fault::unavailable, "{}", std::strerror(errno));
  }
  return fd;
}

Result<> end_connect(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error == 0) return {};
  std::string text = std::strerror(error);
  text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return fail(Fault::unavailable, "{}", text);
}

namespace {

constexpr int kRefusalMs = 50;  // the loopback refuses at once

// A port may be led elsewhere by the packet filter, as a container engine does it: whoever binds
// it then hears nothing.
bool refuses(std::uint16_t port) {
  const auto fd = begin_connect("127.0.0.1", port);
  if (!fd) return fd.error().text == std::strerror(ECONNREFUSED);
  pollfd wait{fd->get(), POLLOUT, 0};
  if (::poll(&wait, 1, kRefusalMs) <= 0) return false;
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(fd->get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == ECONNREFUSED;
}

}  // namespace

bool port_free(std::uint16_t port) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_port = htons(port);
  any.sin_addr.s_addr = htonl(INADDR_ANY);
  if (!fd || ::bind(fd.get(), reinterpret_cast<sockaddr*>(&any), sizeof any) != 0) return false;
  fd.reset();
  return refuses(port);
}

PortPool::PortPool(std::uint16_t first, std::uint16_t last, const std::string& seed)
    : first_(first), last_(last) {
  CHECK(first > 0 && first <= last, "{}-{}", first, last);
  std::uint32_t start =
      static_cast<std::uint32_t>(std::stoul(sha256_hex(seed).substr(0, 7), nullptr, 16));
  next_ = start % (last_ - first_ + 1U);
}

Result<std::uint16_t> PortPool::take() {
  std::lock_guard lock(mutex_);
  std::uint32_t count = last_ - first_ + 1U;
  for (std::uint32_t tried = 0; tried < count; ++tried) {
    std::uint16_t port = static_cast<std::uint16_t>(first_ + next_);
    next_ = (next_ + 1) % count;
    if (taken_.contains(port) || !port_free(port)) continue;
    taken_.insert(port);
    return port;
  }
  return fail(Fault::exhausted, "no free port between {} and {}; stop what holds them", first_,
              last_);
}

void PortPool::keep(std::uint16_t port) {
  std::lock_guard lock(mutex_);
  taken_.insert(port);
}

void PortPool::give_back(std::uint16_t port) {
  std::lock_guard lock(mutex_);
  taken_.erase(port);
}

}  // namespace slipway::os
