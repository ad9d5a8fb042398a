#include "analysis/feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "analysis/engines.h"
#include "analysis/evidence.h"
#include "base/limits.h"
#include "base/math.h"

namespace slipway::analysis {
namespace {

constexpr Duration kRefresh = std::chrono::seconds(60);     // of P2's threshold
constexpr Duration kGaugeBlock = std::chrono::seconds(60);  // section 3.4

using Llr = std::array<double, kMostAlternatives>;

struct Alternatives {
  std::span<const double> odds;
  Llr ln_odds{};  // of P2 alone

  explicit Alternatives(std::span<const double> all) : odds(all) {
    std::copy(odds.begin(), odds.end(), ln_odds.begin());
    ln_each(std::span(ln_odds).first(odds.size()));
  }
};

const Alternatives& latency_alternatives(Side side) {
  static const Alternatives harm(kHarmOddsLatency), safe(kSafeOddsLatency);
  return side == Side::harm ? harm : safe;
}

std::span<const double> rate_alternatives(const Test& t) {
  const bool harm = t.side == Side::harm;
  if (t.engine == Engine::sign && harm) return kHarmOddsGauge;
  if (t.engine == Engine::sign) return kSafeOddsGauge;
  if (harm) return kHarmRatios;
  return kSafeRatios;
}

// 1/D of section 4.3; the newest before the block, in a bake that of the switch.
double gamma_of(const Test& t, const Feed& f) {
  const auto& d = is_alone(f.judge.charge) ? f.judge.dispersion : f.block.dispersion;
  if (d.empty() || !t.source.empty()) return 1.0;
  std::size_t at = 0;
  if (t.metric == Metric::latency) at = t.quantile < 0.7 ? 1 : t.quantile < 0.95 ? 2 : 3;
  return at < d.size() ? 1.0 / std::max(1.0, d[at]) : 1.0;
}

Around around(const Test& t, double gamma, double most) {
  Around a;
  a.gamma = gamma;
  if (t.side == Side::harm) {
    a.bucket = Bucket{};
  } else {
    a.saturation = most;
  }
  return a;
}

// Requests slower than the limit: counted exactly where the plan listed it, else from the
// histogram.
std::uint64_t slower(const Charge& charge, const Counts& counts, double limit_us) {
  for (std::size_t i = 0; i < charge.latency_limits_us.size() && i < counts.over.size(); ++i) {
    if (charge.latency_limits_us[i] == limit_us) return counts.over[i];
  }
  return counts.latencies.above(limit_us);
}

// The bound from which the candidate counts as slower: for harm the smallest that is not below the
// margin, for safe the largest that is not above it. Both are conservative.
std::uint16_t candidate_bucket(const Test& t, double y, double floor_us) {
  const double margin = std::max(y * t.factor, y + floor_us);
  const std::uint16_t at = Histogram::index_of(margin);
  if (t.side == Side::harm || at == 0 || Histogram::bound(at) <= margin) return at;
  return static_cast<std::uint16_t>(at - 1);
}

// The quantile's bucket. Where next to nothing of stable lies above it, because its latencies are
// all alike, no candidate could be shown safe by its upper bound: then it is the lower one. Any
// threshold that is chosen before the block is valid.
std::uint16_t threshold(const Test& t, const Sketch& before) {
  const std::uint16_t at = before.quantile_index(t.quantile);
  if (t.side == Side::harm || at == 0) return at;
  const double beyond = before.above_bucket(at) / before.total();
  return beyond < (1.0 - t.quantile) / 2 ? static_cast<std::uint16_t>(at - 1) : at;
}

bool sample_of_latency(Test& t, const Feed& f, Sample& s) {
  const Sketch& before = f.judge.sketch;
  if (!t.armed || f.block.to - t.y_at >= kRefresh) {
    if (!is_armed(before, t.quantile)) return false;
    t.armed = true;
    t.y = threshold(t, before);
    t.y_at = f.block.to;
  }
  const double y = Histogram::bound(t.y);
  s.n_stable = f.n_stable;
  s.n_candidate = f.n_candidate;
  s.x_stable = f.block.stable.latencies.above_bucket(t.y);
  s.x_candidate = f.block.candidate.latencies.above_bucket(
      candidate_bucket(t, y, f.judge.charge.latency_floor_us));
  return true;
}

void count(Test& t, const Sample& s) {
  t.n_stable += s.n_stable;
  t.x_stable += s.x_stable;
  t.n_candidate += s.n_candidate;
  t.x_candidate += s.x_candidate;
}

double exposure_of(const Test& t, const Feed& f, const Sample& s) {
  const Charge& c = f.judge.charge;
  if (t.side == Side::safe || !c.exposure_floor) return static_cast<double>(s.n_candidate);
  return exposure_floor(s.n_candidate, s.n_stable,
                        static_cast<double>(c.weight) / limits::kWeightSum);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

// Never far below the quantile's own rate: else three slow requests of a candidate would speak as
// loud as R2 without its floor, beside a stable that has none. A wrong guess costs power alone.
double guess_of(const Test& t) {
  return std::max(Guess{t.ph_num, t.ph_den}.value(), (1.0 - t.quantile) / 10);
}

void bet(Test& t, const Sample& s, double exposure, double seconds, const Around& how) {
  Llr llr;
  std::span<double> used;
  if (t.engine == Engine::pool2) {
    const Alternatives& with = latency_alternatives(t.side);
    used = std::span(llr).first(with.odds.size());
    llr_pool2(with.odds, with.ln_odds, guess_of(t), s, used);
  } else {
    const auto with = rate_alternatives(t);
    used = std::span(llr).first(with.size());
    if (t.engine == Engine::rate2) llr_rate2(with, t.rho, t.delta, s, exposure, used);
    if (t.engine != Engine::rate2) llr_rate1(with, t.p0, s.n_candidate, s.x_candidate, used);
  }
  advance(t.evidence, used, seconds, how);
  if (!t.beside) return;
  used = std::span(llr).first(kHarmRatios.size());
  llr_rate2(kHarmRatios, 1.0, 0.0005, s, exposure, used);
  advance(*t.beside, used, seconds, how);
}

// The sign of the median of a minute's ratios: ties are good.
void feed_gauge(Test& t, const Reading& r, double beta) {
  if (t.relative && !(r.stable > 0)) return;  // nothing to divide by
  t.seen_stable = r.stable;
  t.seen_candidate = r.candidate;
  if (t.ratios.empty() && t.ratios_from == Instant{}) t.ratios_from = r.from;
  t.ratios.push_back(t.relative ? r.candidate / r.stable : r.candidate);
  if (r.to - t.ratios_from < kGaugeBlock) return;
  const double g = median(t.ratios);
  const bool bad = t.bad_below ? g < t.limit : g > t.limit;
  const Sample s{.n_candidate = 1, .x_candidate = bad ? 1U : 0U};
  bet(t, s, 1, to_seconds(r.to - t.ratios_from), around(t, 1.0, saturation(beta)));
  count(t, s);
  t.ratios.clear();
  t.ratios_from = r.to;
}

}  // namespace

double saturation(double beta) { return ln(1.0 / beta) + 3.0; }

double ln_evidence(const Test& t) {
  return t.beside ? std::min(t.evidence.total, t.beside->total) : t.evidence.total;
}

Feed::Feed(const Judge& j, const Block& b)
    : judge(j),
      block(b),
      n_stable(b.stable.latencies.count()),
      n_candidate(b.candidate.latencies.count()),
      seconds(to_seconds(b.to - b.from)),
      saturation(analysis::saturation(j.charge.beta)) {}

void feed(Test& t, const Feed& f) {
  const Block& b = f.block;
  if (!t.source.empty() || t.engine == Engine::none || t.engine == Engine::sign) return;
  Sample s{b.candidate.requests, b.candidate.errors, b.stable.requests, b.stable.errors};
  if (t.engine == Engine::pool2) {
    if (!sample_of_latency(t, f, s)) return;
  } else if (t.metric == Metric::latency) {
    s.x_candidate = slower(f.judge.charge, b.candidate, t.limit);
    s.x_stable = slower(f.judge.charge, b.stable, t.limit);
  }
  if (s.n_candidate == 0 && s.n_stable == 0) return;
  bet(t, s, exposure_of(t, f, s), f.seconds, around(t, gamma_of(t, f), f.saturation));
  if (t.engine == Engine::pool2) {
    Guess guess{t.ph_num, t.ph_den};
    guess.update(1.0 - t.quantile, s.n_stable, s.x_stable);
    t.ph_num = guess.num;
    t.ph_den = guess.den;
  }
  count(t, s);
}

bool feed(Test& t, const Reading& r, double beta) {
  const bool gauge = t.engine == Engine::sign;
  t.silence = r.silent ? r.trouble : "";
  if (r.silent) return false;
  t.trouble = r.trouble;
  if (t.trouble.empty() && r.to < t.read_at) t.trouble = "time went back";
  if (t.trouble.empty() &&
      (std::max(r.x_candidate, r.x_candidate_safe.value_or(0)) > r.n_candidate ||
       r.x_stable > r.n_stable))
    t.trouble = "more bad ones than there were";
  if (t.trouble.empty() && gauge && !(std::isfinite(r.stable) && std::isfinite(r.candidate)))
    t.trouble = "not a number";
  if (t.trouble.empty() && gauge && (r.stable < 0 || r.candidate < 0)) t.trouble = "negative";
  if (!t.trouble.empty()) return false;
  const Duration span = r.to - (t.read_at == Instant{} ? r.from : t.read_at);
  t.read_at = r.to;
  if (gauge) {
    feed_gauge(t, r, beta);
    return true;
  }
  const bool lower = t.side == Side::safe && r.x_candidate_safe;
  const Sample s{r.n_candidate, lower ? *r.x_candidate_safe : r.x_candidate, r.n_stable,
                 r.x_stable};
  if (s.n_candidate == 0 && s.n_stable == 0) return true;
  bet(t, s, static_cast<double>(s.n_candidate), to_seconds(span), around(t, 1.0, saturation(beta)));
  count(t, s);
  return true;
}

}  // namespace slipway::analysis
