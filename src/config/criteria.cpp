#include "config/criteria.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "config/units.h"

namespace slipway::config {
namespace {

using text::Node;

bool is_success(const std::string& m) { return m == "success_rate" || m == "success"; }

bool is_rate(const std::string& m) {
  return m == "error_rate" || m == "errors" || m == "error" || is_success(m);
}

// p99_latency, latency_p99, p99, latency, response_time, p95_response_time, request_duration.
bool is_latency(std::string m) {
  bool time = false;
  for (const std::string_view base : {"latency", "response_time", "request_duration"})
    if (const auto at = m.find(base); at != std::string::npos) {
      m.erase(at, base.size());
      time = true;
    }
  std::erase(m, '_');
  if (m.empty()) return time;
  return m[0] == 'p' && m.size() >= 2 && m.size() <= 5 &&
         std::all_of(m.begin() + 1, m.end(), [](char c) { return c >= '0' && c <= '9'; });
}

const std::vector<std::string>& metric_names() {
  static const std::vector<std::string> names = {
      "error_rate",      "success_rate",       "latency",     "p50_latency",
      "p90_latency",     "p95_latency",        "p99_latency", "latency_p50",
      "latency_p90",     "latency_p95",        "latency_p99", "response_time",
      "cpu_utilization", "memory_utilization", "cpu",         "memory"};
  return names;
}

struct Sentence {
  std::string metric;  // canonical, without "increase"
  bool increase = false;
  std::string limit;  // from the operator on
};

// "Error rate increase > 2%", "error_rate > baseline * 1.5"; nothing without an operator.
std::optional<Sentence> split(const std::string& text) {
  const auto at = text.find_first_of("<>");
  if (at == std::string::npos) return std::nullopt;
  Sentence s{canonical(trim(std::string_view(text).substr(0, at))), false, text.substr(at)};
  constexpr std::string_view kIncrease = "_increase";
  if (s.metric.ends_with(kIncrease)) {
    s.metric.resize(s.metric.size() - kIncrease.size());
    s.increase = true;
  }
  return s;
}

// "baseline * 1.5", "1.5 x stable", "2x"; 0 when the number is missing, nothing for another limit.
std::optional<double> factor_of(std::string_view rest) {
  std::string s = lower(rest);
  bool beside = false;
  for (const std::string_view word : {"baseline", "stable", "times", "×", "*", "x"})
    for (auto at = s.find(word); at != std::string::npos; at = s.find(word)) {
      s.erase(at, word.size());
      beside = true;
    }
  if (!beside) return std::nullopt;
  if (trim(s).empty()) return lower(rest).find_first_of("*x") == std::string::npos ? 1.0 : 0.0;
  return std::max(0.0, parse_number(s).value_or(0));
}

class Check {
 public:
  Check(Ledger& ledger, const CriterionText& c) : ledger_(ledger), c_(c) {}

  bool limit(const std::string& metric, std::string_view text, bool increase) {
    const std::string_view whole = trim(text);
    std::string_view rest = whole;
    if (rest.starts_with("increase")) {
      increase = true;
      rest = trim(rest.substr(rest.find_first_of("<> ") == std::string_view::npos
                                  ? rest.size()
                                  : rest.find_first_of("<> ")));
    }
    if (rest.empty() || (rest[0] != '<' && rest[0] != '>')) {
      return refuse(
          "two_readings",
          fmt::format("`{}: {}` can be read as a limit from above or from below", metric, whole),
          fmt::format("write \"< {}\" or \"> {}\"", whole, whole));
    }
    const bool below = rest[0] == '<';
    rest.remove_prefix(1);
    if (rest.starts_with('=')) rest.remove_prefix(1);
    rest = trim(rest);
    const bool bad_below = is_success(metric);
    if (below != (c_.bad_when_true == bad_below)) return polarity(metric, whole, below);
    if (const auto f = factor_of(rest)) return *f > 0 || no_factor(rest);
    return increase ? growth(metric, rest) : value(metric, rest, below ? "<" : ">");
  }

 private:
  bool refuse(const char* code, std::string text, std::string hint) {
    ledger_.error(c_.place, code, std::move(text), std::move(hint));
    return false;
  }

  bool polarity(const std::string& metric, std::string_view whole, bool below) {
    return refuse("bad_criterion",
                  fmt::format("`{} {}` would {} a good release", metric, whole,
                              c_.bad_when_true ? "take back" : "refuse"),
                  fmt::format("turn the comparison round: `{}`", below ? ">" : "<"));
  }

  bool no_factor(std::string_view rest) {
    return refuse("bad_criterion", fmt::format("`{}` needs a factor", rest),
                  "such as `error_rate > baseline * 1.5`");
  }

  bool growth(const std::string& metric, std::string_view rest) {
    if (const auto p = parse_percent(rest); p && *p > 0) return true;
    return refuse("bad_criterion",
                  fmt::format("an increase of `{}` is a percentage, not `{}`", metric, rest),
                  "such as `Error rate increase > 2%`");
  }

  bool value(const std::string& metric, std::string_view rest, const char* op) {
    const auto bare = parse_number(rest);
    if (is_rate(metric)) {
      const auto p = parse_percent(rest);
      if (p && *p > 0 && *p < 100) return true;
      if (bare && *bare > 0 && *bare < 1) return true;  // a fraction
      if (bare && *bare >= 1 && *bare <= 100)
        return refuse("two_readings",
                      fmt::format("`{} {} {}` can be read as {:.6g} % or as {:.6g} %", metric, op,
                                  rest, *bare, *bare * 100),
                      fmt::format("write \"{} {:.6g}%\" or, as a fraction, \"{} {:.6g}\"", op,
                                  *bare, op, *bare / 100));
      return refuse("bad_criterion",
                    fmt::format("the limit of `{}` is a percentage, not `{}`", metric, rest),
                    "such as \"< 1%\"");
    }
    if (bare)
      return refuse(
          "two_readings",
          fmt::format("`{} {} {}` can be read as {}ms or as {}s", metric, op, rest, rest, rest),
          fmt::format("write \"{} {}ms\" or \"{} {}s\"", op, rest, op, rest));
    if (const auto d = parse_duration(rest); d && d->count() > 0 && !rest.ends_with('m'))
      return true;
    return refuse("bad_criterion",
                  fmt::format("the limit of `{}` is a time, not `{}`", metric, rest),
                  "such as \"< 500ms\"");
  }

  Ledger& ledger_;
  const CriterionText& c_;
};

// Kept when it can be watched; noted when it cannot.
void take(Ledger& ledger, CriterionText c, const std::string& metric, bool increase,
          std::string_view limit, std::vector<CriterionText>& out) {
  if (is_measured(metric)) {
    if (Check(ledger, c).limit(metric, limit, increase)) out.push_back(std::move(c));
    return;
  }
  if (is_known_metric(metric)) {
    ledger.warning(c.place, "not_supported",
                   fmt::format("`{}` is not watched yet: this criterion decides nothing", metric));
    return;
  }
  const std::string near = text::nearest(metric, metric_names());
  ledger.error(c.place, "unknown_metric", fmt::format("`{}` is not a metric known here", metric),
               near.empty() ? "known: error_rate, success_rate, p99_latency, response_time"
                            : fmt::format("did you mean `{}`?", near));
}

void sentence(Ledger& ledger, const Node& n, bool bad, std::vector<CriterionText>& out) {
  CriterionText c{"", n.scalar, bad, n.place};
  if (const auto s = split(n.scalar)) return take(ledger, c, s->metric, s->increase, s->limit, out);
  const std::string words = lower(n.scalar);
  if (words.find("complaint") != std::string::npos || words.find("ticket") != std::string::npos) {
    ledger.warning(n.place, "not_supported",
                   fmt::format("`{}` is a signal from outside, which is not received yet: it "
                               "decides nothing",
                               n.scalar));
    return;
  }
  ledger.error(n.place, "unknown_sentence", fmt::format("`{}` is not a condition", n.scalar),
               "write it as `error_rate > 5%` or `Response time increase > 20%`");
}

void pairs(Ledger& ledger, const Node& map, bool bad, std::vector<CriterionText>& out) {
  for (const auto& e : map.entries) {
    if (!e.value.is_scalar()) {
      ledger.error(e.value.place, "wrong_kind", fmt::format("`{}` needs a limit", e.key),
                   "such as \"< 1%\"");
      continue;
    }
    std::string metric = canonical(e.key);
    bool increase = false;
    if (metric.ends_with("_increase")) {
      metric.resize(metric.size() - std::string_view("_increase").size());
      increase = true;
    }
    take(ledger, {e.key, e.value.scalar, bad, e.value.place}, metric, increase, e.value.scalar,
         out);
  }
}

}  // namespace

bool is_measured(const std::string& m) { return is_rate(m) || is_latency(m); }

bool is_known_metric(const std::string& m) {
  return is_measured(m) || std::ranges::find(metric_names(), m) != metric_names().end();
}

std::vector<CriterionText> read_criteria(Ledger& ledger, const Node& node, bool bad) {
  std::vector<CriterionText> out;
  if (node.is_scalar()) sentence(ledger, node, bad, out);
  if (node.is_map()) pairs(ledger, node, bad, out);
  for (const auto& i : node.items) {
    if (i.is_map())
      pairs(ledger, i, bad, out);
    else if (i.is_scalar())
      sentence(ledger, i, bad, out);
    else
      ledger.error(i.place, "wrong_kind", "a condition is a sentence or one `metric: limit`",
                   "such as `error_rate: \"> 5%\"`");
  }
  return out;
}

}  // namespace slipway::config
