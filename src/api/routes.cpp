#include "api/routes.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "api/handlers.h"

namespace slipway::api {
namespace {

// Of several that fit the first is taken: written-out paths stand before patterns. `GET /v1/events`
// is a stream and is answered by the connection itself.
constexpr Route kRoutes[] = {
    {"POST", "/v1/deployments", Role::deployer, post_deployment},
    {"GET", "/v1/deployments/{id}", Role::viewer, get_deployment},
    {"GET", "/v1/deployments/{id}/verdicts", Role::viewer, get_verdicts},
    {"GET", "/v1/deployments/{id}/explain", Role::viewer, get_explain},
    {"GET", "/v1/deployments/{id}/receipt", Role::viewer, get_receipt},
    {"GET", "/v1/deployments/{id}/logs", Role::viewer, get_logs},
    {"GET", "/v1/deployments/{id}/series", Role::viewer, get_series},
    {"POST", "/v1/deployments/{id}/replay", Role::viewer, post_replay},
    {"POST", "/v1/deployments/{id}/{verb}", Role::deployer, post_verb},
    {"GET", "/v1/history", Role::viewer, get_history},
    {"GET", "/v1/reports/dora", Role::viewer, get_dora},
    {"GET", "/v1/environments", Role::viewer, get_environments},
    {"GET", "/v1/environments/{env}/status", Role::viewer, get_status},
    {"POST", "/v1/environments/{env}/rollback", Role::deployer, post_rollback},
    {"POST", "/v1/environments/{env}/restart", Role::deployer, post_restart},
    {"POST", "/v1/environments/{env}/freeze", Role::admin, not_supported},
    {"POST", "/v1/plan", Role::viewer, post_plan},
    {"POST", "/v1/check", Role::viewer, post_check},
    {"POST", "/v1/simulate", Role::viewer, not_supported},
    {"POST", "/v1/hooks/{name}", Role::deployer, post_hook},
    {"PUT", "/v1/config", Role::admin, put_config},
    {"POST", "/v1/config", Role::admin, post_config},
    {"GET", "/v1/config", Role::viewer, not_supported},
    {"GET", "/v1/agent", Role::viewer, get_agent},
    {"POST", "/v1/agent/stop", Role::admin, post_stop},
    {"GET", "/v1/openapi.json", Role::viewer, not_supported},
    {"GET", "/health", Role::open, get_health},
    {"GET", "/ready", Role::open, get_ready},
    {"GET", "/metrics", Role::open, not_supported},
};

// The other nouns of the interface (its page, section 5): named, and not there yet.
constexpr std::array<std::string_view, 25> kLaterNouns = {
    "releases", "subscriptions", "pipelines",  "migrations", "secrets", "flags",   "freezes",
    "breakers", "scale",         "smoke",      "loadtests",  "chaos",   "backups", "drills",
    "infra",    "incidents",     "checklists", "previews",   "reports", "tokens",  "audit",
    "groups",   "replay",        "advise",     "rescue",
};

bool fits(std::string_view pattern, const std::vector<std::string>& path,
          std::map<std::string, std::string>& names) {
  names.clear();
  std::size_t n = 0;
  while (!pattern.empty()) {
    pattern.remove_prefix(1);
    const auto slash = pattern.find('/');
    const std::string_view part = pattern.substr(0, slash);
    pattern.remove_prefix(slash == std::string_view::npos ? pattern.size() : slash);
    if (n == path.size()) return false;
    if (part.starts_with('{'))
      names[std::string(part.substr(1, part.size() - 2))] = path[n];
    else if (part != path[n])
      return false;
    ++n;
  }
  return n == path.size();
}

Reply nothing_there(const Ask& ask, const std::string& allowed) {
  std::string path;
  for (const auto& part : ask.path) path += "/" + part;
  if (!allowed.empty()) {
    Reply reply =
        problem(405, "method_not_allowed",
                fmt::format("{} is not offered at {}, but {}", ask.method, path, allowed));
    reply.headers.emplace_back("Allow", allowed);
    return reply;
  }
  if (ask.path.size() >= 2 && ask.path[0] == "v1") {
    for (const auto noun : kLaterNouns)
      if (noun == ask.path[1])
        return problem(501, "not_supported", fmt::format("{} is not supported yet", path));
  }
  return problem(404, "not_found", fmt::format("there is nothing at {}", path));
}

Reply route(Backend& backend, const views::Board& board, const Ask& ask, Pages pages) {
  Scene scene{backend, board, ask, {}};
  std::string allowed;
  for (const Route& r : kRoutes) {
    if (!fits(r.pattern, ask.path, scene.names)) continue;
    if (ask.method != r.method && !(ask.method == "HEAD" && std::string_view(r.method) == "GET")) {
      if (allowed.find(r.method) == std::string::npos)
        allowed += (allowed.empty() ? "" : ", ") + std::string(r.method);
      continue;
    }
    if (ask.method == "POST" && ask.idempotency_key)
      return problem(501, "not_supported", "`Idempotency-Key` is not supported yet");
    return r.handler(scene);
  }
  if (allowed.empty())
    if (auto page = page_of(ask, pages)) return std::move(*page);
  return nothing_there(ask, allowed);
}

}  // namespace

Reply answer(Backend& backend, const views::Board& board, const Ask& ask, Pages pages) {
  try {
    return route(backend, board, ask, pages);
  } catch (const std::exception& e) {
    return problem(500, "internal", fmt::format("this request broke something: {}", e.what()));
  }
}

}  // namespace slipway::api
