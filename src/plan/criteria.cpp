#include "plan/criteria.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "config/clause.h"

namespace slipway::plan {
namespace {

using analysis::Compare;
using analysis::Criterion;
using analysis::Metric;
using config::Clause;
using config::Comparison;
using config::Subject;

// Half as much again as stable's: of a metric that says which way is worse, and nothing more.
constexpr double kUsualFactor = 1.5;
constexpr double kUsualGrowth = 0.25;
constexpr double kLeastLimit = 1e-6;

std::string origin(const config::CriterionText& c) {
  return c.place.line > 0 ? fmt::format("{}:{}", c.place.file, c.place.line) : "default";
}

// What is heard × this is a fraction, a number of milliseconds, or the plain number.
double scale_of(const config::Metric& m) {
  if (m.unit == "percent") return 0.01;
  if (m.unit == "us") return 0.001;
  return m.unit == "s" ? 1000.0 : 1.0;
}

class Reader {
 public:
  Reader(const std::vector<config::Metric>& metrics, Criteria& out)
      : metrics_(metrics), out_(out) {}

  void read(const config::CriterionText& c) {
    const auto clauses = config::read_clauses(c.metric, c.text, c.bad_when_true);
    if (!clauses) {
      const config::Misread& m = clauses.error();
      return refuse(c, m.code, m.text, m.hint);
    }
    for (const Clause& clause : *clauses) take(c, clause);
  }

  // A metric that no criterion names is judged by what is usual.
  void usual(const config::Metric& m) {
    if (m.bad.empty() || named(m.name)) return;
    Criterion c;
    c.name = m.name;
    c.origin = m.place.line > 0 ? fmt::format("{}:{}", m.place.file, m.place.line) : "default";
    c.bad_below = m.bad == "down";
    if (m.kind == "gauge") {
      c.compare = Compare::increase;
      c.limit = c.bad_below ? -kUsualGrowth : kUsualGrowth;
      c.text =
          fmt::format("{} > {:.6g}%", c.bad_below ? "decrease" : "increase", kUsualGrowth * 100);
    } else {
      c.compare = Compare::ratio;
      c.limit = kUsualFactor;
      c.text = fmt::format("< {:.6g} × stable", kUsualFactor);
    }
    measured(std::move(c), m);
  }

 private:
  bool named(const std::string& name) const {
    return std::any_of(out_.list.begin(), out_.list.end(),
                       [&](const Criterion& c) { return c.name == name; });
  }

  const config::Metric* source(const std::string& name) const {
    const auto at = std::find_if(metrics_.begin(), metrics_.end(),
                                 [&](const config::Metric& m) { return m.name == name; });
    return at == metrics_.end() ? nullptr : &*at;
  }

  void take(const config::CriterionText& c, const Clause& clause) {
    Criterion out;
    out.name = clause.subject == Subject::success_rate ? "error_rate" : clause.name;
    out.quantile = clause.quantile;
    out.both_sides = !c.bad_when_true;
    out.origin = origin(c);
    const std::string whole = config::print(clause);
    const std::string own = clause.name + " ";
    const bool shown = clause.subject == Subject::success_rate || clause.bare;
    out.text = shown ? whole : whole.substr(whole.starts_with(own) ? own.size() : 0);
    out.bad_below =
        clause.comparison == Comparison::growth ? clause.below : clause.below == c.bad_when_true;
    compare(clause, out);
    switch (clause.subject) {
      case Subject::success_rate:
        out.limit = 1.0 - out.limit;
        [[fallthrough]];
      case Subject::error_rate:
        out.bad_below = false;
        return add(std::move(out));
      case Subject::latency:
        out.metric = Metric::latency;
        out.bad_below = false;
        return add(std::move(out));
      case Subject::utilization:
      case Subject::signal:
      case Subject::own:
        break;
    }
    const config::Metric* m = source(clause.name);
    if (m != nullptr) return measured(std::move(out), *m);
    if (clause.subject != Subject::own) return unmeasured(whole);
    refuse(c, "unknown_criterion", fmt::format("`{}` is not a metric known here", clause.name),
           "known are error_rate, success_rate, p50_latency, p90_latency, p99_latency, "
           "response_time and those under `metrics:`");
  }

  static void compare(const Clause& clause, Criterion& out) {
    const bool time =
        clause.subject == Subject::latency || clause.unit == config::Unit::milliseconds ||
        clause.unit == config::Unit::seconds || clause.unit == config::Unit::microseconds;
    switch (clause.comparison) {
      case Comparison::limit:
        out.limit = time ? clause.milliseconds() : clause.fraction();
        if (clause.bare) {
          out.compare = Compare::ratio;
          out.limit = kUsualFactor;
        }
        return;
      case Comparison::factor:
        out.compare = Compare::ratio;
        out.limit = clause.number;
        return;
      case Comparison::growth:
        out.compare = Compare::increase;
        out.limit = clause.below ? -clause.fraction() : clause.fraction();
        return;
    }
  }

  void measured(Criterion out, const config::Metric& m) {
    out.metric = m.kind == "gauge" ? Metric::gauge : Metric::external;
    out.source = m.name;
    out.rollback = m.rollback;
    out.fresh = std::max<Duration>(60s, 3 * m.interval + m.timeout);
    MetricQuery query = query_of(m);
    if (m.kind == "histogram") cut(out, query);
    if (out.metric == Metric::external) {
      out.bad_below = false;
      if (out.compare == Compare::absolute) out.limit = std::max(out.limit, kLeastLimit);
    }
    const bool asked = std::any_of(out_.queries.begin(), out_.queries.end(),
                                   [&](const MetricQuery& q) { return q.name == query.name; });
    if (!asked) out_.queries.push_back(std::move(query));
    add(std::move(out));
  }

  // A histogram is asked how many lie beyond a bound: each criterion has its own.
  static void cut(Criterion& out, MetricQuery& query) {
    query.name = fmt::format("{} {}", out.name, out.text);
    out.source = query.name;
    out.quantile = query.quantile;
    if (out.compare == Compare::absolute) {
      query.limit = out.limit;
      out.limit = 1.0 - query.quantile;
    } else {
      query.factor = out.compare == Compare::ratio ? out.limit : 1.0 + out.limit;
      out.compare = Compare::increase;
      out.limit = 0;
    }
  }

  static MetricQuery query_of(const config::Metric& m) {
    MetricQuery q;
    q.name = m.name;
    for (int i = 0; i <= static_cast<int>(MetricSource::cloudwatch); ++i)
      if (m.source == word(static_cast<MetricSource>(i))) q.source = static_cast<MetricSource>(i);
    for (int i = 0; i <= static_cast<int>(MetricKind::histogram); ++i)
      if (m.kind == word(static_cast<MetricKind>(i))) q.kind = static_cast<MetricKind>(i);
    q.url = m.url;
    q.query = m.query;
    q.failed = m.failed;
    q.total = m.total;
    q.region = m.region;
    q.account = m.account;
    q.command = m.command;
    q.shell = m.shell;
    q.headers = m.headers;
    q.keys = m.keys;
    q.scale = scale_of(m);
    if (m.kind == "histogram" && m.unit.empty()) q.scale = 1000.0;  // seconds, as is usual
    q.quantile = m.kind == "histogram" ? m.quantile : 0;
    q.interval = m.interval;
    q.timeout = m.timeout;
    q.delay = m.delay;
    for (const auto& name : m.secrets) q.secrets.push_back({name, "environment", ""});
    return q;
  }

  void add(Criterion c) {
    const bool again = std::any_of(out_.list.begin(), out_.list.end(), [&](const Criterion& o) {
      return o.metric == c.metric && o.compare == c.compare && o.quantile == c.quantile &&
             std::fabs(o.limit - c.limit) < 1e-12 && o.source == c.source;
    });
    if (!again) out_.list.push_back(std::move(c));
  }

  void unmeasured(const std::string& sentence) {
    out_.warnings.emplace_back("not_measured",
                               fmt::format("`{}` has no source: it holds nothing", sentence));
  }

  void refuse(const config::CriterionText& c, std::string code, std::string text,
              std::string hint) {
    text::Diagnostic d;
    d.place = c.place;
    d.code = std::move(code);
    d.text = std::move(text);
    d.hint = std::move(hint);
    out_.errors.push_back(std::move(d));
  }

  const std::vector<config::Metric>& metrics_;
  Criteria& out_;
};

}  // namespace

Criteria compile_criteria(const std::vector<config::CriterionText>& texts,
                          const std::vector<config::Metric>& metrics, bool usual) {
  Criteria out;
  Reader reader(metrics, out);
  for (const auto& c : texts) reader.read(c);
  if (usual)
    for (const auto& m : metrics) reader.usual(m);
  return out;
}

}  // namespace slipway::plan
