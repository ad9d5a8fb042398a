// One block → the evidence of one test. Of this room alone.
#pragma once

#include "analysis/judge.h"

namespace slipway::analysis {

// What of a block is the same for all tests.
struct Feed {
  const Judge& judge;
  const Block& block;
  std::uint64_t n_stable, n_candidate;  // latencies
  double seconds;
  double saturation;  // of the safe side

  Feed(const Judge&, const Block&);
};

void feed(Test&, const Feed&);
// Of another source. True: the reading was sound.
bool feed(Test&, const Reading&, double beta);

// ln of the most that is kept on the safe side (section 4.4).
double saturation(double beta);

}  // namespace slipway::analysis
