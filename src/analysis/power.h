// What a rollout can see with the traffic it will get: how small a harm is found in which time, how
// many users meet it, and how long a healthy release needs to be shown safe. By the mean drift of
// the evidence and its spread; a forecast, not a promise.
#pragma once

#include <string>
#include <vector>

#include "analysis/charge.h"
#include "base/time.h"

namespace slipway::analysis {

struct Expected {
  double per_second = 0;  // requests to the site
  double error_rate = 0;  // stable's
};

struct Outlook {
  std::string stage;
  double candidate_per_second = 0;
  double smallest =
      0;               // error rate that nine of ten times ends the stage within its dwell; 0: none
  double exposed = 0;  // requests to the candidate in that time
  Duration shown{};    // a healthy release is shown safe after this; kUnseen: hardly ever
  double reference = 0;        // twice stable's errors, at least 1 %
  Duration reference_after{};  // found after this; kUnseen: hardly ever
  double reference_share = 0;  // share of the traffic at which the dwell would do; 0: none
};

inline constexpr Duration kUnseen = Duration::max();

// One for each stage, in order; evidence goes on from stage to stage before the bake.
std::vector<Outlook> foresee(const std::vector<Charge>&, const Expected&);

// Seconds until this error rate of the candidate takes it back, nine of ten times; infinity: never.
double seconds_to_detect(const Charge&, const Expected&, double error_rate);

}  // namespace slipway::analysis
