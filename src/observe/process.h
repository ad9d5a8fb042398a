// What the kernel says about this process and the machine's memory (proc(5)).
#pragma once

#include <cstdint>

namespace slipway::observe {

struct Process {
  std::uint64_t resident_bytes = 0;
  std::uint64_t available_bytes = 0;  // of the machine, or of the control group when it has less
  double cpu_seconds = 0;
  std::uint64_t open_fds = 0, max_fds = 0;
  std::uint64_t threads = 0;
};
Process this_process();

}  // namespace slipway::observe
