#include "views/series.h"

#include <algorithm>
#include <cmath>

#include "base/limits.h"
#include "views/phrase.h"

namespace slipway::views {
namespace {

SeriesSide side_of(const analysis::Counts& counts) {
  SeriesSide side{counts.requests, counts.errors, 0, 0};
  if (!counts.latencies.buckets.empty()) {
    side.p50_us = counts.latencies.quantile(0.5);
    side.p99_us = counts.latencies.quantile(0.99);
  }
  return side;
}

void join(SeriesSide& a, const SeriesSide& b) {
  a.requests += b.requests;
  a.errors += b.errors;
  a.p50_us = std::max(a.p50_us, b.p50_us);
  a.p99_us = std::max(a.p99_us, b.p99_us);
}

// Twice as long a time in the same room. Blocks of different weights stay apart: the steps of the
// share are what the chart is about.
void thin(std::deque<SeriesPoint>& points) {
  std::deque<SeriesPoint> out;
  for (std::size_t i = 0; i < points.size(); ++i) {
    out.push_back(points[i]);
    if (i + 1 == points.size() || points[i + 1].asked != points[i].asked) continue;
    const SeriesPoint& next = points[++i];
    out.back().at = next.at;
    out.back().span += next.span;
    join(out.back().stable, next.stable);
    join(out.back().candidate, next.candidate);
  }
  while (out.size() >= kPointsKept) out.pop_front();  // a share that never stands still
  points = std::move(out);
}

boost::json::value rate(const SeriesSide& side) {
  if (side.requests == 0) return nullptr;
  return static_cast<double>(side.errors) / static_cast<double>(side.requests);
}

boost::json::value ms(const SeriesSide& side, double us) {
  if (side.requests == 0) return nullptr;
  return std::round(us) / 1000.0;
}

boost::json::array shares(const SeriesPoint& p) {
  const auto all = p.stable.requests + p.candidate.requests;
  boost::json::value served = nullptr;
  if (all != 0)
    served = std::round(static_cast<double>(p.candidate.requests) / static_cast<double>(all) *
                        limits::kWeightSum);
  return {p.asked, served};
}

boost::json::array pair_of(const std::string& metric, const SeriesPoint& p) {
  if (metric == "requests") return {p.stable.requests, p.candidate.requests};
  if (metric == "errors") return {p.stable.errors, p.candidate.errors};
  if (metric == "error_rate") return {rate(p.stable), rate(p.candidate)};
  if (metric == "p50_ms")
    return {ms(p.stable, p.stable.p50_us), ms(p.candidate, p.candidate.p50_us)};
  if (metric == "p99_ms")
    return {ms(p.stable, p.stable.p99_us), ms(p.candidate, p.candidate.p99_us)};
  return shares(p);
}

}  // namespace

const std::vector<std::string>& series_metrics() {
  static const std::vector<std::string> names{"requests", "errors", "error_rate",
                                              "p50_ms",   "p99_ms", "share"};
  return names;
}

std::uint32_t SeriesList::add(const Published& p) {
  const auto* counted = std::get_if<Counted>(&p.event.what);
  if (counted == nullptr || !p.after->live) return 0;
  const Deployment& d = *p.after->live;
  const auto copy = p.after->copies.find(d.candidate);
  auto& points = all_[d.number];
  const auto& block = counted->block;
  points.push_back({.at = wall_of(*p.after, block.to),
                    .span = block.to - block.from,
                    .asked = copy == p.after->copies.end() ? 0 : copy->second.weight,
                    .stable = side_of(block.stable),
                    .candidate = side_of(block.candidate)});
  if (points.size() > kPointsKept) thin(points);
  while (all_.size() > kSeriesKept) all_.erase(all_.begin());
  return d.number;
}

void SeriesList::recall(const SeriesList& earlier) {
  for (const auto& [number, points] : earlier.all_) {
    auto& mine = all_[number];
    const auto end =
        mine.empty() ? points.end() : std::ranges::find_if(points, [&](const SeriesPoint& p) {
          return p.at >= mine.front().at;
        });
    mine.insert(mine.begin(), points.begin(), end);
    if (mine.size() > kPointsKept) thin(mine);
  }
  while (all_.size() > kSeriesKept) all_.erase(all_.begin());
}

const std::deque<SeriesPoint>* SeriesList::find(std::uint32_t number) const {
  const auto it = all_.find(number);
  return it == all_.end() ? nullptr : &it->second;
}

boost::json::object to_json(const SeriesPoint& p, const std::vector<std::string>& metrics) {
  boost::json::object o{{"at", time_json(p.at)}, {"for_ms", ms_json(p.span)}};
  for (const std::string& metric : metrics.empty() ? series_metrics() : metrics)
    o[metric] = pair_of(metric, p);
  return o;
}

}  // namespace slipway::views
