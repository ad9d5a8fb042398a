// Watching over HAProxy's process: its shim starts it again when it dies, and here is seen to it
// that it has a shim.
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>

#include "drivers/haproxy/proxy.h"

namespace slipway::haproxy {
namespace {

constexpr std::int64_t kGuardAgainMs = 60'000;  // after a try that failed

std::int64_t milliseconds_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

std::optional<Proxy::Restart> Proxy::look() {
  if (shim_) {
    char buffer[512];
    pollfd event{watch_.get(), POLLIN, 0};
    while (watch_ && ::poll(&event, 1, 0) > 0) {
      if (::read(watch_.get(), buffer, sizeof buffer) > 0) continue;
      watch_.reset();
    }
    const auto status = shim_->status();
    if (status && status->shim != 0) {
      if (!watch_) watch_shim();
      if (status->starts == starts_) return std::nullopt;
      starts_ = status->starts;
      return Restart{Duration(status->down_us)};
    }
    shim_.reset();
    watch_.reset();
  }
  if (!running_) return std::nullopt;
  if (info(50ms)) return guard_again();
  const auto from = std::chrono::steady_clock::now();
  if (const auto again = start(); !again) return std::nullopt;  // look() comes back each second
  return Restart{std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - from)};
}

// Its shim was killed and it serves on, but nobody would start it again and nobody can add a
// socket. Where the system does not let us take its sockets (kernel.yama.ptrace_scope) it goes on
// as it is, and look() starts it when it dies.
std::optional<Proxy::Restart> Proxy::guard_again() {
  if (milliseconds_now() < guard_at_ms_) return std::nullopt;
  const pid_t orphan = os::Shim::orphan(shim_dir());
  if (orphan == 0) {
    // Its shim is on its way out, and look() comes back; or it only could not be reached.
    adopt_shim();
    return std::nullopt;
  }
  if (take_over(orphan)) return Restart{.lost_requests = false};
  guard_at_ms_ = milliseconds_now() + kGuardAgainMs;
  return std::nullopt;
}

// A new shim gets the very sockets and the row file, and a new HAProxy starts beside the old one,
// which then finishes what it has: no connection is refused, no row is lost.
Result<> Proxy::take_over(std::int64_t orphan) {
  namespace fs = std::filesystem;
  TRY(save_servers());
  const std::string old_config = TRY(os::read_file(paths_.config()));
  const std::string config = TRY(render(generation_ + 1));
  TRY(check(config));
  TRY(write(config));
  const std::string left = fmt::format("{}/master.{}.sock", paths_.run, generation_);
  std::error_code ignored;
  fs::rename(paths_.master(), left, ignored);
  os::ShimSpec spec = shim_spec();
  spec.take_from = static_cast<pid_t>(orphan);
  auto shim = os::Shim::start(spec);
  if (!shim) {
    fs::rename(left, paths_.master(), ignored);
    TRY(write(old_config));
    return std::unexpected(shim.error());
  }
  shim_ = std::move(*shim);
  starts_ = 1;
  ++generation_;
  inherited_ = listeners_.size();
  watch_shim();
  const auto taken = await_generation();
  // Whether it came up at once or its shim still tries: two must not be told different weights.
  ::kill(static_cast<pid_t>(orphan), SIGUSR1);
  old_until_ms_ = milliseconds_now() + kOldWorkerMs;
  return taken;
}

}  // namespace slipway::haproxy
