// The judge of a rollout's stages: blocks in, a verdict out. It is a value (copied with its site,
// kept in snapshots) and knows no clock: look() is given the time. Evidence is rebuilt bit for bit
// from the last snapshot and the blocks after it.
#pragma once

#include <boost/container/static_vector.hpp>
#include <optional>
#include <string>
#include <vector>

#include "analysis/block.h"
#include "analysis/charge.h"
#include "analysis/criterion.h"
#include "analysis/engines.h"
#include "analysis/finding.h"
#include "analysis/sketch.h"
#include "base/shared_list.h"
#include "base/time.h"

namespace slipway::analysis {

enum class DataState : std::uint8_t { enough, no_data, stale, too_little, bad };
enum class Side : std::uint8_t { harm, safe };
enum class Engine : std::uint8_t { none, rate1, rate2, pool2, sign };

struct Verdict {
  Ruling ruling = Ruling::hold;
  DataState data = DataState::no_data;
  SharedList<Finding> findings;
  int decided_by = -1;    // index into findings; -1: none (dwell, deadline)
  Duration observed{};    // time with fresh data so far
  Instant next = kNever;  // when to look again although no block came
  std::string trouble;    // bad data: what is wrong with it
  bool operator==(const Verdict&) const = default;
};

// The e-process around one engine (analysis page, section 4).
struct Evidence {
  // Amounts, one for each alternative; 0 at the start.
  boost::container::static_vector<double, kMostAlternatives> stakes;
  double cash = 1;   // what is not staked yet
  double total = 0;  // ln of all of it
  double tokens = 2, age_s = 0;
  bool first = true;
  bool operator==(const Evidence&) const = default;
};

// One null hypothesis and what speaks against it.
struct Test {
  int criterion = -1;  // index into Charge::criteria; -1: the step's own margin
  Evidence evidence;
  std::uint64_t n_stable = 0, n_candidate = 0, x_stable = 0, x_candidate = 0;
  double ph_num = 0, ph_den = 0;  // P2's predictable guess
  Side side = Side::harm;
  Engine engine = Engine::none;
  Metric metric = Metric::error_rate;
  double quantile = 0.5;             // latency
  double p0 = 0.01;                  // rate1: the rate that is still good
  double rho = 1.5, delta = 0.0005;  // rate2
  double factor = 1;                 // pool2: slower than stable by so much is still good
  double limit = 0;                  // rate1 of a latency: µs; sign: what the gauge is held against
  bool relative = false;             // sign: the gauge is divided by stable's
  bool bad_below = false;
  std::int32_t step = 0;  // safe: asked for before this share; 0: before every one
  double weight = 0;      // harm: its part of the budget; 0: it takes nothing back
  bool armed = false;     // pool2: there is a threshold
  std::uint16_t y = 0;    // bucket of stable's quantile
  Instant y_at{};         // when it was read
  // Beside an absolute limit: the candidate has to be worse than stable, too; the smaller evidence
  // of both counts.
  Boxed<Evidence> beside;
  Duration fresh = std::chrono::seconds(60);  // of a source
  bool rescued = false;     // stable itself breaks the limit: not worse than stable is enough
  Shared<Subject> subject;  // side, engine and unit by name_words()
  std::string source;
  std::vector<double> ratios;  // sign: of the open block
  Instant ratios_from{};
  double seen_stable = 0, seen_candidate = 0;  // sign: newest values
  Instant read_at{};                           // of the newest reading of its source
  std::string trouble;                         // what was wrong with that
  std::string silence;                         // why nothing was heard since
  bool operator==(const Test&) const = default;
};

// Puts into words what the test is: what was read from a record or made anew.
void name_words(Test&);

struct FastTick {
  Instant at{};
  std::uint32_t requests = 0, errors = 0;
  bool operator==(const FastTick&) const = default;
};

// Requests of one version that were given to it and not answered: the rule for what hangs.
struct Unanswered {
  std::vector<FastTick> window;  // requests: given, errors: answered
  int strikes = 0;               // looks running at which it stalled
  std::uint64_t owed = 0;        // counted as errors already; their rows are not counted again
  bool operator==(const Unanswered&) const = default;
};

// What another source than the proxy saw of one metric since its last reading.
struct Reading {
  std::string name;  // Criterion::source
  Instant from{}, to{};
  // A counter: so many, and so many bad ones.
  std::uint64_t n_stable = 0, x_stable = 0, n_candidate = 0, x_candidate = 0;
  // Where a limit lies between two bounds of a histogram: beyond the lower one, for what has to be
  // shown safe, while x_candidate are those beyond the upper one.
  std::optional<std::uint64_t> x_candidate_safe;
  // A gauge: the mean over the version's instances at `to`; NaN: none.
  double stable = 0, candidate = 0;
  std::string trouble;  // what the source itself found: "the counter was reset"
  bool silent = false;  // nothing was heard, and `trouble` says why
  bool operator==(const Reading&) const = default;
};

class Judge {
 public:
  Judge() = default;
  Judge(Charge, Instant start, const Baseline& = {});

  // The next stage before the bake, or a bake with a holdback: evidence goes on.
  Judge next(Charge, Instant start) const;
  // The bake after this stage: evidence begins anew, the candidate stays warm.
  Judge bake(Charge, Instant start, const Baseline&) const;

  void ingest(const Block&);
  void ingest(const Reading&);
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
  Histogram stable_latencies, candidate_latencies;  // of this stage, for display
  std::uint64_t n_stable = 0, x_stable = 0, n_candidate = 0, x_candidate = 0;
  Sketch sketch;                   // of stable, before the next block
  std::vector<double> dispersion;  // in force in a bake, frozen at the switch
  Instant warm_until{};            // epoch: no good answer yet
  std::string trouble;             // of the newest block; empty: it was sound
  Unanswered pending_stable, pending_candidate;
  std::vector<std::string> notes;  // what had to be left out, in words
  bool operator==(const Judge&) const = default;

 private:
  void begin(Instant start);
};

// ln M of a test.
double ln_evidence(const Test&);

// Everything but the candidate's traffic is gone: a bake without a holdback.
bool is_alone(const Charge&);

// The decision before a bake (analysis page, section 5); `safe` the ln M of the tests asked for.
Ruling decide(double ln_harm, const std::vector<double>& safe, double alpha, double beta,
              bool final_step, bool dwelt);
// The same where what keeps a step from being calm was found apart from the evidence of harm.
Ruling decide(double ln_harm, double ln_unrest, const std::vector<double>& safe, double alpha,
              double beta, bool final_step, bool dwelt);

}  // namespace slipway::analysis
