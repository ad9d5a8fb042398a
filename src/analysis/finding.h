// What is told of one test: its question in words, the numbers it saw, and how far they decide.
#pragma once

#include <cstdint>
#include <string>

#include "base/shared_list.h"

namespace slipway::analysis {

enum class Ruling : std::uint8_t { hold, pass, fail };

// What a test asks. Many findings share one.
struct Subject {
  std::string name;    // error_rate, p99_latency
  std::string side;    // harm, safe
  std::string engine;  // R1, R2, P2, sign, fail_fast
  std::string unit;    // fraction, ms, ratio, value
  std::string limit;   // "< 1%", in the words of who configured it
  std::string origin;  // slipway.yaml:31, default
  bool operator==(const Subject&) const = default;
};

// One test's last numbers, as shown to people (interface page 4.1, metrics[]).
struct Finding {
  Shared<Subject> subject;
  Ruling ruling = Ruling::hold;
  double stable = 0;
  double candidate = 0;
  std::uint64_t n_stable = 0, n_candidate = 0, x_stable = 0, x_candidate = 0;
  double evidence = 0;  // nats; decides when it reaches needed
  double needed = 0;
  bool operator==(const Finding&) const = default;
};

}  // namespace slipway::analysis
