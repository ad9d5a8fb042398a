#include "config/clause.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "config/phrase.h"
#include "config/units.h"

namespace slipway::config {
namespace {

using Read = std::expected<Clause, Misread>;

bool is_share(const Clause& c) {
  return c.subject == Subject::error_rate || c.subject == Subject::success_rate ||
         c.subject == Subject::signal;
}

std::unexpected<Misread> misread(const char* code, std::string text, std::string hint) {
  return std::unexpected(Misread{code, std::move(text), std::move(hint)});
}

std::unexpected<Misread> two_percents(const Clause& c, const Phrase& p, double n) {
  return misread("two_readings",
                 fmt::format("`{} {} {}` can be read as {:.6g}% or as {:.6g}%", c.name,
                             p.below ? "<" : ">", p.value, n, n * 100),
                 fmt::format("write \"{} {:.6g}%\" or, as a fraction, \"{} {:.6g}\"",
                             p.below ? "<" : ">", n, p.below ? "<" : ">", n / 100));
}

struct Measured {
  double number = 0;
  Unit unit = Unit::none;
};

// "5%", "5 percent", "5pp", "500ms", "1.5 s", "0.05".
std::optional<Measured> measured(const std::string& written) {
  static constexpr std::array<std::pair<std::string_view, Unit>, 15> units = {
      {{"percentage points", Unit::percent},
       {"percentagepoints", Unit::percent},
       {"percent", Unit::percent},
       {"points", Unit::percent},
       {"pp", Unit::percent},
       {"%", Unit::percent},
       {"milliseconds", Unit::milliseconds},
       {"ms", Unit::milliseconds},
       {"us", Unit::microseconds},
       {"µs", Unit::microseconds},
       {"seconds", Unit::seconds},
       {"second", Unit::seconds},
       {"secs", Unit::seconds},
       {"sec", Unit::seconds},
       {"s", Unit::seconds}}};
  const std::string s = lower(trim(written));
  for (const auto& [word, unit] : units) {
    if (!s.ends_with(word)) continue;
    const auto n = parse_number(std::string_view(s).substr(0, s.size() - word.size()));
    return n ? std::optional(Measured{*n, unit}) : std::nullopt;
  }
  const auto n = parse_number(s);
  return n ? std::optional(Measured{*n, Unit::none}) : std::nullopt;
}

bool is_time(Unit u) {
  return u == Unit::microseconds || u == Unit::milliseconds || u == Unit::seconds;
}

Read share(Clause c, const Phrase& p) {
  const auto m = measured(p.value);
  if (!m || is_time(m->unit))
    return misread("invalid_value",
                   fmt::format("the limit of `{}` is a percentage, not `{}`", c.name, p.value),
                   "such as \"1%\"");
  if (m->unit == Unit::none && m->number >= 1) return two_percents(c, p, m->number);
  c.number = m->number;
  c.unit = m->unit;
  if (c.fraction() <= 0 || c.fraction() >= 1)
    return misread(
        "out_of_range",
        fmt::format("`{}`: the limit of `{}` must be above 0% and below 100%", p.value, c.name),
        "a limit that nobody can pass or fail decides nothing; 0.1% is small");
  return c;
}

Read time(Clause c, const Phrase& p) {
  const auto m = measured(p.value);
  if (!m || m->unit == Unit::percent || m->number <= 0)
    return misread("invalid_value",
                   fmt::format("the limit of `{}` is a time, not `{}`", c.name, p.value),
                   "such as \"500ms\" or \"1.5s\"");
  if (m->unit == Unit::none)
    return misread("two_readings",
                   fmt::format("`{} {} {}` can be read as {}ms or as {}s", c.name,
                               p.below ? "<" : ">", p.value, p.value, p.value),
                   fmt::format("write \"{}ms\" or \"{}s\"", p.value, p.value));
  c.number = m->number;
  c.unit = m->unit;
  return c;
}

// A part of what there is: 0-1, or a percentage; 70 can be nothing but 70 %.
Read utilization(Clause c, const Phrase& p) {
  const auto m = measured(p.value);
  if (!m || is_time(m->unit) || m->number <= 0)
    return misread("invalid_value",
                   fmt::format("the limit of `{}` is a share, not `{}`", c.name, p.value),
                   "such as \"90%\" or 0.9");
  if (m->unit == Unit::none && m->number == 1) return two_percents(c, p, 1);
  c.number = m->number;
  c.unit = m->unit == Unit::none && m->number > 1 ? Unit::percent : m->unit;
  if (c.fraction() > 1)
    return misread("out_of_range", fmt::format("`{}` of `{}` is more than all", p.value, c.name),
                   "a utilization is at most 100%");
  return c;
}

Read limit(Clause c, const Phrase& p) {
  if (is_share(c)) return share(std::move(c), p);
  if (c.subject == Subject::latency) return time(std::move(c), p);
  if (c.subject == Subject::utilization) return utilization(std::move(c), p);
  const auto m = measured(p.value);
  if (!m)
    return misread("invalid_value",
                   fmt::format("`{}` is no limit: a number, a percentage or a time", p.value),
                   fmt::format("such as \"{} > 5%\"", c.name));
  c.number = m->number;
  c.unit = m->unit;
  return c;
}

Read growth(Clause c, const Phrase& p) {
  const auto m = measured(p.value);
  const bool shares = is_share(c);
  if (m && m->unit == Unit::none && shares && m->number > 0) return two_percents(c, p, m->number);
  if (!m || m->unit != Unit::percent || m->number <= 0)
    return misread(
        "invalid_value",
        fmt::format("{} `{}` is a percentage, not `{}`",
                    p.change == Change::decrease ? "a decrease of" : "an increase of", c.name,
                    p.value),
        shares ? "in percentage points, such as \"increase > 2%\"" : "such as \"increase > 20%\"");
  if (p.below)
    return misread("wrong_direction",
                   fmt::format("`{}` limits how little it may change", p.written),
                   fmt::format("write \"{} > {}\"",
                               p.change == Change::decrease ? "decrease" : "increase", p.value));
  c.comparison = Comparison::growth;
  c.below = p.change == Change::decrease;
  c.number = m->number;
  c.unit = Unit::percent;
  return c;
}

Read factor(Clause c, const Phrase& p) {
  if (p.change != Change::none)
    return misread("two_readings",
                   fmt::format("`{}` can be read as the factor and as what is added", p.written),
                   "leave out \"increase\", or write a percentage");
  if (c.subject == Subject::success_rate)
    return misread("not_supported", "a success rate is compared with a limit only",
                   "write it as an error rate, such as \"error_rate > 1.5 * baseline\"");
  const bool shrinks = p.below && c.subject == Subject::own;
  if (!p.factor)
    return misread("invalid_value", fmt::format("`{}` needs a factor", p.value),
                   "such as \"error_rate > baseline * 1.5\"");
  if (shrinks ? *p.factor <= 0 || *p.factor > 1000 : *p.factor < 1 || *p.factor > 1000)
    return misread("out_of_range", fmt::format("`{}`: the factor must be from 1 to 1000", p.value),
                   "1.5 allows half as much again as stable");
  c.comparison = Comparison::factor;
  c.number = *p.factor;
  return c;
}

// Good when true and below, or bad when true and above; the other way round for a success rate.
std::optional<Misread> wrong_way(const Clause& c, const Phrase& p, bool bad) {
  if (c.subject == Subject::own || c.comparison == Comparison::growth) return std::nullopt;
  const bool bad_below = c.subject == Subject::success_rate;
  if ((p.below == bad_below) == bad) return std::nullopt;
  return Misread{
      "wrong_direction",
      fmt::format("`{}` would {} a good release", p.written, bad ? "take back" : "refuse"),
      fmt::format("turn the comparison round: \"{} {}\"", p.below ? ">" : "<", p.value)};
}

// What a metric under `metrics:` may be called, and no word of a sentence.
bool is_own_name(std::string_view s) {
  static constexpr std::array<std::string_view, 13> taken = {
      "increase", "increases", "decrease", "decreases", "baseline", "stable", "current",
      "canary",   "candidate", "control",  "or",        "and",      "exceeds"};
  if (s.empty() || (s[0] >= '0' && s[0] <= '9')) return false;
  for (const auto word : taken)
    if (s == word) return false;
  for (const char* change : {"increase", "decrease"})
    if (s.find(change) != std::string_view::npos) return false;
  return std::all_of(s.begin(), s.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

Read read_one(const Phrase& p, bool bad) {
  Clause c = subject_of(p.words);
  c.below = p.below;
  if (p.op.empty()) {
    if (c.subject == Subject::signal && p.value.empty() && bad) {
      c.bare = true;
      c.below = false;
      return c;
    }
    if (!p.value.empty())
      return misread("two_readings",
                     fmt::format("`{}` can be read as a limit from above or from below", p.written),
                     fmt::format("write \"< {}\" or \"> {}\"", p.value, p.value));
    return misread("unknown_sentence", fmt::format("`{}` is not a condition", p.written),
                   "write it as `error_rate > 5%` or `Response time increase > 20%`");
  }
  if (c.subject == Subject::own && !is_own_name(c.name))
    return misread("unknown_sentence", fmt::format("`{}` names no metric", p.written),
                   "write the metric first, such as `error_rate > 5%`");
  if (p.value.empty())
    return misread("invalid_value", fmt::format("`{}` has no limit", p.written), "such as \"1%\"");
  if (!p.other.empty() && subject_of(p.other).name != c.name)
    return misread("two_readings",
                   fmt::format("`{}` compares {} with stable's {}", p.written, c.name,
                               subject_of(p.other).name),
                   fmt::format("compare it with its own: \"{} > baseline * 1.5\"", c.name));
  Read read = p.relative ? factor(c, p) : p.change != Change::none ? growth(c, p) : limit(c, p);
  if (!read) return read;
  if (auto wrong = wrong_way(*read, p, bad)) return std::unexpected(std::move(*wrong));
  // A falling success rate is a rising error rate.
  const bool falls = read->comparison == Comparison::growth && read->below;
  if (read->subject == Subject::success_rate && read->comparison == Comparison::growth) {
    if (!falls)
      return misread("wrong_direction",
                     fmt::format("`{}` would take back a good release", p.written),
                     "write \"success_rate decrease > 2%\"");
    read->subject = Subject::error_rate;
    read->name = "error_rate";
    read->below = false;
  } else if (falls && read->subject != Subject::own) {
    return misread("wrong_direction", fmt::format("`{}` would take back a good release", p.written),
                   "write \"increase\"");
  }
  return read;
}

std::string number_text(double n) { return fmt::format("{}", n); }

std::string value_text(const Clause& c) {
  const std::string n = number_text(c.number);
  if (c.comparison == Comparison::factor) return n + " * baseline";
  switch (c.unit) {
    case Unit::percent:
      return n + "%";
    case Unit::microseconds:
      return n + "us";
    case Unit::milliseconds:
      return n + "ms";
    case Unit::seconds:
      return n + "s";
    case Unit::none:
      break;
  }
  return n;
}

}  // namespace

double Clause::fraction() const { return unit == Unit::percent ? number / 100 : number; }

double Clause::milliseconds() const {
  if (unit == Unit::seconds) return number * 1000;
  return unit == Unit::microseconds ? number / 1000 : number;
}

std::expected<std::vector<Clause>, Misread> read_clauses(std::string_view metric,
                                                         std::string_view text, bool bad) {
  auto phrases = phrases_of(metric, text, bad);
  if (!phrases) return std::unexpected(std::move(phrases).error());
  std::vector<Clause> out;
  for (const Phrase& p : *phrases) {
    Read read = read_one(p, bad);
    if (!read) return std::unexpected(std::move(read).error());
    out.push_back(std::move(*read));
  }
  return out;
}

std::string print(const Clause& c) {
  if (c.bare) return c.name;
  if (c.comparison == Comparison::growth)
    return fmt::format("{} {} > {}", c.name, c.below ? "decrease" : "increase", value_text(c));
  return fmt::format("{} {} {}", c.name, c.below ? "<" : ">", value_text(c));
}

std::string metric_name(std::string_view words) { return subject_of(words).name; }

const std::vector<std::string>& known_metrics() {
  static const std::vector<std::string> names = {
      "error_rate",  "success_rate",  "latency",         "p50_latency",        "p90_latency",
      "p95_latency", "p99_latency",   "latency_p50",     "latency_p90",        "latency_p95",
      "latency_p99", "response_time", "cpu_utilization", "memory_utilization", "cpu",
      "memory",      "complaints",    "tickets"};
  return names;
}

}  // namespace slipway::config
