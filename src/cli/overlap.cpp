#include "cli/overlap.h"

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

// How many lines of `now` were seen: the last place at which all lines before it agree with the
// end of `before`, as far back as both reach.
std::size_t seen_lines(const std::vector<std::string_view>& before,
                       const std::vector<std::string_view>& now) {
  for (std::size_t end = now.size(); end > 0; --end) {
    std::size_t k = 0;
    while (k < end && k < before.size() && now[end - 1 - k] == before[before.size() - 1 - k]) ++k;
    if (k == end || k == before.size()) return end;
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

}  // namespace slipway::cli
