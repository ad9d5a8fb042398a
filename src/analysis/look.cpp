// The verdict of a judge at a moment: reads its state, changes nothing.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

#include "analysis/arrange.h"
#include "analysis/engines.h"
#include "analysis/judge.h"
#include "base/limits.h"
#include "base/math.h"

namespace slipway::analysis {
namespace {

constexpr std::string_view kMs = "ms";
constexpr std::uint64_t kTooFew = 20;  // requests
constexpr double kLnHalf = -0x1.62e42fefa39efp-1;
constexpr double kLeastWeight = 1e-300, kLnLeastWeight = -0x1.5963447f87fb5p+9;
constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

double rate(std::uint64_t x, std::uint64_t n) {
  return n == 0 ? 0.0 : static_cast<double>(x) / static_cast<double>(n);
}

bool is_final(const Charge& charge) {
  return !charge.ahead.empty() && charge.ahead.front() >= limits::kWeightSum;
}

// ln of the most evidence of harm that a step forward is taken with.
double calm_at(bool final_step) { return final_step ? kLnHalf : 0.0; }

// Asked for before the next share is given.
bool is_asked(const Charge& charge, const Test& t) {
  if (t.side != Side::safe || charge.bake) return false;
  return t.step == 0 || (!charge.ahead.empty() && t.step == charge.ahead.front());
}

// The findings of a look, one after another.
class Findings {
 public:
  explicit Findings(const Judge& judge)
      : judge_(judge),
        n_stable_(judge.stable_latencies.count()),
        n_candidate_(judge.candidate_latencies.count()) {
    all.reserve(judge.tests.size() + 1);
  }

  void add(const Test& test, double needed) {
    const auto [stable, candidate] = test.metric == Metric::latency ? latencies(test)
                                     : test.engine == Engine::sign
                                         ? std::pair(test.seen_stable, test.seen_candidate)
                                         : std::pair(rate(test.x_stable, test.n_stable),
                                                     rate(test.x_candidate, test.n_candidate));
    const double evidence = ln_evidence(test);
    const bool shown = test.side == Side::safe && evidence >= needed;
    all.emplace_back(test.subject, shown ? Ruling::pass : Ruling::hold, stable, candidate,
                     test.n_stable, test.n_candidate, test.x_stable, test.x_candidate, evidence,
                     needed);
  }

  std::vector<Finding> all;

 private:
  // Both sides of a latency show the same values.
  std::pair<double, double> latencies(const Test& test) const {
    for (const Finding& other : all) {
      if (other.subject->unit == kMs && other.subject->name == test.subject->name)
        return {other.stable, other.candidate};
    }
    return {stable_us(test.quantile) / 1000.0,
            judge_.candidate_latencies.quantile(test.quantile, n_candidate_) / 1000.0};
  }

  double stable_us(double quantile) const {
    // In a bake nothing of stable is new: what it was.
    const Histogram& seen = judge_.stable_latencies;
    if (!seen.buckets.empty()) return seen.quantile(quantile, n_stable_);
    return judge_.sketch.buckets.empty() ? 0.0
                                         : Histogram::bound(judge_.sketch.quantile_index(quantile));
  }

  const Judge& judge_;
  std::uint64_t n_stable_, n_candidate_;
};

Finding fast_finding(const Judge& judge) {
  Finding f;
  f.subject = Subject{
      "error_rate", "harm", "fail_fast", "fraction", "< 90% of the last 20 requests", "default"};
  f.ruling = Ruling::fail;
  std::size_t ticks = 0;
  for (auto tick = judge.fast.rbegin(); tick != judge.fast.rend(); ++tick) {
    if (ticks >= 3 && f.n_candidate >= kTooFew) break;
    f.n_candidate += tick->requests;
    f.x_candidate += tick->errors;
    ++ticks;
  }
  f.candidate = rate(f.x_candidate, f.n_candidate);
  f.evidence = f.candidate;
  f.needed = 0.9;
  return f;
}

// The last three seconds with traffic were nothing but errors (analysis page, section 5).
bool failing_fast(const Judge& judge) {
  std::uint64_t requests = 0, ticks = 0;
  for (auto tick = judge.fast.rbegin(); tick != judge.fast.rend(); ++tick) {
    if (std::uint64_t{tick->errors} * 10 < std::uint64_t{tick->requests} * 9) return false;
    requests += tick->requests;
    if (++ticks >= 3 && requests >= kTooFew) return true;
  }
  return false;
}

std::string trouble_of(const Judge& judge) {
  if (!judge.trouble.empty()) return judge.trouble;
  for (const Test& t : judge.tests) {
    if (!t.trouble.empty()) return fmt::format("{}: {}", t.source, t.trouble);
  }
  return "";
}

// Why a source is silent, in its words where it had some.
std::string silence_of(const Judge& judge, Instant now) {
  for (const Test& t : judge.tests) {
    const Duration quiet = now - std::max(t.read_at, judge.started);
    if (t.source.empty() || quiet <= t.fresh) continue;
    return t.silence.empty()
               ? fmt::format("{}: nothing heard for {:.0f} s", t.source, to_seconds(quiet))
               : fmt::format("{}: {}", t.source, t.silence);
  }
  return "";
}

// A source of its own has been silent.
bool reading_is_missing(const Judge& judge, Instant now) {
  return std::any_of(judge.tests.begin(), judge.tests.end(), [&](const Test& t) {
    return !t.source.empty() && now - std::max(t.read_at, judge.started) > t.fresh;
  });
}

// Whether more requests could still show it: twice of what a spotless candidate needs.
bool may_still_show(const Judge& judge, const Test& t) {
  const double share = static_cast<double>(judge.charge.weight) / limits::kWeightSum;
  return static_cast<double>(t.n_candidate) < 2.0 * clean_requests(t, share, judge.charge.beta);
}

struct Evaluated {
  double harm = 0;
  double unrest = 0;         // harm, without what has not seen a single bad one of the candidate
  int worst = -1;            // index of the test that weighs most against the candidate
  std::vector<double> safe;  // ln M of what has to be shown
  bool open = false;         // more requests could still show what is not
  std::vector<double> ln_weight;  // of each test; without a weight that of next to nothing
  double decisive = 0, enough = 0;
};

std::vector<double> ln_weights(const Judge& judge) {
  std::vector<double> weights(judge.tests.size());
  std::transform(judge.tests.begin(), judge.tests.end(), weights.begin(),
                 [](const Test& t) { return t.weight > 0 ? t.weight : kLeastWeight; });
  ln_each(weights);
  return weights;
}

// ln of the sum of e^a; -inf of none.
double ln_sum(std::vector<double> a) {
  if (a.empty()) return kMinusInfinity;
  const double most = *std::max_element(a.begin(), a.end());
  for (double& part : a) part -= most;
  exp_each(a);
  return most + ln(std::accumulate(a.begin(), a.end(), 0.0));
}

Evaluated evaluate(const Judge& judge) {
  Evaluated e{.ln_weight = ln_weights(judge),
              .decisive = -ln(judge.charge.alpha),
              .enough = -ln(judge.charge.beta)};
  std::vector<double> parts, restless;
  parts.reserve(judge.tests.size());
  restless.reserve(judge.tests.size());
  double worst_part = 0;
  for (std::size_t i = 0; i < judge.tests.size(); ++i) {
    const Test& t = judge.tests[i];
    if (t.side == Side::harm && t.weight > 0) {
      const double part = parts.emplace_back(e.ln_weight[i] + ln_evidence(t));
      // A quantile that is not armed yet, or that nobody exceeds, stays where it began for long.
      const bool clean = t.x_candidate == 0;
      restless.push_back(clean ? std::min(part, e.ln_weight[i] + kLnHalf) : part);
      if (e.worst < 0 || part > worst_part) {
        e.worst = static_cast<int>(i);
        worst_part = part;
      }
    } else if (is_asked(judge.charge, t)) {
      e.safe.push_back(ln_evidence(t));
      if (!e.open) e.open = e.safe.back() < e.enough && may_still_show(judge, t);
    }
  }
  const bool alike = parts == restless;
  // Nothing but the budget's rest: no test, no evidence.
  e.harm = e.worst < 0 ? 0.0 : ln_sum(std::move(parts));
  e.unrest = e.worst < 0 ? kLnHalf : alike ? e.harm : ln_sum(std::move(restless));
  return e;
}

Ruling ruling_of(const Evaluated& e, bool final_step, bool dwelt) {
  if (e.harm >= e.decisive) return Ruling::fail;
  // ln(1/2) is reached by adding, too.
  const bool calm = e.unrest <= calm_at(final_step) + 1e-12;
  const bool shown = !e.safe.empty() && std::all_of(e.safe.begin(), e.safe.end(),
                                                    [&](double m) { return m >= e.enough; });
  return calm && dwelt && shown ? Ruling::pass : Ruling::hold;
}

DataState data_of(const Judge& judge, const Verdict& v, const Evaluated& e, Instant now) {
  if (!v.trouble.empty()) return DataState::bad;
  if (judge.n_candidate == 0) return DataState::no_data;
  if (now - judge.last_block > kFresh || reading_is_missing(judge, now)) return DataState::stale;
  if (judge.tests.empty()) return DataState::enough;
  const bool few = judge.n_candidate < kTooFew && v.observed < judge.charge.dwell;
  return few || e.open ? DataState::too_little : DataState::enough;
}

Duration observed_at(const Judge& judge, const std::string& trouble, Instant now) {
  if (judge.last_block <= judge.started || !trouble.empty() || reading_is_missing(judge, now))
    return judge.observed;
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
  return charge.on_inconclusive;
}

Instant next_look(const Judge& judge, const Verdict& verdict, Instant now) {
  Instant next = judge.deadline > now ? judge.deadline : kNever;
  // Somebody is told when it was silent for so long while it was watched.
  const bool silent = verdict.data == DataState::no_data || verdict.data == DataState::stale;
  const Instant told_at = std::max(judge.started, judge.observed_until) + kFresh;
  if (silent && now < told_at) next = std::min(next, told_at);
  const bool flowing = judge.last_block > judge.started && verdict.data != DataState::bad;
  const Instant stale_at = judge.last_block + kFresh;
  if (!flowing || stale_at < now) return next;
  const Instant dwelt =
      std::max(now, judge.observed_until) + (judge.charge.dwell - verdict.observed);
  if (dwelt > now && dwelt <= stale_at) return std::min(next, dwelt);
  return std::min(next, stale_at + Duration(1));
}

std::vector<Finding> findings_of(const Judge& judge, const Evaluated& e) {
  Findings out(judge);
  for (std::size_t i = 0; i < judge.tests.size(); ++i) {
    const Test& t = judge.tests[i];
    if (t.side == Side::safe && !is_asked(judge.charge, t)) continue;
    out.add(
        t, t.side == Side::safe ? e.enough : e.decisive - std::max(e.ln_weight[i], kLnLeastWeight));
  }
  return std::move(out.all);
}

// Where the test stands among the findings.
int finding_at(const Judge& judge, int test) {
  int at = -1;
  for (int i = 0; i <= test; ++i) {
    const Test& t = judge.tests[static_cast<std::size_t>(i)];
    at += t.side == Side::harm || is_asked(judge.charge, t);
  }
  return at;
}

// The bake, or a stage without criteria: watched for its length, the candidate gave at least one
// good answer, nothing failed.
bool watch_is_over(const Judge& judge, const Verdict& v) {
  return (judge.charge.bake || judge.tests.empty()) && v.observed >= judge.charge.dwell &&
         judge.n_candidate > judge.x_candidate && v.data != DataState::bad;
}

}  // namespace

void name_words(Test& t) {
  static constexpr std::array<std::string_view, 5> kEngines = {"", "R1", "R2", "P2", "sign"};
  static_assert(static_cast<int>(Engine::rate1) == 1 && static_cast<int>(Engine::rate2) == 2 &&
                static_cast<int>(Engine::pool2) == 3 && static_cast<int>(Engine::sign) == 4);
  Subject& words = t.subject.edit();
  words.side = t.side == Side::harm ? "harm" : "safe";
  words.engine = kEngines.at(static_cast<std::size_t>(t.engine));
  words.unit = t.metric == Metric::latency ? kMs : t.engine == Engine::sign ? "value" : "fraction";
}

Ruling decide(double ln_harm, const std::vector<double>& safe, double alpha, double beta,
              bool final_step, bool dwelt) {
  return decide(ln_harm, ln_harm, safe, alpha, beta, final_step, dwelt);
}

Ruling decide(double ln_harm, double ln_unrest, const std::vector<double>& safe, double alpha,
              double beta, bool final_step, bool dwelt) {
  const Evaluated e{.harm = ln_harm,
                    .unrest = ln_unrest,
                    .safe = safe,
                    .decisive = -ln(alpha),
                    .enough = -ln(beta)};
  return ruling_of(e, final_step, dwelt);
}

Verdict Judge::look(Instant now) const {
  Verdict v;
  v.trouble = trouble_of(*this);
  v.observed = observed_at(*this, v.trouble, now);
  const Evaluated e = evaluate(*this);
  v.data = data_of(*this, v, e, now);
  if (v.data == DataState::stale) v.trouble = silence_of(*this, now);
  v.findings = findings_of(*this, e);

  if (charge.fail_fast && failing_fast(*this)) {
    v.findings.push_back(fast_finding(*this));
    v.decided_by = static_cast<int>(v.findings.size()) - 1;
    v.ruling = Ruling::fail;
    return v;
  }
  const bool sound = v.data != DataState::bad && v.data != DataState::stale;
  const bool dwelt = sound && v.observed >= charge.dwell;
  const Ruling ruled = ruling_of(e, is_final(charge), dwelt);
  if (ruled == Ruling::fail) {
    v.decided_by = finding_at(*this, e.worst);
    v.findings.edit()[static_cast<std::size_t>(v.decided_by)].ruling = Ruling::fail;
    v.ruling = Ruling::fail;
    return v;
  }
  if (ruled == Ruling::pass || watch_is_over(*this, v)) {
    v.ruling = Ruling::pass;
    for (Finding& f : v.findings.edit()) f.ruling = Ruling::pass;
    return v;
  }
  if (now >= deadline) {
    const OnInconclusive action = policy(charge, v.data);
    // Where there was nothing to judge, no evidence of harm is all that can be asked.
    const double most = v.data == DataState::enough ? calm_at(is_final(charge)) : 0.0;
    if (action == OnInconclusive::rollback) v.ruling = Ruling::fail;
    if (action == OnInconclusive::promote && e.unrest <= most + 1e-12) v.ruling = Ruling::pass;
  }
  v.next = v.ruling == Ruling::hold ? next_look(*this, v, now) : kNever;
  return v;
}

}  // namespace slipway::analysis
