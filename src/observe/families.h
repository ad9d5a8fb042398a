// Metric families in the making: each name once, with its help, its type and its samples. The
// model and its text form are prometheus-cpp's.
#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "views/delivery.h"

namespace slipway::observe {

using Labels = std::vector<prometheus::ClientMetric::Label>;

class Family {
 public:
  Family(std::vector<prometheus::MetricFamily>& page, prometheus::MetricType type, const char* name,
         const char* help)
      : page_(page), at_(page.size()) {
    page_.push_back({.name = name, .help = help, .type = type, .metric = {}});
  }
  void add(double value, Labels labels = {});
  void add(const views::Spread&, Labels labels);
  // Bounds and how many lie between one and the one before; a last count without a bound is the
  // rest.
  void add(const std::vector<std::pair<double, std::uint64_t>>& within, std::uint64_t count,
           double sum, Labels labels);

 private:
  std::vector<prometheus::MetricFamily>& page_;
  std::size_t at_;
};

}  // namespace slipway::observe
