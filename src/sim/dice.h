// Seeded draws for simulations: the same bits everywhere, since ln and exp are base's own. Each
// concern has a stream of its own, so that leaving one fault out does not change the others' draws.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/prng.h"
#include "base/time.h"

namespace slipway::sim {

class Dice {
 public:
  // `concern` tells streams of one seed apart: "traffic", "drivers", …
  Dice(std::uint64_t seed, std::string_view concern);

  double unit() { return prng_.unit(); }
  std::uint64_t next() { return prng_.next(); }
  std::uint64_t below(std::uint64_t n) { return prng_.below(n); }
  bool chance(double p) { return prng_.unit() < p; }
  Duration between(Duration least, Duration most);
  double normal();
  std::uint64_t poisson(double mean);
  std::uint64_t binomial(std::uint64_t n, double p);

 private:
  Prng prng_;
};

}  // namespace slipway::sim
