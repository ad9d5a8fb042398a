// Processes by number and start time: a number alone may have been given to a stranger.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "os/files.h"

namespace slipway::os {

struct Process {
  pid_t pid = 0;
  std::uint64_t start = 0;  // clock ticks since boot, field 22 of /proc/PID/stat (proc(5))
};

// The process that has this number now; start 0 when there is none.
Process process_of(pid_t);
// It runs (and is not a zombie) with this start time.
bool alive(const Process&);

// Kills what a killed shim left: its child's process group and its session, as long as they are
// provably its own. Fault::timeout when something is still there after 5 s.
Result<> end_session(const Process& shim, const Process& child);

// A short command in a process group of its own. `env` is all of its environment.
struct Running {
  pid_t pid = 0;
  Fd pidfd;   // readable when it ended; then collect() gives its status
  Fd output;  // what it writes, when that is kept
};
enum class Output : std::uint8_t { discarded, kept };
Result<Running> run_command(const std::vector<std::string>& argv,
                            const std::vector<std::pair<std::string, std::string>>& env,
                            const std::string& directory, Output = Output::discarded);
// The exit code or -signal of an ended command; kills its group first when it still runs.
int collect(Running&);

}  // namespace slipway::os
