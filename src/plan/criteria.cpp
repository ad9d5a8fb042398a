#include "plan/criteria.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace slipway::plan {
namespace {

using analysis::Compare;
using analysis::Criterion;
using analysis::Metric;

std::string trimmed(std::string_view s) {
  const auto first = s.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return "";
  return std::string(s.substr(first, s.find_last_not_of(" \t\r\n") - first + 1));
}

// Lower case without blanks.
std::string squeezed(std::string_view s) {
  std::string out;
  for (const char c : s) {
    if (c == ' ' || c == '\t') continue;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

bool take_suffix(std::string& s, std::string_view suffix) {
  if (!s.ends_with(suffix)) return false;
  s.resize(s.size() - suffix.size());
  return true;
}

bool take_prefix(std::string& s, std::string_view prefix) {
  if (!s.starts_with(prefix)) return false;
  s.erase(0, prefix.size());
  return true;
}

std::optional<double> number(std::string_view s) {
  double v = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), v);
  if (error != std::errc() || end != s.data() + s.size() || !std::isfinite(v)) return std::nullopt;
  return v;
}

enum class Kind { error, success, latency, external, unmeasured, unknown };

struct Named {
  Kind kind = Kind::unknown;
  double quantile = 0.5;
  bool increase = false;
};

// "p99" -> 0.99, "p999" -> 0.999, "p5" -> 0.05.
std::optional<double> quantile_of(std::string_view s) {
  if (s.size() < 2 || s.size() > 5 || s[0] != 'p') return std::nullopt;
  const std::string_view digits = s.substr(1);
  const auto v = number(digits);
  if (!v || digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  const double scale = digits.size() <= 2 ? 100.0 : std::pow(10.0, double(digits.size()));
  const double q = *v / scale;
  return q > 0 && q < 1 ? std::optional(q) : std::nullopt;
}

// "P99 Latency", "p99_latency" and "p99-latency" are one name.
Named named(std::string_view words) {
  std::string s = squeezed(words);
  std::erase_if(s, [](char c) { return c == '_' || c == '-'; });
  Named n;
  n.increase = take_suffix(s, "increase") || take_suffix(s, "increases");
  if (s == "errorrate" || s == "errors" || s == "error" || s == "errorsrate") {
    n.kind = Kind::error;
  } else if (s == "successrate" || s == "success") {
    n.kind = Kind::success;
  } else if (s.starts_with("cpu") || s.starts_with("memory")) {
    n.kind = Kind::unmeasured;
  } else if (s.find("complaint") != std::string::npos || s.find("ticket") != std::string::npos) {
    n.kind = Kind::external;
  } else {
    bool time = false;
    for (const char* base : {"latency", "responsetime", "requestduration"})
      time = time || take_suffix(s, base) || take_prefix(s, base);
    const auto q = quantile_of(s);
    if (q) n.quantile = *q;
    if (q || (time && s.empty())) n.kind = Kind::latency;
  }
  return n;
}

struct Limit {
  Compare compare = Compare::absolute;
  double value = 0;
};

// What went wrong with a limit: text and hint of the diagnostic.
struct Refused {
  std::string code, text, hint;
};

using Read = std::expected<Limit, Refused>;

// "baseline*1.5", "1.5*baseline", "1.5xbaseline", "1.5x", "2×stable".
std::optional<double> factor_of(std::string s) {
  for (std::string_view times : {"×", "times"}) {
    for (auto at = s.find(times); at != std::string::npos; at = s.find(times))
      s.replace(at, times.size(), "*");
  }
  const bool beside = take_prefix(s, "baseline") || take_prefix(s, "stable") ||
                      take_suffix(s, "baseline") || take_suffix(s, "stable");
  const bool marked =
      take_prefix(s, "*") || take_prefix(s, "x") || take_suffix(s, "*") || take_suffix(s, "x");
  if (!beside && !marked) return std::nullopt;
  return s.empty() && beside ? std::optional(1.0) : number(s);
}

Read rate(const std::string& written, bool increase) {
  std::string s = squeezed(written);
  const bool percent = take_suffix(s, "%") || take_suffix(s, "percentagepoints") ||
                       take_suffix(s, "pp") || take_suffix(s, "percent");
  const auto v = number(s);
  if (!v) {
    return std::unexpected(Refused{"invalid_value", fmt::format("`{}` is not a share", written),
                                   "write a percentage like \"1%\""});
  }
  if (!percent && (*v >= 1 || increase)) {
    return std::unexpected(Refused{
        "two_readings", fmt::format("`{}` can be read as {}% and as {}%", written, *v, *v * 100),
        fmt::format("write \"{}%\" or \"{}%\"", *v, *v * 100)});
  }
  const double share = percent ? *v / 100 : *v;
  if (share <= 0 || share >= 1) {
    return std::unexpected(Refused{
        "out_of_range", fmt::format("`{}` must be between 0% and 100%, without both", written),
        "a limit nobody can pass or fail decides nothing; 0.1% is small"});
  }
  return Limit{increase ? Compare::increase : Compare::absolute, share};
}

Read time(const std::string& written, bool increase) {
  std::string s = squeezed(written);
  if (increase) {
    if (!take_suffix(s, "%") && !take_suffix(s, "percent")) {
      return std::unexpected(Refused{
          "invalid_value", fmt::format("the increase of a time is a percentage, not `{}`", written),
          "write \"> 20%\", or a limit like \"< 500ms\""});
    }
    const auto v = number(s);
    if (!v || *v <= 0)
      return std::unexpected(Refused{"invalid_value", fmt::format("`{}` is no percentage", written),
                                     "write \"> 20%\""});
    return Limit{Compare::increase, *v / 100};
  }
  double unit = 0;
  if (take_suffix(s, "ms")) {
    unit = 1;
  } else if (take_suffix(s, "us") || take_suffix(s, "µs")) {
    unit = 0.001;
  } else if (take_suffix(s, "s") || take_suffix(s, "sec")) {
    unit = 1000;
  }
  const auto v = number(s);
  if (!v || *v <= 0) {
    return std::unexpected(Refused{"invalid_value", fmt::format("`{}` is not a time", written),
                                   "write a time like \"500ms\" or \"1.5s\""});
  }
  if (unit == 0) {
    return std::unexpected(
        Refused{"two_readings", fmt::format("`{}` can be read as {}ms and as {}s", written, *v, *v),
                fmt::format("write \"{}ms\" or \"{}s\"", *v, *v)});
  }
  return Limit{Compare::absolute, *v * unit};
}

class Reader {
 public:
  explicit Reader(Criteria& out) : out_(out) {}

  void read(const config::CriterionText& c) {
    const std::string sentence = c.metric.empty() ? c.text : c.metric + " " + c.text;
    const auto at = sentence.find_first_of("<>");
    const bool named_apart = at == std::string::npos && !c.metric.empty();
    const Named name = named(named_apart ? c.metric : sentence.substr(0, at));
    if (name.kind == Kind::unmeasured) return unmeasured(trimmed(sentence));
    if (name.kind == Kind::external) return external(c, trimmed(sentence));
    if (name.kind == Kind::unknown) return unknown(c, trimmed(sentence));
    if (at == std::string::npos) {
      const std::string value = trimmed(c.text);
      return refuse(c, {"two_readings", fmt::format("`{}` says no direction", trimmed(sentence)),
                        fmt::format("write \"< {}\" or \"> {}\"", value, value)});
    }
    const bool below = sentence[at] == '<';
    const auto value_at = at + 1 + (at + 1 < sentence.size() && sentence[at + 1] == '=');
    limit(c, name, below, trimmed(std::string_view(sentence).substr(value_at)), sentence);
  }

 private:
  void limit(const config::CriterionText& c, const Named& name, bool below,
             const std::string& value, const std::string& sentence) {
    const bool good_when_below = name.kind != Kind::success;
    // Good when true and below, or bad when true and above; success rates the other way round.
    if ((below == good_when_below) == c.bad_when_true) return wrong_way(c, below, value, sentence);
    const auto factor = factor_of(squeezed(value));
    Read read = factor ? ratio(*factor, name, value)
                       : (name.kind == Kind::latency ? time(value, name.increase)
                                                     : rate(value, name.increase));
    if (!read) return refuse(c, read.error());
    if (name.kind == Kind::success) {
      if (read->compare != Compare::absolute)
        return refuse(c, {"not_supported", "a success rate is compared with a limit only",
                          "write it as an error rate, for example \"error_rate > 1.5x baseline\""});
      read->value = 1.0 - read->value;
    }
    Criterion out;
    out.metric = name.kind == Kind::latency ? Metric::latency : Metric::error_rate;
    out.compare = read->compare;
    out.quantile = name.quantile;
    out.limit = read->value;
    out.both_sides = !c.bad_when_true;
    out.name = name.kind == Kind::latency ? latency_name(name.quantile) : "error_rate";
    out.text = fmt::format("{}{}{} {}", name.kind == Kind::success ? "success_rate " : "",
                           name.increase ? "increase " : "", below ? "<" : ">", value);
    out.origin = origin(c);
    add(std::move(out));
  }

  static Read ratio(double factor, const Named& name, const std::string& value) {
    if (name.increase)
      return std::unexpected(Refused{
          "two_readings",
          fmt::format("an increase by `{}` can be read as the factor and as what is added", value),
          "leave out \"increase\", or write a percentage"});
    if (factor < 1 || factor > 1000)
      return std::unexpected(Refused{"out_of_range",
                                     fmt::format("`{}`: the factor must be from 1 to 1000", value),
                                     "1.5 allows half as much again as stable"});
    return Limit{Compare::ratio, factor};
  }

  static std::string latency_name(double quantile) {
    std::string digits = fmt::format("{:.6g}", quantile * 100);
    std::erase(digits, '.');
    return fmt::format("p{}_latency", digits);
  }

  static std::string origin(const config::CriterionText& c) {
    return c.place.line > 0 ? fmt::format("{}:{}", c.place.file, c.place.line) : "default";
  }

  void add(Criterion c) {
    const bool again = std::any_of(out_.list.begin(), out_.list.end(), [&](const Criterion& o) {
      return o.metric == c.metric && o.compare == c.compare && o.quantile == c.quantile &&
             std::fabs(o.limit - c.limit) < 1e-12 &&
             (o.metric != Metric::external || o.name == c.name);
    });
    if (!again) out_.list.push_back(std::move(c));
  }

  void unmeasured(const std::string& sentence) {
    out_.warnings.emplace_back("not_measured",
                               fmt::format("`{}` is not measured yet: it holds nothing", sentence));
  }

  void external(const config::CriterionText& c, const std::string& sentence) {
    Criterion out;
    out.metric = Metric::external;
    out.name = c.metric.empty() ? sentence : c.metric;
    out.text = c.text;
    out.origin = origin(c);
    add(std::move(out));
    out_.warnings.emplace_back(
        "no_signal", fmt::format("`{}` has no source of signals yet: it holds nothing", sentence));
  }

  void unknown(const config::CriterionText& c, const std::string& sentence) {
    refuse(c,
           {"unknown_criterion", fmt::format("`{}` is no criterion that is understood", sentence),
            "known are error_rate, success_rate, p50_latency, p90_latency, p99_latency and "
            "response_time, each with a limit: \"error_rate > 5%\""});
  }

  void wrong_way(const config::CriterionText& c, bool below, const std::string& value,
                 const std::string& sentence) {
    const char* now = below ? "<" : ">";
    const char* other = below ? ">" : "<";
    refuse(c,
           {"wrong_direction",
            c.bad_when_true ? fmt::format("`{}` would take a good release back", trimmed(sentence))
                            : fmt::format("`{}` would demand a bad release", trimmed(sentence)),
            fmt::format("write \"{} {}\" instead of \"{} {}\"", other, value, now, value)});
  }

  void refuse(const config::CriterionText& c, Refused why) {
    text::Diagnostic d;
    d.place = c.place;
    d.code = std::move(why.code);
    d.text = std::move(why.text);
    d.hint = std::move(why.hint);
    out_.errors.push_back(std::move(d));
  }

  Criteria& out_;
};

}  // namespace

Criteria compile_criteria(const std::vector<config::CriterionText>& texts) {
  Criteria out;
  Reader reader(out);
  for (const auto& c : texts) reader.read(c);
  return out;
}

}  // namespace slipway::plan
