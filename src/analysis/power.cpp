#include "analysis/power.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "analysis/arrange.h"
#include "analysis/engines.h"
#include "base/limits.h"
#include "base/math.h"

namespace slipway::analysis {
namespace {

constexpr double kNeverSeconds = std::numeric_limits<double>::infinity();
constexpr double kNineOfTen = 1.2816;  // normal quantile
constexpr double kLongest = 30.0 * 86'400;

// What evidence gains in a second, and the variance of that.
struct Drift {
  double mean = 0, variance = 0;
};

struct Flow {
  double candidate = 0, stable = 0;  // requests a second
  double p_candidate = 0, p_stable = 0;
};

Drift drift(const Test& t, double odds, const Flow& f) {
  double won = 0, lost = 0, fixed = 0;
  if (t.engine == Engine::rate1) {
    const double p1 = odds * t.p0 / (1 + (odds - 1) * t.p0);
    const double miss = log1p(-p1) - log1p(-t.p0);
    won = ln(p1 / t.p0) - miss;
    fixed = miss * f.candidate;
  } else {
    const double q0 = t.rho * f.candidate / (t.rho * f.candidate + f.stable);
    const double d = 1 + (odds - 1) * q0, a = odds / d;
    won = ln(a);
    lost = -ln(d);
    fixed = -(a - 1) * t.delta * f.candidate;
  }
  const double x_c = f.candidate * f.p_candidate, x_s = f.stable * f.p_stable;
  return {x_c * won + x_s * lost + fixed, x_c * won * won + x_s * lost * lost};
}

// Seconds until so many nats are won, by the strongest alternative; `spread` in deviations.
double seconds_for(const Test& t, std::span<const double> odds, const Flow& f, double nats,
                   double spread) {
  double best = kNeverSeconds;
  for (const double o : odds) {
    const Drift d = drift(t, o, f);
    if (d.mean <= 0) continue;
    const double s = spread * std::sqrt(d.variance);
    const double root = (s + std::sqrt(s * s + 4 * d.mean * nats)) / (2 * d.mean);
    best = std::min(best, root * root);
  }
  return best;
}

double share_of(const Charge& c) { return static_cast<double>(c.weight) / limits::kWeightSum; }

// What stable would have shown by the switch, as far as it can be known before.
Baseline expected_baseline(const Expected& e) {
  Baseline known;
  known.requests = static_cast<std::uint64_t>(std::min(e.per_second * 3600, 1e12));
  known.errors =
      static_cast<std::uint64_t>(std::llround(static_cast<double>(known.requests) * e.error_rate));
  return known;
}

Flow flow_of(const Charge& c, const Expected& e, double p) {
  const double share = share_of(c);
  return {e.per_second * share, e.per_second * (1 - share), p, e.error_rate};
}

double smallest_within(const Charge& charge, const Expected& e, double seconds) {
  if (seconds_to_detect(charge, e, 1.0) > seconds) return 0;
  double low = e.error_rate, high = 1;
  for (int i = 0; i < 40; ++i) {
    const double middle = std::sqrt(std::max(low, 1e-6) * high);
    (seconds_to_detect(charge, e, middle) <= seconds ? high : low) = middle;
  }
  return high;
}

double share_that_finds(Charge charge, const Expected& e, double p, double seconds) {
  for (const std::int32_t weight : {100, 200, 500, 1'000, 2'000, 2'500, 5'000}) {
    charge.weight = weight;
    if (seconds_to_detect(charge, e, p) <= seconds) return share_of(charge);
  }
  return 0;
}

Duration as_duration(double seconds) {
  if (!(seconds < kLongest)) return kUnseen;
  return Duration(static_cast<std::int64_t>(seconds * 1e6));
}

// Evidence of the safe side that was won in the stages before.
struct Won {
  Test test;
  double nats = 0;
};

// A healthy release's best alternative, in nats a second.
double safe_gain(const Test& t, const Flow& f) {
  double best = 0;
  for (const double o : kSafeRatios) best = std::max(best, drift(t, o, f).mean);
  return best;
}

double seconds_to_show(const Charge& c, const Expected& e, std::vector<Won>& won) {
  const double needed = -ln(c.beta) + ln(2.0 * kSafeRatios.size());
  const Flow f = flow_of(c, e, e.error_rate);
  std::vector<Test> safe = arrange(c, {}).tests;
  std::erase_if(safe, [](const Test& t) { return t.side == Side::harm; });
  double longest = 0;
  const auto nats_of = [&](const Test& t) {
    const auto at = std::find_if(won.begin(), won.end(),
                                 [&](const Won& w) { return same_question(w.test, t); });
    return at == won.end() ? 0.0 : at->nats;
  };
  for (const Test& t : safe) {
    const bool asked = t.step == 0 || (!c.ahead.empty() && t.step == c.ahead.front());
    if (!asked) continue;
    const bool counted =
        t.engine == Engine::rate2 || (t.engine == Engine::rate1 && t.metric != Metric::latency);
    const double gain = counted ? safe_gain(t, f) : 0;
    double seconds = clean_requests(t, share_of(c), c.beta) / std::max(f.candidate, 1e-9);
    if (t.engine == Engine::sign) seconds = 60 * clean_requests(t, share_of(c), c.beta);
    if (counted) seconds = gain > 0 ? std::max(0.0, needed - nats_of(t)) / gain : kNeverSeconds;
    longest = std::max(longest, seconds);
  }
  const double stays = std::min(kLongest, std::max(longest, to_seconds(c.dwell)));
  for (const Test& t : safe) {
    if (t.engine != Engine::rate2 && t.engine != Engine::rate1) continue;
    const double nats = nats_of(t) + stays * safe_gain(t, f);
    std::erase_if(won, [&](const Won& w) { return same_question(w.test, t); });
    won.push_back({t, nats});
  }
  return longest;
}

}  // namespace

double seconds_to_detect(const Charge& charge, const Expected& e, double error_rate) {
  const Flow f = flow_of(charge, e, error_rate);
  double best = kNeverSeconds;
  for (const Test& t : arrange(charge, expected_baseline(e)).tests) {
    if (t.side != Side::harm || t.metric != Metric::error_rate || t.weight <= 0) continue;
    const double needed = -ln(charge.alpha) - ln(t.weight);
    const double staked = needed + ln(2.0 * kHarmRatios.size());
    double s = seconds_for(t, kHarmRatios, f, staked, kNineOfTen);
    // The token bucket: 2 nats at once and one more every two seconds.
    s = std::max(s, 2 * (needed - 2));
    best = std::min(best, s);
  }
  return best + to_seconds(charge.warmup);
}

std::vector<Outlook> foresee(const std::vector<Charge>& charges, const Expected& e) {
  std::vector<Outlook> out;
  std::vector<Won> won;
  for (const Charge& c : charges) {
    Outlook& o = out.emplace_back();
    o.stage = c.stage;
    o.candidate_per_second = e.per_second * share_of(c);
    const double dwell = to_seconds(c.dwell);
    const double shown = c.bake ? 0 : seconds_to_show(c, e, won);
    o.shown = as_duration(shown);
    const double lasts = std::min(std::max(dwell, shown), to_seconds(c.deadline));
    o.smallest = smallest_within(c, e, lasts);
    if (o.smallest > 0) o.exposed = seconds_to_detect(c, e, o.smallest) * o.candidate_per_second;
    o.reference = std::max(2 * e.error_rate, 0.01);
    const double after = seconds_to_detect(c, e, o.reference);
    o.reference_after = as_duration(after);
    if (after > lasts && !c.bake) o.reference_share = share_that_finds(c, e, o.reference, lasts);
  }
  return out;
}

}  // namespace slipway::analysis
