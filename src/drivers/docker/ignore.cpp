#include "drivers/docker/ignore.h"

#include <algorithm>

namespace slipway::docker {

namespace {

constexpr std::string_view kBlank = " \t\r";

// Without `.` and empty parts; `..` goes back one.
std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const auto end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    path.remove_prefix(std::min(path.size(), end + 1));
    if (part == ".." && !parts.empty()) {
      parts.pop_back();
    } else if (!part.empty() && part != "." && part != "..") {
      parts.emplace_back(part);
    }
  }
  return parts;
}

// [a-z] and [^a-z]; `at` is behind the bracket, and afterwards behind its end.
bool in_class(std::string_view pattern, std::size_t& at, char c) {
  const bool negated = at < pattern.size() && pattern[at] == '^';
  if (negated) ++at;
  bool found = false;
  while (at < pattern.size() && pattern[at] != ']') {
    if (pattern[at] == '\\' && at + 1 < pattern.size()) ++at;
    const char low = pattern[at++];
    char high = low;
    if (at + 1 < pattern.size() && pattern[at] == '-' && pattern[at + 1] != ']') {
      high = pattern[at + 1];
      at += 2;
    }
    found = found || (low <= c && c <= high);
  }
  if (at < pattern.size()) ++at;
  return found != negated;
}

// One part of a path. A star that fitted too little is tried again one character on: no nesting,
// whatever the pattern is.
bool part_fits(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, after = 0;
  while (t < text.size()) {
    std::size_t next = p;
    bool fits = false;
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      after = t;
      continue;
    }
    if (p < pattern.size()) {
      const char c = pattern[next++];
      if (c == '[') {
        fits = in_class(pattern, next, text[t]);
      } else if (c == '\\' && next < pattern.size()) {
        fits = pattern[next++] == text[t];
      } else {
        fits = c == '?' || c == text[t];
      }
    }
    if (fits) {
      p = next;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++after;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

// `**` stands for any number of parts. The table says which beginnings of the pattern fit.
bool parts_fit(const std::vector<std::string>& pattern, const std::vector<std::string>& path,
               std::size_t length) {
  std::vector<bool> fits(pattern.size() + 1, false);
  fits[0] = true;
  for (std::size_t p = 0; p < pattern.size() && pattern[p] == "**"; ++p) fits[p + 1] = true;
  for (std::size_t t = 0; t < length; ++t) {
    std::vector<bool> now(pattern.size() + 1, false);
    for (std::size_t p = 0; p < pattern.size(); ++p) {
      if (pattern[p] == "**") {
        now[p + 1] = now[p + 1] || fits[p] || fits[p + 1] || now[p];
      } else if (fits[p] && part_fits(pattern[p], path[t])) {
        now[p + 1] = true;
      }
    }
    fits = std::move(now);
  }
  // A `**` at the end may stand for nothing.
  std::size_t end = pattern.size();
  while (end > 0 && !fits[end] && pattern[end - 1] == "**") --end;
  return fits[end];
}

}  // namespace

Ignored::Ignored(std::string_view file) {
  if (file.starts_with("\xEF\xBB\xBF")) file.remove_prefix(3);
  while (!file.empty()) {
    const auto end = std::min(file.find('\n'), file.size());
    std::string_view text = file.substr(0, end);
    file.remove_prefix(std::min(file.size(), end + 1));
    if (text.starts_with('#')) continue;
    text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
    text = text.substr(0, text.find_last_not_of(kBlank) + 1);
    Line line;
    if (text.starts_with('!')) {
      line.back_in = true;
      text.remove_prefix(1);
      text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
    }
    line.parts = parts_of(text);
    if (line.parts.empty()) continue;
    exceptions_ = exceptions_ || line.back_in;
    lines_.push_back(std::move(line));
  }
}

bool Ignored::leaves_out(std::string_view path) const {
  const std::vector<std::string> parts = parts_of(path);
  bool out = false;
  for (const Line& line : lines_) {
    if (line.back_in != out) continue;  // it would change nothing
    for (std::size_t length = 1; length <= parts.size(); ++length) {
      if (!parts_fit(line.parts, parts, length)) continue;
      out = !line.back_in;
      break;
    }
  }
  return out;
}

}  // namespace slipway::docker
