// `slipway logs`: the output of instances, from the files their shims write.
#include <algorithm>
#include <charconv>
#include <deque>
#include <fstream>
#include <regex>

#include "main/backend.h"

namespace slipway {

namespace {

// Whoever may read may ask, and services write what they like: the search takes neither the time
// nor the stack that backtracking over a long line would.
constexpr std::size_t kSearched = 2048;

std::string value_of(const std::map<std::string, std::string>& query, const char* name) {
  auto it = query.find(name);
  return it == query.end() ? std::string() : it->second;
}

std::size_t number_of(const std::string& text, std::size_t otherwise) {
  std::size_t value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Refusal not_found(std::string text) {
  return {.code = "not_found", .text = std::move(text), .mistakes = {}, .http = 404};
}

}  // namespace

std::expected<std::string, Refusal> AgentBackend::logs(
    const std::map<std::string, std::string>& query) {
  std::string id = value_of(query, "id");
  auto number = parts_.board->find(id);
  if (!number)
    return std::unexpected(
        not_found(fmt::format("there is no deployment or environment `{}`", id)));
  auto deployment = parts_.board->deployment(*number);
  if (!deployment)
    return std::unexpected(not_found(fmt::format("there is no deployment `{}`", id)));
  SiteId site{std::string(deployment->at("service").as_string()),
              std::string(deployment->at("environment").as_string())};
  auto instance = static_cast<std::uint32_t>(number_of(value_of(query, "instance"), 0));
  std::string version = value_of(query, "version"), grep = value_of(query, "grep");
  std::optional<std::regex> pattern;
  try {
    if (!grep.empty())
      pattern.emplace(grep, std::regex::ECMAScript | std::regex_constants::__polynomial);
  } catch (const std::regex_error&) {
    return std::unexpected(
        Refusal{.code = "invalid",
                .text = fmt::format("`{}` is not a regular expression that is offered here: "
                                    "no references back, no huge repetition",
                                    grep),
                .mistakes = {},
                .http = 422});
  }
  const std::size_t keep = number_of(value_of(query, "tail"), 200);
  std::deque<std::string> lines;
  for (const LogFile& file : parts_.logs(site, instance)) {
    if (!version.empty() && file.version != version) continue;
    std::ifstream in(file.path);
    for (std::string line; std::getline(in, line);) {
      const auto end = line.begin() + static_cast<std::ptrdiff_t>(std::min(line.size(), kSearched));
      if (pattern && !std::regex_search(line.begin(), end, *pattern)) continue;
      lines.push_back(fmt::format("{} i{} | {}", file.version, file.instance, line));
      if (lines.size() > keep) lines.pop_front();
    }
  }
  std::string text;
  for (const std::string& line : lines) text.append(line).append("\n");
  return text;
}

}  // namespace slipway
