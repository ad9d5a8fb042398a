#include "drivers/haproxy/carrier.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "os/files.h"

namespace slipway::haproxy {
namespace {

constexpr int kAnswerMs = 2'000;
using Clock = std::chrono::steady_clock;

Result<os::Fd> call(const std::string& path, Duration patience) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return fail(Fault::invalid, "{}: a socket's path has at most {} bytes; use a shorter folder",
                path, sizeof address.sun_path - 1);
  std::memcpy(address.sun_path, path.data(), path.size());
  const auto until = Clock::now() + patience;
  for (;;) {
    os::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd) return fail(Fault::exhausted, "no socket for HAProxy: {}", std::strerror(errno));
    if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
    const int error = errno;
    const bool absent = error == ECONNREFUSED || error == ENOENT || error == EAGAIN;
    if (!absent || Clock::now() >= until)
      return fail(Fault::unavailable, "HAProxy cannot be reached at {}: {}", path,
                  std::strerror(error));
    ::poll(nullptr, 0, 2);
  }
}

Result<std::string> converse(const std::string& path, std::string_view command, bool half_close,
                             Duration patience) {
  const os::Fd fd = TRY(call(path, patience));
  std::string line(command);
  line += '\n';
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t n = ::send(fd.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0)
      return fail(Fault::unavailable, "HAProxy went away at {}: {}", path, std::strerror(errno));
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  if (half_close) ::shutdown(fd.get(), SHUT_WR);
  const auto until = Clock::now() + std::chrono::milliseconds(kAnswerMs);
  std::string answer;
  char buffer[16 * 1024];
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    pollfd wait{fd.get(), POLLIN, 0};
    const int ready = left <= 0 ? 0 : ::poll(&wait, 1, static_cast<int>(left));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0)
      return fail(Fault::timeout, "HAProxy did not answer `{}` in 2 s", command.substr(0, 80));
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      return fail(Fault::unavailable, "HAProxy went away at {}: {}", path, std::strerror(errno));
    if (n == 0) return answer;
    answer.append(buffer, static_cast<std::size_t>(n));
  }
}

}  // namespace

Result<std::string> ask_worker(const std::string& socket, std::string_view command,
                               Duration patience) {
  return converse(socket, command, false, patience);
}

Result<std::string> ask_master(const std::string& socket, std::string_view command,
                               Duration patience) {
  return converse(socket, command, true, patience);
}

Result<> tell_worker(const std::string& socket, std::string_view command) {
  const std::string answer = TRY(ask_worker(socket, command));
  if (answer.find_first_not_of(" \r\n") == std::string::npos) return {};
  return fail(Fault::refused, "HAProxy refused `{}`: {}", command.substr(0, 120),
              answer.substr(0, answer.find_last_not_of(" \r\n") + 1));
}

}  // namespace slipway::haproxy
