// Instances that are services of a Swarm, one task each, or tasks of one service: its manager
// starts, limits and restarts them, the driver of containers does the rest.
#pragma once

#include <filesystem>
#include <memory>

#include "drivers/docker/form.h"

namespace slipway::swarm {

// `claims`: a file that says which task of a service that the swarm rolls is which instance.
std::unique_ptr<docker::Form> services(std::filesystem::path claims = {});

}  // namespace slipway::swarm
