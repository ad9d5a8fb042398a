// Random bytes from the system's generator, fit for tokens.
#pragma once

#include <cstddef>
#include <string>

namespace slipway::os {

std::string random_hex(std::size_t bytes);

}  // namespace slipway::os
