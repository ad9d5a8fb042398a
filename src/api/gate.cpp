#include "api/gate.h"

#include <fmt/format.h>

namespace slipway::api {
namespace {

using people::Right;

constexpr std::size_t kBecauseMost = 2048;

std::string field_of_body(const Ask& ask, const char* name) {
  if (ask.body.empty()) return "";
  boost::json::error_code error;
  boost::json::parse_options options;
  options.max_depth = 16;
  const auto value = boost::json::parse(ask.body, error, {}, options);
  if (error || !value.is_object()) return "";
  const auto* field = value.get_object().if_contains(name);
  return field != nullptr && field->is_string() ? std::string(field->get_string()) : std::string();
}

std::string roles_of(const people::Person& who) {
  std::string roles;
  for (const auto& g : who.grants) {
    roles += fmt::format("{}{}", roles.empty() ? "" : ", ", word(g.role));
    if (!g.environment.empty()) roles += " in " + g.environment;
  }
  return roles.empty() ? "none" : roles;
}

Reply forbidden(const Rule& rule, const Ask& ask, const std::string& environment, bool everywhere) {
  const std::string where = everywhere            ? " in every environment"
                            : environment.empty() ? ""
                                                  : " in " + environment;
  return problem(403, "forbidden",
                 fmt::format("`{}` may not {}{}: its roles are {}", ask.who.name, word(rule.right),
                             where, roles_of(ask.who)));
}

}  // namespace

void identify(Office& office, Ask& ask) {
  if (ask.local) {
    if (!ask.peer.empty()) ask.who = people::owner(ask.peer);
    ask.via = "socket";
    return;
  }
  std::optional<people::Person> who;
  if (!ask.bearer.empty()) {
    who = office.people.by_token(ask.bearer);
    ask.via = "token";
  } else if (!ask.cookie.empty()) {
    who = office.people.by_session(ask.cookie);
    ask.via = "session";
  }
  if (who) ask.who = std::move(*who);
}

std::string environment_of(const Rule& rule, const Scene& s) {
  switch (rule.where) {
    case Where::path:
      return s.names.at("env");
    case Where::deployment: {
      const auto number = s.board.find(s.names.at("id"));
      const auto site = number ? s.board.site_of(*number) : std::nullopt;
      return site ? site->environment : std::string();
    }
    case Where::signal:
      if (!s.ask.query.contains("version")) return field_of_body(s.ask, "environment");
      [[fallthrough]];
    case Where::query: {
      const auto it = s.ask.query.find("environment");
      return it == s.ask.query.end() ? std::string() : it->second;
    }
    case Where::body:
      return field_of_body(s.ask, "environment");
    default:
      return "";
  }
}

std::optional<Reply> refuse_entry(const Rule& rule, const Scene& s,
                                  const std::string& environment) {
  const auto& who = s.ask.who;
  const bool is_open =
      rule.right == Right::open || (rule.where == Where::loopback && s.ask.loopback);
  if (is_open) return std::nullopt;
  const bool changes = s.ask.method != "GET" && s.ask.method != "HEAD";
  // A cookie goes along with every request of a browser, also with those of another's page.
  if (s.ask.via == "session" && changes && !s.ask.own_page)
    return problem(403, "forbidden", "a change by a browser's session must come from its own page");
  // A deployment that is not there is nobody's: everyone who may read anything is told so.
  const bool somewhere = rule.where == Where::somewhere || rule.where == Where::loopback ||
                         (rule.where == Where::deployment && environment.empty());
  const bool everywhere = !somewhere && environment.empty();
  const bool may = somewhere    ? who.may_somewhere(rule.right)
                   : everywhere ? who.may_everywhere(rule.right)
                                : who.may(rule.right, environment);
  if (may) return std::nullopt;
  return forbidden(rule, s.ask, environment, everywhere);
}

std::string because_of(const Ask& ask) {
  std::string said = field_of_body(ask, "because");
  if (said.size() > kBecauseMost) {
    said.resize(kBecauseMost);
    // Not in the middle of a character.
    while (!said.empty() && (static_cast<unsigned char>(said.back()) & 0x80) != 0) said.pop_back();
  }
  return said;
}

Reply refuse_stranger(const Ask& ask) {
  const bool tried = !ask.bearer.empty() || !ask.cookie.empty();
  Reply reply = problem(
      401, "unauthorized",
      tried ? "this token is not known, or it was revoked, or has expired"
            : "a token is needed: `Authorization: Bearer slp_…`; `slipway token create` makes one");
  reply.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"slipway\"");
  return reply;
}

}  // namespace slipway::api
