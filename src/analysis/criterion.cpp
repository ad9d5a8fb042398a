#include "analysis/criterion.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace slipway::analysis {
namespace {

enum Group : std::size_t { errors, latencies, others };

Group group_of(const Criterion& c) {
  switch (c.metric) {
    case Metric::error_rate:
      return errors;
    case Metric::latency:
      return latencies;
    case Metric::external:
    case Metric::gauge:
      break;
  }
  return others;
}

// A gauge that only holds spends nothing of the budget, and neither does what has no source.
bool may_take_back(const Criterion& c) {
  if (c.metric == Metric::gauge) return c.rollback;
  return c.metric != Metric::external || !c.source.empty();
}

bool same_statistic(const Criterion& a, const Criterion& b) {
  return a.metric == b.metric &&
         (a.metric != Metric::latency || std::fabs(a.quantile - b.quantile) < 1e-9);
}

}  // namespace

std::vector<Criterion> default_criteria() {
  Criterion error;
  error.compare = Compare::ratio;
  error.name = "error_rate";
  error.limit = 1.5;
  error.text = "< 1.5 × stable";
  error.origin = "default";
  std::vector<Criterion> all = {error};
  for (const auto& [name, quantile] :
       {std::pair{"p50_latency", 0.5}, {"p90_latency", 0.9}, {"p99_latency", 0.99}}) {
    Criterion c;
    c.metric = Metric::latency;
    c.compare = Compare::ratio;
    c.name = name;
    c.quantile = quantile;
    c.limit = 1.25;
    c.text = "< 1.25 × stable";
    c.origin = "default";
    all.push_back(std::move(c));
  }
  return all;
}

std::vector<Criterion> with_defaults(std::vector<Criterion> written) {
  for (Criterion& c : default_criteria()) {
    const bool replaced = std::any_of(written.begin(), written.end(), [&](const Criterion& w) {
      return w.origin != "default" && same_statistic(w, c);
    });
    if (!replaced) written.push_back(std::move(c));
  }
  return written;
}

void share_budget(std::vector<Criterion>& all) {
  std::array<double, 3> members{};
  double given = 0;
  for (const Criterion& c : all) {
    given += c.weight;
    if (c.weight == 0 && may_take_back(c)) members[group_of(c)] += 1;
  }
  std::array<double, 3> parts = {0.5, 0.5, 0.0};
  if (members[others] > 0) parts = {0.5, 0.3, 0.2};
  double total = 0;
  for (std::size_t g = 0; g < parts.size(); ++g) total += members[g] > 0 ? parts[g] : 0;
  const double left = std::max(0.0, 1.0 - given);
  for (Criterion& c : all) {
    if (c.weight != 0 || !may_take_back(c)) continue;
    const Group g = group_of(c);
    c.weight = left * parts[g] / total / members[g];
  }
}

}  // namespace slipway::analysis
