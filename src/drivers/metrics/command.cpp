// A command as a source: what it prints, as long as it ends well and in time.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "drivers/metrics/asker.h"
#include "os/processes.h"

namespace slipway::metrics {
namespace {

constexpr std::size_t kMostOutput = 64 * 1024;

// False: there is too much of it.
bool drain(int fd, std::string& out) {
  char buffer[4096];
  for (;;) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return true;
    out.append(buffer, static_cast<std::size_t>(n));
    if (out.size() > kMostOutput) return false;
  }
}

}  // namespace

Result<Reply> ask_command(const CommandQuestion& question,
                          const std::vector<std::pair<std::string, std::string>>& environment,
                          Duration timeout) {
  auto env = environment;
  env.insert(env.end(), question.env.begin(), question.env.end());
  os::Running running =
      TRY(os::run_command(question.argv, env, question.directory, os::Output::kept));
  ::fcntl(running.output.get(), F_SETFL, O_NONBLOCK);
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  Reply reply;
  bool ended = false, fits = true;
  while (!ended && fits) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                          deadline - std::chrono::steady_clock::now())
                          .count();
    if (left <= 0) break;
    pollfd watched[] = {{running.pidfd.get(), POLLIN, 0}, {running.output.get(), POLLIN, 0}};
    // A pipe whose writers are gone would be ready for ever.
    const bool open = (watched[1].revents & POLLHUP) == 0;
    if (::poll(watched, open ? 2 : 1, static_cast<int>(left)) < 0 && errno != EINTR) break;
    fits = drain(running.output.get(), reply.body);
    ended = (watched[0].revents & POLLIN) != 0;
    if (!ended && (watched[1].revents & POLLHUP) != 0) {
      pollfd end{running.pidfd.get(), POLLIN, 0};
      ended = ::poll(&end, 1, static_cast<int>(left)) > 0;
    }
  }
  const int status = os::collect(running);  // kills what still runs
  if (!fits) return fail(Fault::corrupt, "it prints more than {} bytes", kMostOutput);
  if (!ended) return fail(Fault::timeout, "it did not end in {:.0f} ms", to_ms(timeout));
  if (status != 0)
    return status > 0 ? fail(Fault::unavailable, "it exited with {}", status)
                      : fail(Fault::unavailable, "it ended by signal {}", -status);
  return reply;
}

}  // namespace slipway::metrics
