// What a stage still waits for, as a person counts it: requests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "analysis/judge.h"

namespace slipway::analysis {

struct Missing {
  std::string name;         // of the metric that takes longest
  std::uint64_t seen = 0;   // requests to the candidate that count for it
  std::uint64_t about = 0;  // needed when no bad one comes; 0: cannot be told
  double seconds = -1;      // at the pace of this stage; negative: cannot be told
};

// Nothing where nothing has to be shown, or all of it was.
std::optional<Missing> missing(const Judge&);

}  // namespace slipway::analysis
