#include "analysis/dispersion.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace slipway::analysis {
namespace {

constexpr double kMost = 200;

double sum_of(const std::vector<std::uint64_t>& bin) {
  return static_cast<double>(std::accumulate(bin.begin(), bin.end(), std::uint64_t{0}));
}

}  // namespace

Dispersion dispersion(std::span<const std::vector<std::uint64_t>> bins,
                      std::span<const double> shares) {
  Dispersion out;
  if (bins.size() < 2 || bins.front().empty()) return out;
  const std::size_t instances = bins.front().size();
  const auto share = [&](std::size_t i) {
    return shares.empty() ? 1.0 / static_cast<double>(instances) : shares[i];
  };
  double total = 0, pairs = 0, scatter = 0;
  for (const auto& bin : bins) {
    const double t = sum_of(bin);
    total += t;
    pairs += t * (t - 1);
    for (std::size_t i = 0; i < instances; ++i) {
      const double off = static_cast<double>(bin[i]) - t * share(i);
      scatter += off * off;
    }
  }
  if (total < 2) return out;
  const double n = static_cast<double>(bins.size()), mean = total / n;
  double squares = 0, variance = 0;
  for (std::size_t i = 0; i < instances; ++i) squares += share(i) * share(i);
  for (const auto& bin : bins) variance += (sum_of(bin) - mean) * (sum_of(bin) - mean);
  variance /= n - 1;
  out.over_time = variance / mean;
  out.tempered_over_time =
      std::clamp(out.over_time - 2 * std::sqrt((2 + 1 / mean) / n), 1.0, kMost);
  out.tempered = out.tempered_over_time;
  if (instances < 2 || squares >= 1) return out;
  out.between = scatter / (total * (1 - squares));
  const double error = std::sqrt(2 * pairs / static_cast<double>(instances - 1)) / total;
  out.tempered = std::clamp(out.between - 2 * error, 1.0, kMost);
  return out;
}

}  // namespace slipway::analysis
