// Words that several commands take: a place, a strategy.
#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "cli/handover.h"
#include "cli/verb.h"
#include "text/node.h"

namespace slipway::cli {
namespace {

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& n : names) out += (out.empty() ? "" : ", ") + harmless(n);
  return out;
}

std::vector<std::string> environments_of_agent(Session& s, Agent& agent) {
  std::vector<std::string> names;
  auto status = fetch(s, agent, "/v1/environments");
  if (!status) return names;
  for (const value& v : array_of(*status, "environments")) {
    if (v.is_object()) names.push_back(text_of(v.get_object(), "environment"));
  }
  return names;
}

std::string folded(const std::string& word) {
  std::string out;
  for (char c : word) {
    if (c == '-' || c == '_' || c == ' ') continue;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

}  // namespace

std::expected<Place, Trouble> place_of(Session& s, const std::string& word, Agent* agent) {
  if (!word.empty()) {
    std::size_t slash = word.find('/');
    Place place{word.substr(0, slash), slash == std::string::npos ? "" : word.substr(slash + 1)};
    if (place.environment.empty() || (slash != std::string::npos && place.service.empty())) {
      return refuse("usage", fmt::format("`{}` is neither ENV nor ENV/SERVICE", harmless(word)));
    }
    return place;
  }
  std::vector<std::string> names;
  std::string config = TRY(find_config(s));
  if (!config.empty()) {
    if (auto bytes = read_file(config, limits::kConfigBytes)) {
      names = environments_in(*bytes, config);
    }
  }
  if (names.empty() && agent) names = environments_of_agent(s, *agent);
  if (names.size() == 1) return Place{names[0], ""};
  if (names.empty()) return refuse("usage", "which environment?", "name it: production");
  return refuse("usage",
                fmt::format("which environment? There are {}: {}", names.size(), listed(names)));
}

std::expected<std::string, Trouble> only_live(Session& s, Agent& agent) {
  object status = TRY(fetch(s, agent, "/v1/environments"));
  std::vector<std::string> ids;
  for (const value& e : array_of(status, "environments")) {
    if (!e.is_object()) continue;
    for (const value& v : array_of(e.get_object(), "services")) {
      if (!v.is_object()) continue;
      const object& live = object_of(v.get_object(), "live");
      if (!live.empty()) ids.push_back(text_of(live, "id"));
    }
  }
  if (ids.size() == 1) return ids[0];
  if (ids.empty()) return refuse("not_found", "no deployment is live", "slipway history");
  std::string all;
  for (const std::string& id : ids) all += (all.empty() ? "" : ", ") + harmless(id);
  return refuse("usage", fmt::format("which one? {} are live: {}", ids.size(), all));
}

std::string service_query(const Place& place) {
  return place.service.empty() ? "" : "?service=" + encoded(place.service);
}

std::expected<std::string, Trouble> strategy_of(const std::string& word) {
  static const std::vector<std::pair<std::string, std::string>> kSpellings = {
      {"bluegreen", "blue_green"},  {"canary", "canary"},  {"rolling", "rolling"},
      {"rollingupdate", "rolling"}, {"abtest", "ab_test"}, {"ab", "ab_test"},
      {"shadow", "shadow"},         {"flag", "flag"},      {"featureflag", "flag"},
      {"recreate", "recreate"},     {"steps", "steps"},
  };
  std::string plain = folded(word);
  std::vector<std::string> known;
  for (const auto& [spelling, canonical] : kSpellings) {
    if (plain == spelling) return canonical;
    if (std::find(known.begin(), known.end(), canonical) == known.end()) known.push_back(canonical);
  }
  std::string near = text::nearest(plain, known);
  return refuse("unknown_strategy",
                fmt::format("--strategy: `{}` is none of {}", harmless(word), listed(known)),
                near.empty() ? "" : fmt::format("did you mean {}?", near));
}

}  // namespace slipway::cli
