// The judge of one stage: blocks in, a verdict out. It is a value (copied with its site, kept in
// snapshots) and knows no clock: look() is given the time. Evidence is rebuilt bit for bit from
// the last snapshot and the blocks after it.
#pragma once

#include <string>
#include <vector>

#include "analysis/block.h"
#include "analysis/criterion.h"
#include "base/time.h"

namespace slipway::analysis {

enum class Ruling : std::uint8_t { hold, pass, fail };
enum class DataState : std::uint8_t { enough, no_data, stale, too_little, bad };
enum class OnInconclusive : std::uint8_t { hold, promote, rollback };

// What a stage is judged by; part of the plan.
struct Charge {
  std::string stage;
  std::int32_t weight = 0;  // candidate's share, basis points
  bool bake = false;        // the candidate has all traffic: nothing beside it to compare with
  Duration dwell = std::chrono::seconds(60);  // observed time before the stage may pass
  Duration deadline = std::chrono::minutes(60);
  std::vector<Criterion> criteria;
  std::vector<double> latency_limits_us;  // the limits counted exactly in Counts::over
  double alpha = 0.01;                    // budget of false rollbacks
  bool fail_fast = true;
  OnInconclusive on_no_data = OnInconclusive::hold;
  OnInconclusive on_stale_data = OnInconclusive::hold;
  OnInconclusive on_too_little_data = OnInconclusive::hold;
  OnInconclusive on_bad_data = OnInconclusive::hold;
  OnInconclusive on_unattended = OnInconclusive::rollback;
  bool operator==(const Charge&) const = default;
};

// One test's last numbers, as shown to people (interface page 4.1, metrics[]).
struct Finding {
  std::string name;    // error_rate, p99_latency
  std::string side;    // harm, safe
  std::string engine;  // R1, R2, P2, fail_fast
  std::string unit;    // fraction, ms
  Ruling ruling = Ruling::hold;
  double stable = 0;
  double candidate = 0;
  std::string limit;
  std::string origin;
  std::uint64_t n_stable = 0, n_candidate = 0, x_stable = 0, x_candidate = 0;
  double evidence = 0;  // nats; decides when it reaches needed
  double needed = 0;
  bool operator==(const Finding&) const = default;
};

struct Verdict {
  Ruling ruling = Ruling::hold;
  DataState data = DataState::no_data;
  std::vector<Finding> findings;
  int decided_by = -1;    // index into findings; -1: none (dwell, deadline)
  Duration observed{};    // time with fresh data so far
  Instant next = kNever;  // when to look again although no block came
  bool operator==(const Verdict&) const = default;
};

// The e-process around one engine (analysis page, section 4).
struct Evidence {
  std::vector<double> stakes;  // ln, -inf at the start
  double cash = 0, total = 0, tokens = 2, age_s = 0;
  bool first = true;
  bool operator==(const Evidence&) const = default;
};

struct Test {
  int criterion = -1;  // index into Charge::criteria
  Evidence evidence;
  std::uint64_t n_stable = 0, n_candidate = 0, x_stable = 0, x_candidate = 0;
  double ph_num = 0, ph_den = 0;  // P2's predictable guess
  bool operator==(const Test&) const = default;
};

struct FastTick {
  Instant at{};
  std::uint32_t requests = 0, errors = 0;
  bool operator==(const FastTick&) const = default;
};

class Judge {
 public:
  Judge() = default;
  Judge(Charge, Instant start);

  void ingest(const Block&);
  Verdict look(Instant now) const;
  // Nobody watched for so long: the deadline moves, the dwell does not count it.
  void unobserved(Duration away, Instant now);
  // Adds one deadline (on_inconclusive: hold).
  void extend();
  // The stage's clock does not run while paused.
  void shift_deadline(Duration);

  // State, open so that it can be recorded and shown. Nothing outside this room changes it.
  Charge charge;
  Instant started{};
  Instant deadline{};
  Instant last_block{};  // end of the newest block with candidate traffic
  Instant observed_until{};
  Duration observed{};
  int extensions = 0;
  std::vector<Test> tests;
  std::vector<FastTick> fast;
  Histogram stable_latencies, candidate_latencies;
  std::uint64_t n_stable = 0, x_stable = 0, n_candidate = 0, x_candidate = 0;
  bool operator==(const Judge&) const = default;
};

}  // namespace slipway::analysis
