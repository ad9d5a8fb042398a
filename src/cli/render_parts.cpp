#include <fmt/format.h>

#include <algorithm>

#include "cli/render.h"

namespace slipway::cli {

bool has_ended(const std::string& state) {
  return state == "succeeded" || state == "rolled_back" || state == "aborted" ||
         state == "failed" || state == "superseded";
}

std::string candidate_key(const object& d) {
  std::string plain = text_of(d, "to");
  std::string copy = fmt::format("{}#{}", plain, integer_of(d, "number").value_or(0));
  for (const char* field : {"weights", "served"}) {
    if (object_of(d, field).contains(copy)) return copy;
  }
  return object_of(object_of(d, "receipt"), "versions").contains(copy) ? copy : plain;
}

std::string stable_key(const object& d) {
  std::string from = text_of(d, "from"), candidate = candidate_key(d);
  if (from.empty() || from != candidate) return from;
  for (const char* field : {"weights", "served"}) {
    for (const auto& entry : object_of(d, field)) {
      if (entry.key() != candidate) return std::string(entry.key());
    }
  }
  return from;
}

std::string way(const object& d) {
  std::string from = harmless(text_of(d, "from")), to = harmless(text_of(d, "to"));
  if (from.empty()) return to;
  if (from == to) return to + " again";
  return from + " → " + to;
}

std::string reason(const object& d) {
  const object& because = object_of(d, "because");
  std::string text = text_of(because, "text");
  return harmless(text.empty() ? text_of(because, "code") : text);
}

std::string users_hit(const object& d) {
  const object& r = object_of(d, "receipt");
  auto requests = integer_of(r, "requests");
  if (!requests) return {};
  if (*requests == 0) return "no requests came in";
  std::string line = fmt::format("{} of {} requests failed",
                                 count(integer_of(r, "failed").value_or(0)), count(*requests));
  std::int64_t failed = integer_of(r, "failed").value_or(0);
  if (auto caused = integer_of(r, "caused"); caused && failed > 0) {
    line += fmt::format(", {} of them by this", *caused == 0 ? "none" : count(*caused));
  }
  line += fmt::format("; {} dropped", count(integer_of(r, "dropped").value_or(0)));
  if (auto gap = number_of(r, "longest_gap_ms")) line += ", gap " + brief_ms(*gap);
  if (auto down = number_of(r, "proxy_down_ms"); down && *down > 0) {
    line += ", proxy down " + brief_ms(*down);
  }
  if (r.contains("complete") && !flag_of(r, "complete")) line += " (not all rows were read)";
  return line;
}

std::vector<object> tests_of(const object& verdict) {
  // A test for harm that holds has found none so far; whether it is safe is what the other tells.
  auto rank = [](const object& test) {
    return text_of(test, "verdict") == "fail" ? 0 : text_of(test, "side") == "safe" ? 1 : 2;
  };
  std::vector<object> tests;
  for (const value& v : array_of(verdict, "metrics")) {
    if (!v.is_object()) continue;
    const object& test = v.get_object();
    auto known = std::find_if(tests.begin(), tests.end(), [&](const object& t) {
      return text_of(t, "name") == text_of(test, "name");
    });
    if (known == tests.end()) {
      tests.push_back(test);
    } else if (rank(test) < rank(*known)) {
      *known = test;
    }
  }
  return tests;
}

std::vector<object> last_tests(const object& d) {
  const array& verdicts = array_of(d, "verdicts");
  if (verdicts.empty() || !verdicts.back().is_object()) return {};
  return tests_of(verdicts.back().get_object());
}

std::string verdict_sentence(const object& t) {
  std::string unit = text_of(t, "unit");
  std::string line = harmless(text_of(t, "name"));
  if (auto candidate = number_of(t, "candidate")) line += " " + measure(*candidate, unit);
  if (auto stable = number_of(t, "stable")) line += ", stable " + measure(*stable, unit);
  if (std::string limit = text_of(t, "limit"); !limit.empty()) {
    line += " (limit " + harmless(limit) + ")";
  }
  auto n = integer_of(t, "n_candidate"), x = integer_of(t, "x_candidate");
  if (unit == "fraction" && n && x && *n > 0) {
    line += fmt::format(": {} of {}", count(*x), count(*n));
  }
  return line;
}

std::string render_event(const object& event, const Look& look) {
  std::string text = harmless(text_of(event, "text"));
  if (text.empty()) {
    text = harmless(text_of(event, "type"));
    std::replace(text.begin(), text.end(), '.', ' ');
  }
  return pad(clock(text_of(event, "at"), look), 8) + "  " + text;
}

}  // namespace slipway::cli
