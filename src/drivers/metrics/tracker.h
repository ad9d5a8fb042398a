// Answers of a source, one after another → what the judge reads: increases of counters, gauges, a
// histogram's tail. Pure; one object per metric and watch.
#pragma once

#include <optional>
#include <string>

#include "contract/event.h"
#include "drivers/metrics/question.h"

namespace slipway::metrics {

class Tracker {
 public:
  Tracker() = default;
  explicit Tracker(MetricQuery query) : query_(std::move(query)) {}

  // Both answers belong to `span`; `now` is engine time. Nothing: there is nothing to judge yet
  // (the first answer of a counter, no traffic, nothing newer than before).
  std::optional<analysis::Reading> take(Instant now, Span span, const Said& stable,
                                        const Said& candidate);
  // Why the newest answer gave no reading; empty: it did.
  const std::string& silence() const { return silence_; }

 private:
  struct Side {
    std::map<std::string, double> failed, total;
    std::map<std::string, std::map<double, double>> buckets;
    bool begun = false;
  };
  struct Increase {
    double failed = 0, total = 0;
    std::map<double, double> buckets;
    bool there = false;
  };

  bool too_old(Span span, const Said&, const Said&);
  Increase increase(Side&, const Said&);
  double grown(std::map<std::string, double>& before, const std::map<std::string, double>& now,
               bool begun);
  double step(double before, double now, bool named, const char* what);
  double sound(double value);
  void gauge(analysis::Reading&, const Said& stable, const Said& candidate);
  bool counts(analysis::Reading&, const Said& stable, const Said& candidate);
  void tail(analysis::Reading&, const Increase& stable, const Increase& candidate);

  MetricQuery query_;
  Side stable_, candidate_;
  std::map<double, double> stable_so_far_;  // of a histogram: what the quantile is taken of
  Instant last_{};
  Wall newest_{};
  std::string trouble_, silence_;
};

}  // namespace slipway::metrics
