#include "config/criteria.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/clause.h"
#include "config/units.h"

namespace slipway::config {
namespace {

using text::Node;

constexpr Duration kSignalEvery = 10s;

// One text under one key, or a sentence; several where it joins them.
void take(Ledger& ledger, const CriterionText& c, std::vector<CriterionText>& out) {
  const auto clauses = read_clauses(c.metric, c.text, c.bad_when_true);
  if (!clauses) {
    const Misread& m = clauses.error();
    return ledger.error(c.place, m.code, m.text, m.hint);
  }
  if (clauses->size() == 1 && clauses->front().subject != Subject::signal) return out.push_back(c);
  for (const Clause& clause : *clauses) {
    CriterionText one = c;
    one.metric.clear();
    one.text = print(clause);
    out.push_back(std::move(one));
  }
}

void pairs(Ledger& ledger, const Node& map, bool bad, std::vector<CriterionText>& out) {
  for (const auto& e : map.entries) {
    if (!e.value.is_scalar()) {
      ledger.error(e.value.place, "wrong_kind", fmt::format("`{}` needs a limit", e.key),
                   "such as \"< 1%\"");
      continue;
    }
    take(ledger, {e.key, e.value.scalar, bad, e.value.place}, out);
  }
}

bool unknown(Ledger& ledger, const CriterionText& c, const Clause& clause,
             const std::vector<Metric>& metrics) {
  std::vector<std::string> known = known_metrics();
  for (const Metric& m : metrics) known.push_back(m.name);
  const std::string near = text::nearest(clause.name, known);
  ledger.error(c.place, "unknown_metric",
               fmt::format("`{}` is not a metric known here", clause.name),
               near.empty() ? "known: error_rate, success_rate, p99_latency, response_time and "
                              "those under `metrics:`"
                            : fmt::format("did you mean `{}`?", near));
  return false;
}

// Whether a number without, or with, a unit fits what the metric is measured in.
bool fits(const Clause& clause, const Metric& m) {
  if (clause.comparison != Comparison::limit || clause.bare) return true;
  const bool share =
      m.unit == "fraction" || m.unit == "percent" || m.kind == "counter" || m.kind == "count";
  const bool time = m.unit == "ms" || m.unit == "s" || m.unit == "us";
  switch (clause.unit) {
    case Unit::percent:
      return share;
    case Unit::microseconds:
    case Unit::milliseconds:
    case Unit::seconds:
      return time;
    case Unit::none:
      break;
  }
  return !time && m.unit != "percent" && (!share || (clause.number > 0 && clause.number < 1));
}

}  // namespace

std::vector<CriterionText> read_criteria(Ledger& ledger, const Node& node, bool bad) {
  std::vector<CriterionText> out;
  if (node.is_scalar()) take(ledger, {"", node.scalar, bad, node.place}, out);
  if (node.is_map()) pairs(ledger, node, bad, out);
  for (const auto& i : node.items) {
    if (i.is_map())
      pairs(ledger, i, bad, out);
    else if (i.is_scalar())
      take(ledger, {"", i.scalar, bad, i.place}, out);
    else
      ledger.error(i.place, "wrong_kind", "a condition is a sentence or one `metric: limit`",
                   "such as `error_rate: \"> 5%\"`");
  }
  return out;
}

bool check_criterion(Ledger& ledger, const CriterionText& c, const std::vector<Metric>& metrics) {
  const auto clauses = read_clauses(c.metric, c.text, c.bad_when_true);
  if (!clauses) return false;
  const Clause& clause = clauses->front();
  const auto m = std::ranges::find(metrics, clause.name, &Metric::name);
  if (m == metrics.end()) {
    if (clause.subject == Subject::own) return unknown(ledger, c, clause, metrics);
    if (clause.subject == Subject::utilization)
      ledger.warning(
          c.place, "not_measured",
          fmt::format("`{}` has no source: this criterion decides nothing", clause.name),
          fmt::format(
              "metrics: {{ {}: {{ source: prometheus, url: …, query: …, unit: fraction }} }}",
              clause.name));
    return true;
  }
  const bool down =
      clause.comparison == Comparison::growth ? clause.below : clause.below == c.bad_when_true;
  if (!m->bad.empty() && (m->bad == "down") != down) {
    ledger.error(c.place, "wrong_direction",
                 fmt::format("`{}` is bad when it goes {}: this criterion would {} a good release",
                             m->name, m->bad, c.bad_when_true ? "take back" : "refuse"),
                 fmt::format("turn the comparison round, or write `bad: {}` (line {})",
                             down ? "down" : "up", m->place.line));
    return false;
  }
  if (m->kind != "gauge" && down) {
    ledger.error(c.place, "not_supported",
                 fmt::format("`{}` counts the failed ones: fewer of them are not worse", m->name),
                 "write it with `>` in a condition, with `<` in a success criterion");
    return false;
  }
  if (fits(clause, *m)) return true;
  ledger.error(
      c.place, "invalid_value",
      fmt::format("`{}` does not fit `{}`, which is {}", c.text, m->name,
                  m->unit.empty() ? (m->kind == "gauge" ? "a plain number" : "a part of all")
                                  : fmt::format("measured in {}", m->unit)),
      m->unit == "ms" || m->unit == "s" || m->unit == "us" ? "such as \"500ms\""
      : m->unit.empty() && m->kind == "gauge" ? "write the number alone, or set `unit:`"
                                              : "such as \"5%\" or 0.05");
  return false;
}

std::vector<CriterionText> automatic_criteria(const text::Place& place) {
  std::vector<CriterionText> out;
  for (const char* text : {"error_rate > baseline * 1.5", "p99_latency > baseline * 2",
                           "success_rate < 0.95", "cpu_utilization > 0.90"})
    out.push_back({"", text, true, place});
  return out;
}

Metric signal_metric(const std::string& name, const text::Place& place) {
  Metric m;
  m.name = name;
  m.source = "webhook";
  m.kind = "count";
  m.bad = "up";
  m.interval = kSignalEvery;
  m.timeout = kSignalEvery;
  m.place = place;
  return m;
}

}  // namespace slipway::config
