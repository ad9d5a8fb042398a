#include "config/phrase.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "config/units.h"

namespace slipway::config {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_word_end(std::string_view s, std::size_t at) {
  return at >= s.size() || !(is_letter(s[at]) || s[at] == '_');
}

// The first whole word `word` in lower-case text from `from` on.
std::size_t find_word(std::string_view s, std::string_view word, std::size_t from = 0) {
  for (auto at = s.find(word, from); at != std::string_view::npos; at = s.find(word, at + 1)) {
    const bool begins = at == 0 || !(is_letter(s[at - 1]) || s[at - 1] == '_');
    if (begins && is_word_end(s, at + word.size())) return at;
  }
  return std::string_view::npos;
}

struct Operator {
  std::size_t at = std::string::npos, length = 0;
  bool below = false;
};

// `<`, `>=`, `≤`, "exceeds", "is below": the first of them.
Operator find_operator(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, bool>, 13> words = {
      {{"is greater than", false},
       {"greater than", false},
       {"more than", false},
       {"is above", false},
       {"above", false},
       {"over", false},
       {"exceeds", false},
       {"is less than", true},
       {"less than", true},
       {"is below", true},
       {"below", true},
       {"is under", true},
       {"under", true}}};
  Operator found;
  const auto take = [&](std::size_t at, std::size_t length, bool below) {
    if (at < found.at) found = {at, length, below};
  };
  for (const auto& [sign, below] : {std::pair{std::string_view("≤"), true}, {"≥", false}})
    take(text.find(sign), sign.size(), below);
  if (const auto at = text.find_first_of("<>"); at != std::string_view::npos)
    take(at, at + 1 < text.size() && text[at + 1] == '=' ? 2 : 1, text[at] == '<');
  if (found.at != std::string::npos) return found;
  const std::string small = lower(text);
  for (const auto& [word, below] : words) take(find_word(small, word), word.size(), below);
  return found;
}

// current['error_rate'], baseline["p99_latency"], canary.error_rate, baseline_error_rate: the
// metric, and whose it is.
struct Owned {
  std::string owner, metric;
};

std::optional<Owned> owned(std::string_view text) {
  static constexpr std::array<std::string_view, 6> owners = {"current",  "candidate", "canary",
                                                             "baseline", "stable",    "control"};
  const std::string small = lower(trim(text));
  for (const auto owner : owners) {
    if (!small.starts_with(owner)) continue;
    std::string_view rest = std::string_view(small).substr(owner.size());
    if (rest.empty()) return Owned{std::string(owner), ""};
    if (rest.starts_with("['") || rest.starts_with("[\"")) {
      const auto end = rest.find(']');
      if (end != rest.size() - 1 || end < 4) return std::nullopt;
      return Owned{std::string(owner), std::string(rest.substr(2, end - 3))};
    }
    if ((rest[0] == '.' || rest[0] == '_' || rest[0] == ' ') && rest.size() > 1 &&
        is_letter(rest[1]) && rest.find_first_of("*x× ", 1) == std::string_view::npos)
      return Owned{std::string(owner), std::string(rest.substr(1))};
  }
  return std::nullopt;
}

bool is_stable(const std::string& owner) {
  return owner == "baseline" || owner == "stable" || owner == "control";
}

// Splits at a multiplication sign: "baseline * 1.5", "1.5x", "2 times stable".
std::vector<std::string> factors_of(std::string text) {
  for (std::string_view times : {"×", "times", "*"})
    for (auto at = text.find(times); at != std::string::npos; at = text.find(times))
      text.replace(at, times.size(), "\n");
  // An x right after a number, or standing alone.
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != 'x' && text[i] != 'X') continue;
    const bool after_number = i > 0 && (std::isdigit(static_cast<unsigned char>(text[i - 1])) != 0);
    const bool alone =
        (i == 0 || text[i - 1] == ' ') && (i + 1 == text.size() || text[i + 1] == ' ');
    if (after_number || alone) text[i] = '\n';
  }
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == '\n')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  for (auto& p : parts) p = std::string(trim(p));
  return parts;
}

// Whether the value is a multiple of stable's, and of which metric's.
void take_factor(Phrase& p) {
  const std::vector<std::string> parts = factors_of(p.value);
  std::optional<double> number;
  bool beside = false, broken = false;
  for (const std::string& part : parts) {
    const auto one = owned(part);
    if (one && is_stable(one->owner)) {
      beside = true;
      p.other = one->metric;
    } else if (const auto n = parse_number(part); n && !number) {
      number = n;
    } else if (!part.empty()) {
      // "1.5 baseline" without a sign.
      const auto blank = part.find(' ');
      const auto before = parse_number(std::string_view(part).substr(0, blank));
      const auto after = blank == std::string::npos ? std::nullopt : owned(part.substr(blank + 1));
      if (before && after && is_stable(after->owner) && !number) {
        number = before;
        beside = true;
      } else {
        broken = true;
      }
    }
  }
  p.relative = beside || parts.size() > 1;
  if (!p.relative || broken) return;
  p.factor = number ? number : beside && parts.size() == 1 ? std::optional(1.0) : std::nullopt;
}

// "baseline + 2%" is an increase.
void take_sum(Phrase& p) {
  const auto plus = p.value.find('+');
  if (plus == std::string::npos || p.change != Change::none || p.below) return;
  const auto left = owned(std::string_view(p.value).substr(0, plus));
  if (!left || !is_stable(left->owner)) return;
  p.other = left->metric;
  p.value = std::string(trim(std::string_view(p.value).substr(plus + 1)));
  p.change = Change::increase;
}

// "error rate increase", "increase in error rate", "error rate increase of".
void take_change(Phrase& p) {
  std::string spaced = p.words;
  std::replace(spaced.begin(), spaced.end(), '_', ' ');
  std::replace(spaced.begin(), spaced.end(), '-', ' ');
  for (const auto& [word, change] : {std::pair{"increases", Change::increase},
                                     {"increase", Change::increase},
                                     {"decreases", Change::decrease},
                                     {"decrease", Change::decrease}}) {
    const auto at = find_word(lower(spaced), word);
    if (at == std::string::npos) continue;
    std::string after(trim(std::string_view(spaced).substr(at + std::string_view(word).size())));
    for (const std::string_view joint : {"in", "of", "by"})
      if (lower(after).starts_with(joint) && is_word_end(after, joint.size())) {
        after.erase(0, joint.size());
        break;
      }
    p.change = change;
    p.words = std::string(trim(spaced.substr(0, at) + " " + std::string(trim(after))));
    return;
  }
}

Phrase phrase_of(std::string_view metric, std::string_view text) {
  Phrase p;
  const std::string sentence(
      trim(metric.empty() ? std::string(text) : fmt::format("{} {}", metric, trim(text))));
  p.written = sentence;
  const Operator op = find_operator(sentence);
  if (op.at == std::string::npos) {
    p.words = metric.empty() ? sentence : std::string(metric);
    if (!metric.empty()) p.value = std::string(trim(text));
    return p;
  }
  p.op = op.below ? "<" : ">";
  p.below = op.below;
  p.words = std::string(trim(std::string_view(sentence).substr(0, op.at)));
  p.value = std::string(trim(std::string_view(sentence).substr(op.at + op.length)));
  // current_users is somebody's own metric, current_error_rate is the candidate's error rate.
  if (const auto one = owned(p.words); one && !is_stable(one->owner) && !one->metric.empty())
    if (p.words.find_first_of("[.") != std::string::npos ||
        subject_of(one->metric).subject != Subject::own)
      p.words = one->metric;
  take_change(p);
  take_sum(p);
  if (p.change == Change::none || p.value.find('%') == std::string::npos) take_factor(p);
  return p;
}

std::vector<std::string> split_at(const std::string& text, std::string_view word) {
  std::vector<std::string> parts;
  std::string rest = text;
  for (auto at = find_word(lower(rest), word); at != std::string::npos;
       at = find_word(lower(rest), word)) {
    parts.push_back(rest.substr(0, at));
    rest = rest.substr(at + word.size());
  }
  parts.push_back(rest);
  return parts;
}

// "User complaints or support tickets": signals from outside, without a limit.
std::vector<Phrase> signals_in(const std::string& sentence) {
  std::vector<Phrase> out;
  const std::string small = lower(sentence);
  for (const char* word : {"complaint", "ticket"}) {
    if (small.find(word) == std::string::npos) continue;
    Phrase p;
    p.written = sentence;
    p.words = word;
    out.push_back(std::move(p));
  }
  return out;
}

// "p99" is 0.99, "p999" is 0.999, "p5" is 0.05.
std::optional<double> quantile_of(std::string_view s) {
  if (s.size() < 2 || s.size() > 5 || s[0] != 'p') return std::nullopt;
  const std::string_view digits = s.substr(1);
  if (digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  const auto n = parse_number(digits);
  const double q =
      *n / (digits.size() <= 2 ? 100.0 : std::pow(10.0, static_cast<double>(digits.size())));
  return q > 0 && q < 1 ? std::optional(q) : std::nullopt;
}

std::string latency_name(double quantile) {
  std::string digits = fmt::format("{:.6g}", quantile * 100);
  std::erase(digits, '.');
  return fmt::format("p{}_latency", digits);
}

bool read_latency(std::string s, Clause& c) {
  bool time = false;
  for (const std::string_view base : {"latency", "responsetime", "requestduration"})
    if (const auto at = s.find(base); at != std::string::npos) {
      s.erase(at, base.size());
      time = true;
      break;
    }
  const auto q = quantile_of(s == "median" ? "p50" : std::string_view(s));
  if (!q && (!time || !s.empty())) return false;
  c.subject = Subject::latency;
  c.quantile = q.value_or(0.5);
  c.name = latency_name(c.quantile);
  return true;
}

}  // namespace

Clause subject_of(std::string_view words) {
  Clause c;
  std::string s = lower(words);
  std::erase_if(s, [](char x) { return x == ' ' || x == '_' || x == '-'; });
  const auto is = [&](std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), s) != names.end();
  };
  const auto named = [&](Subject subject, const char* name) {
    c.subject = subject;
    c.name = name;
    return c;
  };
  if (is({"errorrate", "errors", "error", "errorsrate"}))
    return named(Subject::error_rate, "error_rate");
  if (is({"successrate", "success"})) return named(Subject::success_rate, "success_rate");
  if (is({"cpu", "cpuutilization", "cpuusage", "cpuload"}))
    return named(Subject::utilization, "cpu_utilization");
  if (is({"memory", "memoryutilization", "memoryusage", "mem"}))
    return named(Subject::utilization, "memory_utilization");
  if (is({"complaint", "complaints", "usercomplaint", "usercomplaints"}))
    return named(Subject::signal, "complaints");
  if (is({"ticket", "tickets", "supportticket", "supporttickets"}))
    return named(Subject::signal, "tickets");
  if (read_latency(s, c)) return c;
  c.name = canonical(trim(words));
  return c;
}

std::expected<std::vector<Phrase>, Misread> phrases_of(std::string_view metric,
                                                       std::string_view text, bool bad) {
  const std::string sentence(trim(text));
  if (!metric.empty()) return std::vector{phrase_of(metric, sentence)};
  const bool compared = find_operator(sentence).at != std::string::npos;
  if (!compared) {
    auto signals = signals_in(sentence);
    if (!signals.empty()) return signals;
    return std::vector{phrase_of("", sentence)};
  }
  const char* joint = bad ? "or" : "and";
  const char* other = bad ? "and" : "or";
  if (split_at(sentence, other).size() > 1)
    return std::unexpected(Misread{
        "not_supported",
        bad ? fmt::format("`{}`: each condition stands by itself, any one takes the release back",
                          sentence)
            : fmt::format("`{}`: each criterion stands by itself, all of them have to hold",
                          sentence),
        "write them as separate entries of the list"});
  std::vector<Phrase> out;
  for (const auto& part : split_at(sentence, joint)) {
    out.push_back(phrase_of("", part));
    // "a > 1 or complaints": a signal among comparisons.
    if (out.back().op.empty())
      if (auto signals = signals_in(part); !signals.empty()) {
        out.pop_back();
        out.insert(out.end(), signals.begin(), signals.end());
      }
  }
  return out;
}

}  // namespace slipway::config
