#include "views/drift.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "views/phrase.h"

namespace slipway::views {
namespace {

using Settings = std::map<std::string, std::string>;

std::string kind_word(const HealthCheck& h) {
  switch (h.kind) {
    case HealthCheck::Kind::tcp:
      return "tcp";
    case HealthCheck::Kind::http:
      return fmt::format("http {}, {}-{}", h.path, h.status_min, h.status_max);
    case HealthCheck::Kind::command:
      return fmt::format("{}", fmt::join(h.command, " "));
  }
  return "";
}

std::string times_of(const HealthCheck& h) {
  return fmt::format("each {}, within {}, {} good, {} bad, {} to start", span(h.interval),
                     span(h.timeout), h.healthy_threshold, h.unhealthy_threshold,
                     span(h.start_timeout));
}

std::string names_of(const std::vector<SecretRef>& secrets) {
  std::vector<std::string> names;
  for (const auto& secret : secrets) names.push_back(secret.name);
  std::ranges::sort(names);
  return fmt::format("{}", fmt::join(names, ", "));
}

Settings settings_of(const InstanceSpec& spec, const RouteSpec& route, int replicas) {
  return {{"run", fmt::format("{}", fmt::join(spec.argv, " "))},
          {"secrets", names_of(spec.secrets)},
          {"health", kind_word(spec.health)},
          {"health times", times_of(spec.health)},
          {"stop.signal", fmt::format("{}", spec.stop_signal)},
          {"stop.drain", span(spec.drain)},
          {"replicas", fmt::format("{}", replicas)},
          {"listen", route.listen},
          {"hosts", fmt::format("{}", fmt::join(route.hosts, ", "))},
          {"sticky", route.sticky}};
}

void add_differences(boost::json::array& out, const Settings& wanted, const Settings& found) {
  const auto value = [](const Settings& of, const std::string& name) {
    const auto it = of.find(name);
    return it == of.end() ? boost::json::value(nullptr) : boost::json::value(it->second);
  };
  Settings all = wanted;
  all.insert(found.begin(), found.end());
  for (const auto& [name, unused] : all) {
    auto now = value(wanted, name), before = value(found, name);
    if (now == before) continue;
    out.push_back({{"what", name}, {"wanted", std::move(now)}, {"found", std::move(before)}});
  }
}

}  // namespace

boost::json::array drift_json(const Site& site, const Wanted& wanted) {
  boost::json::array out;
  const auto serving = site.copies.find(site.serving);
  if (serving == site.copies.end()) return out;
  const InstanceSpec& spec = serving->second.spec;
  add_differences(out, {wanted.spec->env.begin(), wanted.spec->env.end()},
                  {spec.env.begin(), spec.env.end()});
  add_differences(out, settings_of(wanted.spec, wanted.route, wanted.replicas),
                  settings_of(spec, site.route, serving->second.wanted));
  return out;
}

}  // namespace slipway::views
