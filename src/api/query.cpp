#include "api/query.h"

#include <fmt/format.h>

#include <ctime>

namespace slipway::api {

std::string value_of(const std::map<std::string, std::string>& map, const char* name) {
  const auto it = map.find(name);
  return it == map.end() ? "" : it->second;
}

std::optional<Reply> unknown_query(const Scene& s, std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : s.ask.query) {
    bool found = false;
    for (const auto k : known) found |= k == name;
    if (!found)
      return problem(Refusal{"unknown_field",
                             fmt::format("`?{}=` is not known here", name),
                             {{"?" + name, "unknown_field", "not known here", "", ""}},
                             422,
                             "",
                             0});
  }
  return std::nullopt;
}

bool read_time(const std::string& text, Wall& out) {
  if (text.empty()) return true;
  std::tm tm{};
  const char* end = ::strptime(text.c_str(), "%Y-%m-%d", &tm);
  std::int64_t us = 0;
  if (end != nullptr && *end == 'T') {
    end = ::strptime(end, "T%H:%M:%S", &tm);
    // Answers tell times with parts of a second: they are taken back.
    if (end != nullptr && *end == '.') {
      const char* first = ++end;
      for (std::int64_t unit = 100'000; *end >= '0' && *end <= '9'; ++end, unit /= 10)
        us += (*end - '0') * unit;
      if (end == first) return false;
    }
  }
  if (end == nullptr || (*end != '\0' && std::string_view(end) != "Z")) return false;
  out = Wall(std::chrono::seconds(::timegm(&tm)) + std::chrono::microseconds(us));
  return true;
}

Reply bad_query(const char* name, const char* wanted) {
  std::string text = fmt::format("`?{}=` must be {}", name, wanted);
  return problem(Refusal{"invalid_query",
                         text,
                         {{fmt::format("?{}", name), "invalid_query", text, "", ""}},
                         422,
                         "",
                         0});
}

}  // namespace slipway::api
