#include "analysis/judge.h"

#include <algorithm>
#include <vector>

#include "analysis/engines.h"
#include "analysis/evidence.h"
#include "analysis/probe.h"

namespace slipway::analysis {
namespace {

constexpr Duration kTick = std::chrono::seconds(1);
constexpr std::size_t kTicksKept = 24;  // fail_fast looks at most at 20 and the marker of bad data

bool consistent(const Counts& c) {
  if (c.errors > c.requests || c.left > c.requests) return false;
  return std::all_of(c.over.begin(), c.over.end(),
                     [&](std::uint64_t over) { return over <= c.requests; });
}

// Requests slower than the limit: counted exactly where the plan listed it, else from the
// histogram.
std::uint64_t slower(const Charge& charge, const Counts& counts, double limit_us) {
  for (std::size_t i = 0; i < charge.latency_limits_us.size() && i < counts.over.size(); ++i) {
    if (charge.latency_limits_us[i] == limit_us) return counts.over[i];
  }
  return counts.latencies.above(limit_us);
}

// P2's sample: stable above its own quantile, the candidate above that times the factor. The
// thresholds are bounds of buckets, so that both counts are exact. Not armed before enough stable
// requests were seen.
bool exceedances(const Probe& probe, const Histogram& stable_before, const Block& b, Sample& s) {
  const double needed = 20.0 / (1.0 - probe.quantile);
  if (static_cast<double>(stable_before.count()) < needed) return false;
  const double y = Histogram::bound(stable_before.quantile_index(probe.quantile));
  s.n_stable = b.stable.latencies.count();
  s.x_stable = b.stable.latencies.above(y);
  s.n_candidate = b.candidate.latencies.count();
  s.x_candidate = b.candidate.latencies.above(y * probe.factor);
  return true;
}

void feed(const Judge& judge, Test& test, const Block& b) {
  const Probe probe = probe_of(criterion_of(judge.charge, test));
  Sample s{b.candidate.requests, b.candidate.errors, b.stable.requests, b.stable.errors};
  if (probe.latency && probe.engine == Engine::rate1) {
    s.x_candidate = slower(judge.charge, b.candidate, probe.limit_us);
    s.x_stable = slower(judge.charge, b.stable, probe.limit_us);
  }
  if (probe.engine == Engine::pool2 && !exceedances(probe, judge.stable_latencies, b, s)) return;
  if (s.n_candidate == 0 && s.n_stable == 0) return;

  std::vector<double> llr;
  Guess guess{test.ph_num, test.ph_den};
  if (probe.engine == Engine::pool2) {
    for (const double odds : kHarmOddsLatency) llr.push_back(llr_pool2(odds, guess.value(), s));
  } else {
    for (const double ratio : kHarmRatios) {
      llr.push_back(probe.engine == Engine::rate1
                        ? llr_rate1(ratio, probe.null_rate, s.n_candidate, s.x_candidate)
                        : llr_rate2(ratio, probe.rho, probe.delta, s));
    }
  }
  // Tempering (4.3) needs half an hour of stable's history for each instance, which blocks do not
  // carry: gamma is 1.
  advance(test.evidence, llr, to_seconds(b.to - b.from), Around{.bucket = Bucket{}});
  if (probe.engine == Engine::pool2) {
    guess.update(1.0 - probe.quantile, s.n_stable, s.x_stable);
    test.ph_num = guess.num;
    test.ph_den = guess.den;
  }
  test.n_stable += s.n_stable;
  test.x_stable += s.x_stable;
  test.n_candidate += s.n_candidate;
  test.x_candidate += s.x_candidate;
}

// A tick is a second: shorter blocks (closed by a Count) join the one before.
void note_tick(std::vector<FastTick>& fast, const Block& b) {
  if (b.candidate.requests == 0) return;
  const auto requests = static_cast<std::uint32_t>(b.candidate.requests);
  const auto errors = static_cast<std::uint32_t>(b.candidate.errors);
  if (b.to - b.from < kTick / 2 && !fast.empty() && b.from - fast.back().at < kTick / 2) {
    fast.back().requests += requests;
    fast.back().errors += errors;
    fast.back().at = b.to;
  } else {
    fast.push_back({b.to, requests, errors});
  }
  if (fast.size() > kTicksKept) fast.erase(fast.begin());
}

}  // namespace

Judge::Judge(Charge with, Instant start)
    : charge(std::move(with)),
      started(start),
      deadline(start + charge.deadline),
      last_block(start),
      observed_until(start) {
  bool errors_written = false;
  for (std::size_t i = 0; i < charge.criteria.size(); ++i) {
    const Criterion& criterion = charge.criteria[i];
    errors_written |= criterion.metric == Metric::error_rate;
    const Probe probe = probe_of(criterion);
    if (!decides(probe, charge.bake)) continue;
    Test test{.criterion = static_cast<int>(i)};
    if (probe.engine == Engine::pool2) {
      const Guess guess = Guess::initial(1.0 - probe.quantile);
      test.ph_num = guess.num;
      test.ph_den = guess.den;
    }
    tests.push_back(std::move(test));
  }
  // A written criterion replaces the default of its metric. In a bake the default is relative and
  // decides nothing: absolute criteria and fail_fast judge there alone.
  if (!errors_written && !charge.bake) tests.push_back(Test{.criterion = -1});
}

void Judge::ingest(const Block& b) {
  const bool seen_before = last_block > started;
  if (bad_data(*this)) fast.pop_back();
  if (!consistent(b.stable) || !consistent(b.candidate) || b.to < b.from ||
      (seen_before && b.to < last_block)) {
    fast.push_back({b.to, 0, 1});
    return;
  }
  for (Test& test : tests) feed(*this, test, b);
  note_tick(fast, b);
  stable_latencies.add(b.stable.latencies);
  candidate_latencies.add(b.candidate.latencies);
  n_stable += b.stable.requests;
  x_stable += b.stable.errors;
  n_candidate += b.candidate.requests;
  x_candidate += b.candidate.errors;

  const bool fresh = b.candidate.requests > 0 && (charge.bake || b.stable.requests > 0);
  if (!fresh) return;
  // A request tells about the minute after it, not about a silence before it.
  const Instant since = seen_before ? observed_until : std::max(observed_until, b.from);
  if (b.to > since) observed += std::min<Duration>(b.to - since, kFresh);
  observed_until = std::max(observed_until, b.to);
  last_block = b.to;
}

void Judge::unobserved(Duration away, Instant now) {
  deadline += away;
  const Instant left = now - away;
  if (last_block > started) {
    const Instant end = std::min(left, last_block + kFresh);
    if (end > observed_until) observed += end - observed_until;
  }
  observed_until = std::max(observed_until, now);
}

void Judge::extend() {
  deadline += charge.deadline;
  ++extensions;
}

void Judge::shift_deadline(Duration by) { deadline += by; }

}  // namespace slipway::analysis
