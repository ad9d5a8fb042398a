// The e-process around one engine (analysis page, section 4): the onset mixture, the token bucket
// that keeps one short blip from deciding, and saturation. Changes an Evidence and nothing else.
#pragma once

#include <optional>
#include <span>

#include "analysis/judge.h"

namespace slipway::analysis {

// Nats that may be won: at once, per second, and in one block.
struct Bucket {
  double depth = 2, refill = 0.5, most = 3;
};

struct Around {
  std::optional<Bucket> bucket;      // harm side
  std::optional<double> saturation;  // safe side: the most ln M that is kept
  double gamma = 1;                  // tempering, in (0, 1]
};

// One block: `llr` one log e-value for each alternative (the same number every time), `dt` seconds.
void advance(Evidence&, std::span<const double> llr, double dt, const Around&);

}  // namespace slipway::analysis
