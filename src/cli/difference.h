// The difference of two texts, line by line, with three lines around each change.
#pragma once

#include <string>
#include <vector>

namespace slipway::cli {

// "+added", "-removed", " kept", "…" for what was left out; empty when they are equal.
std::vector<std::string> difference(const std::vector<std::string>& before,
                                    const std::vector<std::string>& after);

}  // namespace slipway::cli
