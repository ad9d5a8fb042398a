// Instances that are services of a Swarm, one task each: its manager starts, limits and restarts
// them, the driver of containers does the rest.
#pragma once

#include <memory>

#include "drivers/docker/form.h"

namespace slipway::swarm {

std::unique_ptr<docker::Form> services();

}  // namespace slipway::swarm
