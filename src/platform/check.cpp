#include "platform/check.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "os/net.h"

namespace slipway::platform {

Check::Check(const HealthCheck& health, std::uint16_t port, bool behind_door)
    : health_(health), port_(port), behind_door_(behind_door) {}

Check::~Check() { os::collect(running_); }

int Check::fd() const { return running_.pidfd ? running_.pidfd.get() : socket_.get(); }

std::uint32_t Check::events() const {
  if (running_.pidfd || (connected_ && unsent_.empty())) return EPOLLIN;
  return EPOLLOUT;
}

std::optional<Finding> Check::begin(const Result<Command>& command) {
  if (health_.kind == HealthCheck::Kind::command) {
    if (!command) return Finding{false, command.error().text};
    auto running = os::run_command(command->argv, command->env, command->directory);
    if (!running) return Finding{false, running.error().text};
    running_ = std::move(*running);
    return std::nullopt;
  }
  auto socket = os::begin_connect("127.0.0.1", port_);
  if (!socket) {
    std::string text = socket.error().text;
    if (text == std::strerror(ECONNREFUSED)) text = "connection refused";
    return Finding{false, text};
  }
  socket_ = std::move(*socket);
  if (health_.kind == HealthCheck::Kind::http) {
    unsent_ = os::http_bytes({.path = health_.path, .port = port_});
  }
  return std::nullopt;
}

std::optional<Finding> Check::go_on() {
  if (running_.pidfd) {
    int status = os::collect(running_);
    if (status == 0) return Finding{true, ""};
    return Finding{false, status > 0 ? fmt::format("the command exited with {}", status)
                                     : fmt::format("the command ended by signal {}", -status)};
  }
  if (!connected_) {
    auto connected = os::end_connect(socket_.get());
    if (!connected) return Finding{false, connected.error().text};
    connected_ = true;
    if (health_.kind == HealthCheck::Kind::tcp && !behind_door_) return Finding{true, ""};
    if (health_.kind == HealthCheck::Kind::tcp) return std::nullopt;
  }
  if (health_.kind == HealthCheck::Kind::tcp) return was_sent_away();
  return unsent_.empty() ? read_reply() : send_request();
}

std::optional<Finding> Check::send_request() {
  ssize_t n = ::send(socket_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (n < 0 && errno != EAGAIN && errno != EINTR) return Finding{false, std::strerror(errno)};
  if (n > 0) unsent_.erase(0, static_cast<std::size_t>(n));
  return std::nullopt;
}

// A service that speaks first is there, too.
std::optional<Finding> Check::was_sent_away() {
  char byte = 0;
  const ssize_t n = ::recv(socket_.get(), &byte, 1, MSG_DONTWAIT);
  if (n > 0) return Finding{true, ""};
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  return Finding{false, "connection refused"};
}

std::optional<Finding> Check::read_reply() {
  char buffer[8 * 1024];
  ssize_t n = ::recv(socket_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  if (n < 0) return Finding{false, std::strerror(errno)};
  using State = os::ReplyReader::State;
  State state = n == 0 ? reader_.end() : reader_.feed({buffer, static_cast<std::size_t>(n)});
  if (state == State::more) return std::nullopt;
  if (state == State::broken) {
    return Finding{
        false, n == 0 ? "the connection was closed without an answer" : "the answer is not HTTP"};
  }
  return judge_status(reader_.reply().status);
}

Finding Check::judge_status(int status) const {
  if (status >= health_.status_min && status <= health_.status_max) return {true, ""};
  return {false, fmt::format("status {}", status)};
}

}  // namespace slipway::platform
