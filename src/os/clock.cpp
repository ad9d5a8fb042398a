#include "os/clock.h"

#include <ctime>
#include <fstream>

namespace slipway::os {
namespace {

Duration read(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return std::chrono::seconds(now.tv_sec) +
         std::chrono::duration_cast<Duration>(std::chrono::nanoseconds(now.tv_nsec));
}

}  // namespace

Duration since_boot() { return read(CLOCK_BOOTTIME); }

Wall wall_now() { return Wall(read(CLOCK_REALTIME)); }

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

}  // namespace slipway::os
