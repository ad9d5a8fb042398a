// How a criterion is tested: which engine, with which null hypothesis (the table of the analysis
// page, section 5). Of this room alone; nothing here has state.
#pragma once

#include <span>
#include <string>

#include "analysis/judge.h"

namespace slipway::analysis {

enum class Engine : std::uint8_t { none, rate1, rate2, pool2 };

struct Probe {
  Engine engine = Engine::none;
  bool latency = false;
  double quantile = 0.5;             // latency
  double null_rate = 0.01;           // rate1: the rate that is still good
  double rho = 1.5, delta = 0.0005;  // rate2
  double factor = 1;                 // pool2: slower than stable by so much is still good
  double limit_us = 0;               // rate1 of a latency
};

// The null when nothing is written: half as many errors again, and 0.05 percentage points.
Criterion default_criterion();

Probe probe_of(const Criterion&);

// Whether it can decide anything in this stage: in a bake nothing runs beside the candidate, so
// that relative criteria carry no information there; external signals have no source of their own.
bool decides(const Probe&, bool bake);

// The criterion of a test of this charge.
Criterion criterion_of(const Charge&, const Test&);

inline constexpr Duration kFresh = std::chrono::seconds(60);  // data older than this is stale

// Bad counts are kept as the newest tick, with more errors than requests, until a good block comes.
bool bad_data(const Judge&);

// The last three seconds with traffic were nothing but errors (analysis page, section 5).
bool failing_fast(const Judge&);

}  // namespace slipway::analysis
