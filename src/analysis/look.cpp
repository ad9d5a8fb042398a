// The verdict of a judge at a moment: reads its state, changes nothing.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "analysis/engines.h"
#include "analysis/judge.h"
#include "analysis/probe.h"
#include "base/math.h"

namespace slipway::analysis {
namespace {

constexpr std::uint64_t kTooFew = 20;  // requests

// ln of each test's weight: errors and latency half each, shared equally inside; an empty group's
// half goes to the other.
std::vector<double> ln_weights(const Judge& judge) {
  std::vector<bool> latency;
  for (const Test& test : judge.tests)
    latency.push_back(probe_of(criterion_of(judge.charge, test)).latency);
  const auto slow = static_cast<double>(std::count(latency.begin(), latency.end(), true));
  const double wrong = static_cast<double>(latency.size()) - slow;
  std::vector<double> out;
  for (const bool is_latency : latency) {
    const double group = slow > 0 && wrong > 0 ? 0.5 : 1.0;
    out.push_back(ln(group / (is_latency ? slow : wrong)));
  }
  return out;
}

Finding finding_of(const Judge& judge, const Test& test) {
  const Criterion criterion = criterion_of(judge.charge, test);
  const Probe probe = probe_of(criterion);
  Finding f;
  f.name = criterion.name;
  f.side = "harm";
  f.engine = probe.engine == Engine::rate1 ? "R1" : probe.engine == Engine::rate2 ? "R2" : "P2";
  f.unit = probe.latency ? "ms" : "fraction";
  f.limit = criterion.text;
  f.origin = criterion.origin;
  f.n_stable = test.n_stable;
  f.n_candidate = test.n_candidate;
  f.x_stable = test.x_stable;
  f.x_candidate = test.x_candidate;
  if (probe.latency) {
    f.stable = judge.stable_latencies.quantile(probe.quantile) / 1000.0;
    f.candidate = judge.candidate_latencies.quantile(probe.quantile) / 1000.0;
  } else {
    const auto rate = [](std::uint64_t x, std::uint64_t n) {
      return n == 0 ? 0.0 : static_cast<double>(x) / static_cast<double>(n);
    };
    f.stable = rate(test.x_stable, test.n_stable);
    f.candidate = rate(test.x_candidate, test.n_candidate);
  }
  f.evidence = test.evidence.total;
  return f;
}

Finding fast_finding(const Judge& judge) {
  Finding f;
  f.name = "error_rate";
  f.side = "harm";
  f.engine = "fail_fast";
  f.unit = "fraction";
  f.ruling = Ruling::fail;
  f.limit = "< 90% of the last 20 requests";
  f.origin = "default";
  std::size_t ticks = 0;
  for (auto tick = judge.fast.rbegin(); tick != judge.fast.rend(); ++tick) {
    if (ticks >= 3 && f.n_candidate >= kTooFew) break;
    f.n_candidate += tick->requests;
    f.x_candidate += tick->errors;
    ++ticks;
  }
  f.candidate = static_cast<double>(f.x_candidate) / static_cast<double>(f.n_candidate);
  f.evidence = f.candidate;
  f.needed = 0.9;
  return f;
}

DataState data_of(const Judge& judge, Instant now, Duration observed) {
  if (bad_data(judge)) return DataState::bad;
  if (judge.n_candidate == 0) return DataState::no_data;
  if (now - judge.last_block > kFresh) return DataState::stale;
  if (!judge.tests.empty() && judge.n_candidate < kTooFew && observed < judge.charge.dwell)
    return DataState::too_little;
  return DataState::enough;
}

Duration observed_at(const Judge& judge, Instant now) {
  if (judge.last_block <= judge.started || bad_data(judge)) return judge.observed;
  const Instant end = std::min(now, judge.last_block + kFresh);
  return judge.observed + std::max(Duration(0), end - judge.observed_until);
}

OnInconclusive policy(const Charge& charge, DataState data) {
  switch (data) {
    case DataState::no_data:
      return charge.on_no_data;
    case DataState::stale:
      return charge.on_stale_data;
    case DataState::too_little:
      return charge.on_too_little_data;
    case DataState::bad:
      return charge.on_bad_data;
    case DataState::enough:
      break;
  }
  return OnInconclusive::hold;  // good data and a dwell that is not over: more of the same
}

Instant next_look(const Judge& judge, const Verdict& verdict, Instant now) {
  Instant next = judge.deadline > now ? judge.deadline : kNever;
  const bool flowing = judge.last_block > judge.started && verdict.data != DataState::bad;
  const Instant stale_at = judge.last_block + kFresh;
  if (!flowing || stale_at < now) return next;
  const Instant dwelt = now + (judge.charge.dwell - verdict.observed);
  if (dwelt > now && dwelt <= stale_at) return std::min(next, dwelt);
  return std::min(next, stale_at + Duration(1));
}

}  // namespace

Verdict Judge::look(Instant now) const {
  Verdict v;
  v.observed = observed_at(*this, now);
  v.data = data_of(*this, now, v.observed);

  const double decisive = -ln(charge.alpha);
  const auto weights = ln_weights(*this);
  double harm = tests.empty() ? 0.0 : -std::numeric_limits<double>::infinity();
  int worst = -1;
  double worst_part = 0;
  for (std::size_t i = 0; i < tests.size(); ++i) {
    Finding f = finding_of(*this, tests[i]);
    f.needed = decisive - weights[i];
    const double part = weights[i] + f.evidence;
    if (worst < 0 || part > worst_part) {
      worst = static_cast<int>(i);
      worst_part = part;
    }
    harm = ln_add(harm, part);
    v.findings.push_back(std::move(f));
  }

  if (charge.fail_fast && failing_fast(*this)) {
    v.findings.push_back(fast_finding(*this));
    v.decided_by = static_cast<int>(v.findings.size()) - 1;
    v.ruling = Ruling::fail;
    return v;
  }
  if (!tests.empty() && harm >= decisive) {
    v.findings[static_cast<std::size_t>(worst)].ruling = Ruling::fail;
    v.decided_by = worst;
    v.ruling = Ruling::fail;
    return v;
  }
  // Until the safe side is tested: the stage was watched for its dwell, the candidate gave at least
  // one good answer, and nothing failed.
  if (v.observed >= charge.dwell && n_candidate > x_candidate && v.data != DataState::bad) {
    v.ruling = Ruling::pass;
    for (Finding& f : v.findings) f.ruling = Ruling::pass;
    return v;
  }
  if (now >= deadline) {
    const OnInconclusive action = policy(charge, v.data);
    if (action == OnInconclusive::rollback) v.ruling = Ruling::fail;
    if (action == OnInconclusive::promote && harm <= 0.0) v.ruling = Ruling::pass;
  }
  v.next = v.ruling == Ruling::hold ? next_look(*this, v, now) : kNever;
  return v;
}

}  // namespace slipway::analysis
