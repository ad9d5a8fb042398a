#include "cli/overlap.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace slipway::cli {
namespace {

using Source = std::pair<std::string_view, std::vector<std::string_view>>;

// By source, in the order of their first lines.
std::vector<Source> sources_of(std::string_view s) {
  std::vector<Source> sources;
  while (!s.empty()) {
    std::size_t end = s.find('\n');
    std::string_view line = s.substr(0, end);
    std::size_t bar = line.find(" | ");
    std::string_view name = bar == std::string_view::npos ? "" : line.substr(0, bar);
    Source* source = nullptr;
    for (Source& known : sources) {
      if (known.first == name) source = &known;
    }
    if (!source) source = &sources.emplace_back(name, std::vector<std::string_view>());
    source->second.push_back(line);
    s = end == std::string_view::npos ? "" : s.substr(end + 1);
  }
  return sources;
}

// How many lines of `now` were seen: the longest end of `before` that `now` begins with. Both are
// tails of one growing output, taken with the same length.
std::size_t seen_lines(const std::vector<std::string_view>& before,
                       const std::vector<std::string_view>& now) {
  for (std::size_t k = std::min(before.size(), now.size()); k > 0; --k) {
    if (std::equal(now.begin(), now.begin() + static_cast<std::ptrdiff_t>(k),
                   before.end() - static_cast<std::ptrdiff_t>(k)))
      return k;
  }
  return 0;
}

}  // namespace

std::string new_lines(std::string_view before, std::string_view now) {
  std::vector<Source> seen = sources_of(before);
  std::string out;
  for (const Source& source : sources_of(now)) {
    std::size_t from = 0;
    for (const Source& old : seen) {
      if (old.first == source.first) from = seen_lines(old.second, source.second);
    }
    for (std::size_t i = from; i < source.second.size(); ++i) {
      out += std::string(source.second[i]) + "\n";
    }
  }
  return out;
}

std::string last_lines(std::string_view text, std::size_t n) {
  if (n == 0) return {};
  std::size_t at = text.size();
  if (at > 0 && text[at - 1] == '\n') --at;
  while (at > 0) {
    std::size_t newline = text.rfind('\n', at - 1);
    if (newline == std::string_view::npos) return std::string(text);
    if (--n == 0) return std::string(text.substr(newline + 1));
    at = newline;
  }
  return std::string(text);
}

}  // namespace slipway::cli
