// What a stage is judged by; part of the plan, made before anything was seen.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analysis/criterion.h"
#include "base/shared_list.h"
#include "base/time.h"

namespace slipway::analysis {

enum class OnInconclusive : std::uint8_t { hold, promote, rollback };

struct Charge {
  std::string stage;
  std::int32_t weight = 0;  // candidate's share, basis points
  bool bake = false;        // its last stage: watched for its dwell, nothing has to be shown safe
  Duration dwell = std::chrono::seconds(60);  // observed time before the stage may pass
  Duration deadline = std::chrono::minutes(60);
  SharedList<Criterion> criteria;         // all of them, the defaults among them
  std::vector<double> latency_limits_us;  // the limits counted exactly in Counts::over
  double alpha = 0.01;                    // budget of false rollbacks
  double beta = 0.05;                     // of each wrong step forward
  bool fail_fast = true;
  // Shares to come after this stage, the next one first. For each the candidate's errors have to
  // be shown below a margin that keeps the users at risk the same (section 5). Empty: only the
  // criteria with two sides have to be shown.
  std::vector<std::int32_t> ahead;
  double risk_budget = 0.005;   // excess errors × share; 0: no step has a margin of its own
  Duration warmup{};            // blocks after the first good answer that are not judged
  bool exposure_floor = false;  // the share is kept by arrivals, so that it bounds the exposure
  bool by_client = false;       // at most one error of a client counts in a block
  double latency_floor_us = 0;  // slower by less than this is not slower
  OnInconclusive on_inconclusive = OnInconclusive::hold;  // enough data, and yet undecided
  OnInconclusive on_no_data = OnInconclusive::hold;
  OnInconclusive on_stale_data = OnInconclusive::hold;
  OnInconclusive on_too_little_data = OnInconclusive::hold;
  OnInconclusive on_bad_data = OnInconclusive::hold;
  OnInconclusive on_unattended = OnInconclusive::rollback;
  bool operator==(const Charge&) const = default;
};

}  // namespace slipway::analysis
