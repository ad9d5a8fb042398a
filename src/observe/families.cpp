#include "observe/families.h"

#include <limits>

namespace slipway::observe {

void Family::add(double value, Labels labels) {
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  if (page_[at_].type == prometheus::MetricType::Counter)
    metric.counter.value = value;
  else
    metric.gauge.value = value;
  page_[at_].metric.push_back(std::move(metric));
}

void Family::add(const std::vector<std::pair<double, std::uint64_t>>& within, std::uint64_t count,
                 double sum, Labels labels) {
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  metric.histogram.sample_count = count;
  metric.histogram.sample_sum = sum;
  std::uint64_t below = 0;
  for (const auto& [bound, n] : within)
    metric.histogram.bucket.push_back({.cumulative_count = below += n, .upper_bound = bound});
  metric.histogram.bucket.push_back(
      {.cumulative_count = count, .upper_bound = std::numeric_limits<double>::infinity()});
  page_[at_].metric.push_back(std::move(metric));
}

void Family::add(const views::Spread& spread, Labels labels) {
  std::vector<std::pair<double, std::uint64_t>> within;
  for (std::size_t i = 0; i < spread.kBounds.size(); ++i)
    within.emplace_back(spread.kBounds[i], spread.within[i]);
  add(within, spread.count, spread.sum_s, std::move(labels));
}

}  // namespace slipway::observe
