// The machine's clocks, for the shell alone: time since boot (sleep included), civil time, and
// which boot this is. Nothing else in the program asks for the time of a deployment.
#pragma once

#include <string>

#include "base/time.h"

namespace slipway::os {

Duration since_boot();  // CLOCK_BOOTTIME: never steps, goes on while the machine sleeps
Wall wall_now();        // CLOCK_REALTIME: may step either way
std::string boot_id();  // of the kernel; differs after every start of the machine; "" if unknown

}  // namespace slipway::os
