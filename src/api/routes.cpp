#include "api/routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "api/gate.h"
#include "api/handlers.h"
#include "base/digest.h"

namespace slipway::api {
namespace {

using people::Right;

constexpr std::size_t kTargetMost = 512;

constexpr Rule open_to_all{Right::open, Where::nowhere, Kind::question};
constexpr Rule reads_there{Right::see, Where::deployment, Kind::question};
constexpr Rule reads_somewhere{Right::see, Where::somewhere, Kind::question};
constexpr Rule steers{Right::release, Where::deployment, Kind::request};
constexpr Rule answers_approval{Right::approve, Where::deployment, Kind::request};
constexpr Rule holds{Right::hold, Where::deployment, Kind::request};
constexpr Rule administers{Right::administer, Where::everywhere, Kind::act};
constexpr Rule looks_over{Right::administer, Where::everywhere, Kind::question};

// Of several that fit the first is taken: written-out paths stand before patterns.
constexpr Route kRoutes[] = {
    {"POST", "/v1/deployments", {Right::release, Where::body, Kind::request}, post_deployment},
    {"GET", "/v1/deployments/{id}", reads_there, get_deployment},
    {"GET", "/v1/deployments/{id}/verdicts", reads_there, get_verdicts},
    {"GET", "/v1/deployments/{id}/explain", reads_there, get_explain},
    {"GET", "/v1/deployments/{id}/receipt", reads_there, get_receipt},
    {"GET", "/v1/deployments/{id}/logs", reads_there, get_logs},
    {"GET", "/v1/deployments/{id}/series", reads_there, get_series},
    {"POST", "/v1/deployments/{id}/replay", reads_there, post_replay},
    {"POST", "/v1/deployments/{id}/promote", steers, post_verb},
    {"POST", "/v1/deployments/{id}/resume", steers, post_verb},
    {"POST", "/v1/deployments/{id}/skip", steers, post_verb},
    {"POST", "/v1/deployments/{id}/retry", steers, post_verb},
    {"POST", "/v1/deployments/{id}/approve", answers_approval, post_verb},
    {"POST", "/v1/deployments/{id}/reject", answers_approval, post_verb},
    {"POST", "/v1/deployments/{id}/pause", holds, post_verb},
    {"POST", "/v1/deployments/{id}/abort", holds, post_verb},
    {"POST", "/v1/deployments/{id}/{verb}", reads_there, post_verb},
    {"GET", "/v1/history", reads_somewhere, get_history},
    {"GET", "/v1/reports/dora", {Right::see, Where::query, Kind::question}, get_dora},
    {"GET", "/v1/environments", reads_somewhere, get_environments},
    {"GET", "/v1/environments/{env}/status", {Right::see, Where::path, Kind::question}, get_status},
    {"POST",
     "/v1/environments/{env}/rollback",
     {Right::hold, Where::path, Kind::request},
     post_rollback},
    {"POST",
     "/v1/environments/{env}/restart",
     {Right::release, Where::path, Kind::request},
     post_restart},
    {"POST",
     "/v1/environments/{env}/freeze",
     {Right::administer, Where::path, Kind::act},
     not_supported},
    {"POST", "/v1/plan", {Right::see, Where::body, Kind::question}, post_plan},
    {"POST", "/v1/check", {Right::see, Where::body, Kind::question}, post_check},
    {"POST", "/v1/simulate", {Right::see, Where::body, Kind::question}, post_simulate},
    {"POST", "/v1/hooks/{name}", {Right::release, Where::signal, Kind::act}, post_hook},
    {"PUT", "/v1/config", administers, put_config},
    {"POST", "/v1/config", administers, post_config},
    {"GET", "/v1/config", {Right::see, Where::everywhere, Kind::question}, get_config},
    {"GET", "/v1/releases", reads_somewhere, get_releases},
    {"POST", "/v1/releases", {Right::release, Where::everywhere, Kind::act}, post_release},
    {"POST", "/v1/builds", {Right::release, Where::everywhere, Kind::act}, post_build},
    {"GET", "/v1/tokens", looks_over, get_tokens},
    {"POST", "/v1/tokens", administers, post_token},
    {"POST", "/v1/tokens/{name}/revoke", administers, post_revoke},
    {"GET", "/v1/audit", looks_over, get_audit},
    {"GET", "/v1/audit/check", looks_over, get_audit_check},
    {"GET", "/v1/session", reads_somewhere, get_session},
    {"POST", "/v1/session", {Right::open, Where::nowhere, Kind::act}, post_session},
    {"POST", "/v1/session/link", {Right::see, Where::somewhere, Kind::act}, post_link},
    {"DELETE", "/v1/session", {Right::see, Where::somewhere, Kind::act}, delete_session},
    {"GET", "/v1/events", reads_somewhere, get_events},
    {"GET", "/v1/agent", reads_somewhere, get_agent},
    {"POST", "/v1/agent/stop", administers, post_stop},
    {"GET", "/v1/openapi.json", reads_somewhere, get_openapi},
    {"GET", "/health", open_to_all, get_health},
    {"GET", "/ready", open_to_all, get_ready},
    {"GET", "/metrics", {Right::see, Where::loopback, Kind::question}, get_metrics},
};

// The other nouns of the interface (its page, section 5): named, and not there yet.
constexpr std::array<std::string_view, 22> kLaterNouns = {
    "subscriptions", "pipelines", "migrations", "secrets",    "flags",    "freezes",
    "breakers",      "scale",     "smoke",      "loadtests",  "chaos",    "backups",
    "drills",        "infra",     "incidents",  "checklists", "previews", "reports",
    "groups",        "replay",    "advise",     "rescue",
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

Reply wait_first(Duration wait) {
  Reply reply =
      problem(429, "too_many_failures", "too many requests from this address showed no good token");
  const auto seconds = std::max<std::int64_t>(1, (wait.count() + 999'999) / 1'000'000);
  reply.headers = {{"Retry-After", fmt::format("{}", seconds)}};
  return reply;
}

std::string code_of(const Reply& reply) {
  if (reply.status < 400) return "";
  boost::json::error_code error;
  const auto value = boost::json::parse(reply.body, error);
  const auto* code = error || !value.is_object() ? nullptr : value.get_object().if_contains("code");
  return code != nullptr && code->is_string() ? std::string(code->get_string()) : "";
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

// The route that fits, with its names; nothing with the methods that would.
const Route* find_route(const Ask& ask, std::map<std::string, std::string>& names,
                        std::string& allowed) {
  for (const Route& r : kRoutes) {
    // Any other word is taken for a verb only where no written-out path fits.
    if (!allowed.empty() && std::string_view(r.pattern).ends_with("/{verb}")) continue;
    if (!fits(r.pattern, ask.path, names)) continue;
    if (ask.method == r.method || (ask.method == "HEAD" && std::string_view(r.method) == "GET"))
      return &r;
    if (allowed.find(r.method) == std::string::npos)
      allowed += (allowed.empty() ? "" : ", ") + std::string(r.method);
  }
  return nullptr;
}

// A browser or a monitor that has what is there already is not sent it again.
void tag(const Ask& ask, Reply& reply) {
  if (reply.status != 200 || reply.body.empty() || reply.stream || ask.path[0] != "v1") return;
  if (ask.method != "GET" && ask.method != "HEAD") return;
  const auto told = std::ranges::find(reply.headers, "ETag", [](const auto& h) { return h.first; });
  const std::string etag = told != reply.headers.end() ? told->second : etag_of(reply.body);
  if (told == reply.headers.end()) reply.headers.emplace_back("ETag", etag);
  if (ask.etag.find(etag) == std::string::npos) return;
  reply.status = 304;
  reply.body.clear();
}

Reply once_only(Office& office, const Route& route, Scene& scene) {
  const Ask& ask = scene.ask;
  if (ask.method != "POST" || !ask.repeat_key) return route.handler(scene);
  // Visible characters of ASCII: what is kept of it must be text.
  const bool visible =
      std::ranges::all_of(*ask.repeat_key, [](char c) { return c > ' ' && c <= '~'; });
  if (ask.repeat_key->empty() || ask.repeat_key->size() > kRepeatKeyMost || !visible)
    return problem(400, "bad_request",
                   "an `Idempotency-Key` has 1 to 255 visible characters of ASCII");
  const std::string whose = ask.who.name + "\n" + ask.who.token + "\n" + *ask.repeat_key;
  const std::string asked = sha256_hex(ask.method + " " + ask.target + "\n" + ask.body);
  if (auto before = office.repeats.begin(whose, asked)) return std::move(*before);
  Reply reply;
  try {
    reply = route.handler(scene);
  } catch (const std::exception& e) {
    reply = problem(500, "internal", fmt::format("this request broke something: {}", e.what()));
  }
  office.repeats.end(whose, reply);
  return reply;
}

people::Deed deed_of(const Scene& s, const Route* route, const std::string& environment) {
  std::string target;
  for (const auto& part : s.ask.path) target += "/" + part;
  return {.at = "",
          .by = s.ask.who.name,
          .token = s.ask.who.token,
          .from = s.ask.local ? "unix socket" : s.ask.from,
          .via = s.ask.via,
          .act = s.ask.method + " " + (route != nullptr ? route->pattern : target),
          .target = target.substr(0, kTargetMost),
          .environment = environment,
          .because = because_of(s.ask)};
}

// What became of it, into the audit: acts, and whoever was not let in.
void keep_on_record(Office& office, const Scene& s, const Route* route,
                    const std::string& environment, std::optional<unsigned> begun, Reply& reply) {
  const bool stranger = reply.status == 401, shut_out = reply.status == 403;
  const bool act = route != nullptr && route->rule.kind != Kind::question;
  // One who showed nothing tried nothing: a page that is not signed in yet, a monitor.
  const bool tried = !s.ask.bearer.empty() || !s.ask.cookie.empty() || act;
  if (!act && !((stranger && tried) || shut_out)) return;
  std::uint64_t omitted = 0;
  if (stranger || shut_out) {
    const std::string who = stranger ? "from " + s.ask.from : "token " + s.ask.who.token;
    const auto told = office.failures.note(who, office.backend.now());
    if (told.too_many && stranger) reply = wait_first(told.wait);
    if (told.too_many && !begun) return;
    omitted = told.omitted;
  }
  people::Deed deed = deed_of(s, route, environment);
  deed.accepted = reply.status < 400;
  deed.status = reply.status;
  deed.code = code_of(reply);
  deed.omitted = omitted;
  office.trail.add(std::move(deed), begun);
}

Reply enter(Office& office, Ask& ask) {
  Scene scene{office, office.backend, office.board, ask, {}};
  std::string allowed;
  const Route* r = find_route(ask, scene.names, allowed);
  if (r == nullptr && allowed.empty())
    if (auto page = page_of(ask, office.pages)) return std::move(*page);
  identify(office, ask);
  const bool interface = !ask.path.empty() && ask.path[0] == "v1";
  const bool open = r != nullptr && (r->rule.right == people::Right::open ||
                                     (r->rule.where == Where::loopback && ask.loopback));
  std::string environment;
  std::optional<unsigned> begun;
  Reply reply;
  if (ask.who.name.empty() && !open && (r != nullptr || interface)) {
    reply = refuse_stranger(ask);
  } else if (r == nullptr) {
    return nothing_there(ask, allowed);
  } else {
    environment = environment_of(r->rule, scene);
    auto refusal = refuse_entry(r->rule, scene, environment);
    // What is done must be on record even when the agent ends before it knows how it went.
    // A stranger's try to sign in is none: it would let anybody make the agent write.
    if (!refusal && r->rule.kind != Kind::question && !ask.who.name.empty()) {
      scene.mark = office.trail.mark(deed_of(scene, r, environment));
      begun = scene.mark->slot;
      if (r->rule.kind == Kind::act) scene.begin();
    }
    reply = refusal ? std::move(*refusal) : once_only(office, *r, scene);
  }
  keep_on_record(office, scene, r, environment, begun, reply);
  tag(ask, reply);
  return reply;
}

}  // namespace

std::span<const Route> routes() { return kRoutes; }

Reply answer(Office& office, Ask ask) {
  try {
    return enter(office, ask);
  } catch (const std::exception& e) {
    return problem(500, "internal", fmt::format("this request broke something: {}", e.what()));
  }
}

}  // namespace slipway::api
