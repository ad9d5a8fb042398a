#include "analysis/probe.h"

#include <algorithm>

namespace slipway::analysis {

Criterion default_criterion() {
  Criterion c;
  c.metric = Metric::error_rate;
  c.compare = Compare::ratio;
  c.name = "error_rate";
  c.limit = 1.5;
  c.text = "< 1.5 × stable";
  c.origin = "default";
  return c;
}

Probe probe_of(const Criterion& c) {
  // Never quite 0 or 1: a limit of 0 would make the first error infinite evidence.
  constexpr double kLeast = 1e-9;
  Probe p;
  p.latency = c.metric == Metric::latency;
  p.quantile = std::clamp(c.quantile, kLeast, 1.0 - 1e-4);
  if (c.metric == Metric::external) return p;
  switch (c.compare) {
    case Compare::absolute:
      p.engine = Engine::rate1;
      p.null_rate = p.latency ? 1.0 - p.quantile : std::clamp(c.limit, kLeast, 1.0 - kLeast);
      p.limit_us = c.limit * 1000.0;
      break;
    case Compare::ratio:
      p.engine = p.latency ? Engine::pool2 : Engine::rate2;
      p.factor = p.rho = c.limit;
      p.delta = 0.0005;  // never 0: else three errors beside a spotless stable decide
      break;
    case Compare::increase:
      p.engine = p.latency ? Engine::pool2 : Engine::rate2;
      p.factor = 1.0 + c.limit;
      p.rho = 1.0;
      p.delta = c.limit;
      break;
  }
  return p;
}

bool decides(const Probe& p, bool bake) {
  if (p.engine == Engine::none) return false;
  return p.engine == Engine::rate1 || !bake;
}

Criterion criterion_of(const Charge& charge, const Test& test) {
  if (test.criterion < 0) return default_criterion();
  return charge.criteria.at(static_cast<std::size_t>(test.criterion));
}

bool bad_data(const Judge& judge) {
  return !judge.fast.empty() && judge.fast.back().errors > judge.fast.back().requests;
}

bool failing_fast(const Judge& judge) {
  std::uint64_t requests = 0, ticks = 0;
  for (auto tick = judge.fast.rbegin(); tick != judge.fast.rend(); ++tick) {
    if (tick->errors > tick->requests) return false;
    if (std::uint64_t{tick->errors} * 10 < std::uint64_t{tick->requests} * 9) return false;
    requests += tick->requests;
    if (++ticks >= 3 && requests >= 20) return true;
  }
  return false;
}

}  // namespace slipway::analysis
