// What the engine's clock says, for those outside the loop: never after the shell's next stamp by
// more than an instant.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/time.h"
#include "os/clock.h"

namespace slipway {

class EngineTime {
 public:
  void seen(Instant at) { offset_ = at.time_since_epoch().count() - os::since_boot().count(); }
  Instant now() const { return Instant(os::since_boot() + Duration(offset_.load())); }

 private:
  std::atomic<std::int64_t> offset_{0};
};

}  // namespace slipway
