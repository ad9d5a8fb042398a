// What the simulation plays: a site's traffic second by second, with a candidate at 5 %.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "judge/chance.h"
#include "judge/methods.h"

namespace slipway::judge_bench {

constexpr int kSeconds = 3600;
constexpr double kShare = 0.05;

struct Scenario {
  std::string name;
  double per_second = 100;
  double stable = 0.001, candidate = 0.001;  // error rates
  int onset = 0;                             // seconds until the candidate's rate holds
  bool seasonal = false, incident = false;

  Second at(int second, Chance&) const;
};

// One method over many runs of a scenario.
struct Tally {
  int runs = 0, taken_back = 0, within_ten_minutes = 0;
  double bad = 0;  // candidate's errors until it was taken back, over all runs
  std::vector<int> seconds;

  double share() const { return runs == 0 ? 0 : static_cast<double>(taken_back) / runs; }
  double mean_bad() const { return runs == 0 ? 0 : bad / runs; }
  // Of all runs; -1: less than half were taken back.
  double median() const;
};

// `runs` runs; Kayenta takes part in the first thousand alone, because it is slow.
std::vector<Tally> play(const Scenario&, int runs, std::uint64_t seed);

// Instances that fail at half of their requests for `burst` seconds every 20 minutes.
struct Bursts {
  double per_second = 100;
  int instances = 19, burst = 3;
};
// ours-rel, ours-rel tempered, flagger-60s-thr5, argo-60s-FL3.
std::vector<Tally> play(const Bursts&, int runs, std::uint64_t seed);

// The default latency criteria against a lognormal service, p50 50 ms, p99 321 ms.
struct Slowness {
  std::string name;
  double per_second = 100, factor = 1;
  bool tail_alone = false;  // the slowest tenth, growing to `factor` at p99
};
// `bad`: the candidate's requests above 500 ms.
Tally play(const Slowness&, int runs, std::uint64_t seed);

}  // namespace slipway::judge_bench
