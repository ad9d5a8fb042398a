// Processes whose shim was killed: they live on and are found by the numbers it left.
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <thread>
#include <tuple>

#include "os/clock.h"
#include "os/files.h"
#include "os/processes.h"
#include "os/shim.h"
#include "os/shim_words.h"

namespace slipway::os {
namespace {

constexpr int kGoingMs = 5'000;  // milliseconds take it; a machine without a free processor longer

struct Pids {
  std::string boot;
  Process shim, child;
};

Result<Pids> read_pids(const std::string& directory) {
  std::string text = TRY(read_file(pid_file(directory), 4096));
  auto process = [&](std::string_view key) {
    std::string words = field(text, key);
    std::size_t space = std::min(words.size(), words.find(' '));
    std::string_view start = std::string_view(words).substr(std::min(words.size(), space + 1));
    return Process{number<pid_t>(words), number<std::uint64_t>(start)};
  };
  return Pids{field(text, "boot"), process("shim"), process("child")};
}

// A shim that is killed closes its door before it has gone: whoever heard of the one must not take
// it for alive by the other. True: it lives and answers.
bool has_shim(const std::string& directory, const Process& shim) {
  if (!alive(shim)) return false;
  if (Shim::adopt(directory)) return true;
  const Fd gone(static_cast<int>(::syscall(SYS_pidfd_open, shim.pid, 0)));
  pollfd wait{gone.get(), POLLIN, 0};
  if (gone) std::ignore = ::poll(&wait, 1, kGoingMs);
  return alive(shim);
}

}  // namespace

pid_t Shim::orphan(const std::string& directory) {
  auto pids = read_pids(directory);
  if (!pids || pids->boot != boot_id() || alive(pids->shim)) return 0;
  return alive(pids->child) ? pids->child.pid : 0;
}

Result<> Shim::clear(const std::string& directory, int signal_number, Duration grace) {
  auto pids = read_pids(directory);
  if (!pids || pids->boot != boot_id() || has_shim(directory, pids->shim)) return {};
  auto deadline = std::chrono::steady_clock::now() + grace;
  if (grace > 0s && alive(pids->child)) ::kill(-pids->child.pid, signal_number);
  while (std::chrono::steady_clock::now() < deadline && alive(pids->child)) {
    std::this_thread::sleep_for(5ms);
  }
  return end_session(pids->shim, pids->child);
}

Result<Shim> Shim::guard(ShimSpec spec) {
  auto pids = TRY(read_pids(spec.directory));
  if (has_shim(spec.directory, pids.shim) || orphan(spec.directory) == 0) {
    return fail(Fault::missing, "{}: no process without a shim is here", spec.directory);
  }
  spec.adopt = pids.child;
  return start(spec);
}

}  // namespace slipway::os
