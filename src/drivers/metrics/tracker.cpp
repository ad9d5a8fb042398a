#include "drivers/metrics/tracker.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace slipway::metrics {
namespace {

constexpr double kMost = 1e15;     // more of anything was never counted
constexpr Duration kOldest = 60s;  // a newer sample is fresh, whatever the interval
constexpr double kArmed = 20;      // samples beyond a quantile before it is compared with

bool is_counted(MetricKind k) { return k != MetricKind::gauge; }

// Up to the bound, of increases by bucket.
double up_to(const std::map<double, double>& buckets, double bound) {
  const auto at = buckets.find(bound);
  return at == buckets.end() ? 0 : at->second;
}

double all_of(const std::map<double, double>& buckets) {
  return up_to(buckets, std::numeric_limits<double>::infinity());
}

std::uint64_t whole(double v) { return static_cast<std::uint64_t>(std::llround(std::max(0.0, v))); }

double mean(const std::map<std::string, double>& values) {
  double sum = 0;
  for (const auto& [series, v] : values) sum += v;
  return sum / static_cast<double>(values.size());
}

}  // namespace

double Tracker::sound(double value) {
  if (std::isnan(value))
    trouble_ = "not a number";
  else if (value < 0)
    trouble_ = "negative";
  else if (value > kMost)
    trouble_ = fmt::format("{:g} is more than can be counted", value);
  return trouble_.empty() ? value : 0;
}

// A series that fell began anew, and all it has is new. A total without a name may be of several
// counters: what is new in it cannot be told.
double Tracker::step(double before, double now, bool named, const char* what) {
  if (sound(now) != now) return 0;
  if (now >= before) return now - before;
  if (named) return now;
  trouble_ = fmt::format("{} fell from {:.6g} to {:.6g}: a counter was reset", what, before, now);
  return 0;
}

double Tracker::grown(std::map<std::string, double>& before,
                      const std::map<std::string, double>& now, bool begun) {
  double sum = 0;
  for (const auto& [series, value] : now) {
    const auto at = before.find(series);
    // A series that was not there when others were began after that.
    const double from = at != before.end() ? at->second : 0;
    if (begun || at != before.end())
      sum += step(from, value, !series.empty(), "the total");
    else
      sound(value);
    if (value >= 0 && value <= kMost) before[series] = value;
  }
  return sum;
}

Tracker::Increase Tracker::increase(Side& side, const Said& said) {
  Increase out;
  out.there = !said.total.empty() || !said.buckets.empty();
  if (!out.there) return out;
  if (query_.kind == MetricKind::count) {
    for (const auto& [series, v] : said.failed) out.failed += sound(v);
    for (const auto& [series, v] : said.total) out.total += sound(v);
    return out;
  }
  out.failed = grown(side.failed, said.failed, side.begun);
  out.total = grown(side.total, said.total, side.begun);
  for (const auto& [series, bounds] : said.buckets) {
    auto& before = side.buckets[series];
    const bool known = !before.empty() || side.begun;
    // One bucket that fell: the whole series began anew.
    bool reset = false;
    for (const auto& [bound, v] : bounds)
      if (const auto at = before.find(bound); at != before.end() && v < at->second) reset = true;
    if (reset) before.clear();
    for (const auto& [bound, v] : bounds) {
      const auto at = before.find(bound);
      const double from = at == before.end() ? 0 : at->second;
      if (known) out.buckets[bound] += std::max(0.0, sound(v) - from);
      if (v >= 0 && v <= kMost) before[bound] = v;
    }
  }
  side.begun = true;
  return out;
}

// The source's own clock: what is older than it should be is no news, what is older than before
// is wrong.
bool Tracker::too_old(Span span, const Said& stable, const Said& candidate) {
  const Wall at = std::max(stable.at, candidate.at);
  if (at == Wall{}) return false;
  if (at < newest_) {
    trouble_ = fmt::format("time went back by {:.3g} s", to_seconds(newest_ - at));
    return false;
  }
  const Duration most = std::max<Duration>(kOldest, 4 * query_.interval) + query_.delay;
  if (span.to - at > most) {
    silence_ = fmt::format("its newest sample is {:.0f} s old", to_seconds(span.to - at));
    return true;
  }
  newest_ = at;
  return false;
}

void Tracker::gauge(analysis::Reading& r, const Said& stable, const Said& candidate) {
  r.candidate = mean(candidate.value) * query_.scale;
  r.stable = stable.value.empty() ? 0 : mean(stable.value) * query_.scale;
  if (!std::isfinite(r.candidate) || !std::isfinite(r.stable)) trouble_ = "not a number";
  if (!trouble_.empty()) r.stable = r.candidate = 0;
}

// Beyond which bound a request is too slow: the plan's limit, or a multiple of where stable's
// quantile lies. Only a histogram's own bounds can be counted beyond.
void Tracker::tail(analysis::Reading& r, const Increase& stable, const Increase& candidate) {
  const std::map<double, double> before = stable_so_far_;
  for (const auto& [bound, n] : stable.buckets) stable_so_far_[bound] += n;
  const auto bound_for = [&](const Increase& of, double least, bool below) {
    double found = std::numeric_limits<double>::quiet_NaN();
    for (const auto& [bound, n] : of.buckets) {
      if (!std::isfinite(bound)) continue;
      if (below ? bound <= least : bound >= least && std::isnan(found)) found = bound;
    }
    return found;
  };
  double stable_bound = query_.limit / query_.scale;
  double least = stable_bound;
  if (query_.limit <= 0) {
    const double seen = all_of(before);
    if (seen * (1.0 - query_.quantile) < kArmed) return;  // nothing to compare with yet
    double nearest = 2;
    for (const auto& [bound, n] : before) {
      const double off = std::fabs(n / seen - query_.quantile);
      if (std::isfinite(bound) && off < nearest) {
        nearest = off;
        stable_bound = bound;
      }
    }
    least = stable_bound * query_.factor;
  } else {
    stable_bound = bound_for(stable, least, false);
  }
  const double upper = bound_for(candidate, least, false);
  const double lower = bound_for(candidate, least, true);
  if (std::isnan(upper) && !candidate.buckets.empty()) {
    trouble_ = fmt::format("no bucket of the histogram reaches {:.6g}", least);
    return;
  }
  r.n_stable = whole(all_of(stable.buckets));
  r.n_candidate = whole(all_of(candidate.buckets));
  if (!std::isnan(stable_bound))
    r.x_stable = r.n_stable - std::min(r.n_stable, whole(up_to(stable.buckets, stable_bound)));
  if (!std::isnan(upper))
    r.x_candidate = r.n_candidate - std::min(r.n_candidate, whole(up_to(candidate.buckets, upper)));
  if (lower != upper)
    r.x_candidate_safe =
        std::isnan(lower)
            ? r.n_candidate
            : r.n_candidate - std::min(r.n_candidate, whole(up_to(candidate.buckets, lower)));
}

bool Tracker::counts(analysis::Reading& r, const Said& stable, const Said& candidate) {
  const bool first = query_.kind != MetricKind::count && !stable_.begun && !candidate_.begun;
  const Increase s = increase(stable_, stable);
  const Increase c = increase(candidate_, candidate);
  if (!s.there && !c.there) {
    silence_ = "it knows neither version";
    return false;
  }
  if (!c.there) {
    silence_ = "it does not know the candidate";
    return false;
  }
  if (first) return false;
  if (query_.kind == MetricKind::histogram) {
    tail(r, s, c);
  } else {
    r.n_stable = whole(s.total);
    r.x_stable = whole(s.failed);
    r.n_candidate = whole(c.total);
    r.x_candidate = whole(c.failed);
  }
  return true;
}

std::optional<analysis::Reading> Tracker::take(Instant now, Span span, const Said& stable,
                                               const Said& candidate) {
  trouble_.clear();
  silence_.clear();
  if (too_old(span, stable, candidate)) return std::nullopt;
  analysis::Reading r;
  r.name = query_.name;
  r.from = last_ == Instant{} ? now : last_;
  r.to = now;
  if (trouble_.empty()) {
    if (is_counted(query_.kind)) {
      // The baseline is set even where there is trouble, so that it is not told again.
      const bool ready = counts(r, stable, candidate);
      last_ = now;
      if (!ready && trouble_.empty()) return std::nullopt;
    } else {
      if (candidate.value.empty()) {
        silence_ =
            stable.value.empty() ? "it knows neither version" : "it does not know the candidate";
        return std::nullopt;
      }
      gauge(r, stable, candidate);
    }
  }
  last_ = now;
  r.trouble = trouble_;
  if (!trouble_.empty()) {
    r.n_stable = r.x_stable = r.n_candidate = r.x_candidate = 0;
    r.x_candidate_safe.reset();
  }
  return r;
}

}  // namespace slipway::metrics
