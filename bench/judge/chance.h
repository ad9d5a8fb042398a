// Seeded chance for the simulation: fast Poisson and normal numbers.
#pragma once

#include <cmath>
#include <cstdint>

#include "base/prng.h"

namespace slipway::judge_bench {

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : prng_(seed) {}

  double unit() { return prng_.unit(); }

  double normal() {
    if (has_spare_) {
      has_spare_ = false;
      return spare_;
    }
    double u = 0, v = 0, s = 0;
    do {
      u = 2 * unit() - 1;
      v = 2 * unit() - 1;
      s = u * u + v * v;
    } while (s >= 1 || s == 0);
    const double f = std::sqrt(-2 * std::log(s) / s);
    spare_ = v * f;
    has_spare_ = true;
    return u * f;
  }

  std::uint64_t poisson(double mean) {
    if (mean <= 0) return 0;
    if (mean > 40) {  // normal with a continuity correction: its own error is far below a count
      const double x = mean + std::sqrt(mean) * normal();
      return x < 0 ? 0 : static_cast<std::uint64_t>(x + 0.5);
    }
    double left = unit(), p = std::exp(-mean);
    std::uint64_t k = 0;
    while (left > p && k < 1000) {
      left -= p;
      p *= mean / static_cast<double>(++k);
    }
    return k;
  }

 private:
  Prng prng_;
  double spare_ = 0;
  bool has_spare_ = false;
};

}  // namespace slipway::judge_bench
