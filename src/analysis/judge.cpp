#include "analysis/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "analysis/arrange.h"
#include "analysis/feed.h"
#include "analysis/pending.h"
#include "base/limits.h"

namespace slipway::analysis {
namespace {

constexpr Duration kTick = std::chrono::seconds(1);
constexpr std::size_t kTicksKept = 24;  // fail_fast looks at most at 20

// What is impossible about these counts; empty: nothing.
std::string contradiction(const char* version, const Counts& c) {
  if (c.errors > c.requests)
    return fmt::format("{} errors of {} requests of {}", c.errors, c.requests, version);
  if (c.left > c.requests)
    return fmt::format("{} clients left of {} requests of {}", c.left, c.requests, version);
  const bool over = std::any_of(c.over.begin(), c.over.end(),
                                [&](std::uint64_t slow) { return slow > c.requests; });
  return over ? fmt::format("more slow requests of {} than requests", version) : "";
}

std::string trouble_of(const Judge& judge, const Block& b) {
  if (b.to < b.from) return "a block ends before it begins";
  if (judge.last_block > judge.started && b.to < judge.last_block) return "time went back";
  std::string text = contradiction("the candidate", b.candidate);
  return text.empty() ? contradiction("stable", b.stable) : text;
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

bool readings_are_fresh(const Judge& judge, Instant now) {
  return std::all_of(judge.tests.begin(), judge.tests.end(), [&](const Test& t) {
    return t.source.empty() ||
           (t.trouble.empty() && t.read_at != Instant{} && now - t.read_at <= t.fresh);
  });
}

}  // namespace

bool is_alone(const Charge& charge) { return charge.bake && charge.weight >= limits::kWeightSum; }

Judge::Judge(Charge with, Instant start, const Baseline& known) : charge(std::move(with)) {
  Arranged arranged = arrange(charge, known);
  tests = std::move(arranged.tests);
  notes = std::move(arranged.notes);
  sketch = known.latencies;
  dispersion = known.dispersion;
  begin(start);
}

void Judge::begin(Instant start) {
  started = last_block = observed_until = start;
  deadline = start + charge.deadline;
}

Judge Judge::next(Charge with, Instant start) const {
  Judge j(std::move(with), start);
  for (Test& t : j.tests) {
    const auto before = std::find_if(tests.begin(), tests.end(),
                                     [&](const Test& old) { return same_question(old, t); });
    if (before == tests.end()) continue;
    Test asked = *before;
    asked.criterion = t.criterion;
    asked.weight = t.weight;
    t = std::move(asked);
  }
  // What was rescued stays rescued: stable has not become a better one to go back to.
  for (const Test& old : tests) {
    if (!old.rescued) continue;
    std::erase_if(j.tests, [&](const Test& t) {
      return t.criterion >= 0 && t.subject->name == old.subject->name && t.engine == Engine::rate1;
    });
    j.tests.push_back(old);
  }
  j.fast = fast;
  j.sketch = sketch;
  j.dispersion = dispersion;
  j.warm_until = warm_until;
  j.pending_stable = pending_stable;
  j.pending_candidate = pending_candidate;
  j.notes = notes;
  j.observed_until = std::max(j.observed_until, warm_until);
  return j;
}

Judge Judge::bake(Charge with, Instant start, const Baseline& known) const {
  Judge j(std::move(with), start, known);
  j.fast = fast;
  j.warm_until = warm_until;
  j.pending_candidate = pending_candidate;
  j.observed_until = std::max(j.observed_until, warm_until);
  return j;
}

void Judge::ingest(const Block& given) {
  trouble = trouble_of(*this, given);
  if (!trouble.empty()) return;
  Block settled;
  const Block& b = settle_pending(*this, given, settled);
  const bool seen_before = last_block > started;
  note_tick(fast, b);
  if (warm_until == Instant{} && charge.warmup > Duration(0) &&
      b.candidate.requests > b.candidate.errors) {
    warm_until = b.to + charge.warmup;
    observed_until = std::max(observed_until, warm_until);
  }
  if (b.to > warm_until) {
    const Feed what(*this, b);
    for (Test& test : tests) feed(test, what);
  }
  sketch.age(b.to);
  sketch.add(b.stable.latencies);
  stable_latencies.add(b.stable.latencies);
  candidate_latencies.add(b.candidate.latencies);
  n_stable += b.stable.requests;
  x_stable += b.stable.errors;
  n_candidate += b.candidate.requests;
  x_candidate += b.candidate.errors;

  const bool both = b.candidate.requests > 0 && (is_alone(charge) || b.stable.requests > 0);
  if (!both || !readings_are_fresh(*this, b.to)) return;
  // A request tells about the minute after it, not about a silence before it.
  const Instant since = seen_before ? observed_until : std::max(observed_until, b.from);
  if (b.to > since) observed += std::min<Duration>(b.to - since, kFresh);
  observed_until = std::max(observed_until, b.to);
  last_block = b.to;
}

void Judge::ingest(const Reading& r) {
  for (Test& test : tests) {
    if (test.source == r.name && !r.name.empty()) feed(test, r, charge.beta);
  }
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
