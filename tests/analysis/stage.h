// Charges and a stage under load, for the tests of the judge.
#pragma once

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "analysis/judge.h"
#include "base/prng.h"

namespace slipway::analysis {

using namespace std::chrono_literals;

inline Criterion error_below(double limit) {
  return {.metric = Metric::error_rate, .name = "error_rate", .limit = limit, .text = "< limit"};
}

inline Criterion latency_below(double quantile, double ms) {
  return {.metric = Metric::latency, .name = "p99_latency", .quantile = quantile, .limit = ms};
}

// A ramp's stage: 5 %, then everything at once.
inline Charge ramp(std::vector<Criterion> criteria, Duration dwell = 10min) {
  return {.weight = 500, .dwell = dwell, .criteria = std::move(criteria), .ahead = {10'000}};
}

inline Charge bake(std::vector<Criterion> criteria, Duration dwell) {
  return {.weight = 10'000, .bake = true, .dwell = dwell, .criteria = std::move(criteria)};
}

inline Criterion both(Criterion c) {
  c.both_sides = true;
  return c;
}

inline Criterion relative(Metric metric, Compare compare, double limit, double quantile = 0.5) {
  return {.metric = metric, .compare = compare, .name = "x", .quantile = quantile, .limit = limit};
}

// Two versions under load: seconds of traffic into one judge.
// What is known of a stable that was healthy for so many requests.
inline Baseline known_stable(std::uint64_t requests, double errors, double ms = 20) {
  Block b;
  Prng prng{7};
  b.to = Instant(1s);
  b.stable.requests = requests;
  b.stable.errors = static_cast<std::uint64_t>(static_cast<double>(requests) * errors);
  for (std::uint64_t i = 0; i < requests; ++i)
    b.stable.latencies.add(ms * 1000.0 * (0.5 + prng.unit()));
  Baseline known;
  known.add(b);
  return known;
}

struct Stage {
  Judge judge;
  Instant now{};
  Prng prng{42};
  double stable_errors = 0.001, candidate_errors = 0.001;
  double stable_ms = 20, candidate_ms = 20;
  double rps = 200, weight = 0.05;

  explicit Stage(Charge charge, const Baseline& known = {})
      : judge(std::move(charge), Instant{}, known) {}

  Counts counts(double requests, double errors, double ms) {
    Counts c;
    c.requests = static_cast<std::uint64_t>(requests);
    c.over.assign(judge.charge.latency_limits_us.size(), 0);
    for (std::uint64_t i = 0; i < c.requests; ++i) {
      if (prng.unit() < errors) ++c.errors;
      const double us = ms * 1000.0 * (0.5 + prng.unit());
      c.latencies.add(us);
      for (std::size_t k = 0; k < c.over.size(); ++k)
        if (us > judge.charge.latency_limits_us[k]) ++c.over[k];
    }
    return c;
  }

  Block block(Duration span = 1s) {
    Block b;
    b.from = now;
    b.to = now + span;
    const double n = rps * to_seconds(span);
    b.candidate = counts(n * weight, candidate_errors, candidate_ms);
    if (weight < 1) b.stable = counts(n * (1 - weight), stable_errors, stable_ms);
    return b;
  }

  Verdict second() {
    judge.ingest(block());
    now += 1s;
    return judge.look(now);
  }

  // Seconds until the ruling is not hold; -1: never within `limit`.
  int until_decided(int limit) {
    for (int i = 1; i <= limit; ++i)
      if (second().ruling != Ruling::hold) return i;
    return -1;
  }
};

inline const slipway::analysis::Test& test_of(const Judge& judge, const std::string& name,
                                              Side side) {
  for (const auto& t : judge.tests)
    if (t.subject->name == name && t.side == side) return t;
  ADD_FAILURE() << name << " is not tested";
  return judge.tests.front();
}

}  // namespace slipway::analysis
