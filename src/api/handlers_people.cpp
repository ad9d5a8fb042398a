// Tokens, sessions of browsers, and the audit.
#include <fmt/format.h>

#include <algorithm>

#include "api/body.h"
#include "api/handlers.h"
#include "api/query.h"
#include "views/phrase.h"

namespace slipway::api {
namespace {

constexpr std::size_t kNameMost = 64;

// Names stand in records, in sentences and in addresses.
bool is_name(const std::string& s) {
  if (s.empty() || s.size() > kNameMost) return false;
  return std::ranges::all_of(s, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-' || c == '@' || c == '+';
  });
}

void read_role(Body& body, const boost::json::value& item, std::vector<people::Grant>& grants) {
  const auto* o = item.is_object() ? &item.get_object() : nullptr;
  const auto* said = o != nullptr ? o->if_contains("role") : nullptr;
  const auto* where = o != nullptr ? o->if_contains("environment") : nullptr;
  const auto role = said != nullptr && said->is_string()
                        ? people::role_of(std::string_view(said->get_string()))
                        : std::nullopt;
  const bool all = where == nullptr || where->is_null();
  const bool one = !all && where->is_string() && !where->get_string().empty();
  if (!role || !(all || one) || o->size() > (where == nullptr ? 1U : 2U)) {
    body.mistake("roles", "invalid_role",
                 "`roles` is a list of {\"role\": viewer, deployer, approver or admin, "
                 "\"environment\": a name, or null for every one}");
    return;
  }
  grants.push_back({*role, all ? std::string() : std::string(where->get_string())});
}

std::string session_cookie(const Ask& ask, const std::string& value, Duration life) {
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{}",
                     cookie_name(ask.host), value, life.count() / 1'000'000,
                     ask.secure ? "; Secure" : "");
}

}  // namespace

std::string cookie_name(const std::string& host) {
  // Cookies know no ports: agents of one machine must not overwrite each other's.
  const auto colon = host.rfind(':');
  const bool port = colon != std::string::npos && host.find(']', colon) == std::string::npos;
  return port ? "slipway_session_" + host.substr(colon + 1) : "slipway_session";
}

Reply get_tokens(Scene& s) {
  if (auto trouble = unknown_query(s, {"limit", "after"})) return *trouble;
  std::size_t limit = 50, after = 0;
  if (!number_in(s.ask.query, "limit", limit) || limit == 0 || limit > 200)
    return problem(422, "invalid_query", "`?limit=` must be a number from 1 to 200");
  if (!number_in(s.ask.query, "after", after))
    return problem(422, "invalid_query", "`?after=` must be a list's `next`");
  auto all = s.office.people.list();
  boost::json::array items;
  for (std::size_t n = after; n < all.size() && items.size() < limit; ++n)
    items.push_back(std::move(all[n]));
  const std::size_t end = after + items.size();
  boost::json::value next = nullptr;
  if (end < all.size()) next = end;
  return json_reply(200,
                    {{"schema", "list/1"}, {"items", std::move(items)}, {"next", std::move(next)}});
}

Reply post_token(Scene& s) {
  auto body = Body::of(s.ask);
  if (!body) return body.error();
  People::Wanted wanted;
  wanted.name = body->text("name");
  if (!is_name(wanted.name))
    body->mistake("name", "invalid_name",
                  "`name` is 1 to 64 of A-Z a-z 0-9 . _ - @ +: who acts with this token");
  if (const auto* roles = body->any("roles"); roles != nullptr && roles->is_array())
    for (const auto& item : roles->get_array()) read_role(*body, item, wanted.grants);
  else
    body->mistake("roles", "required", "`roles` is needed: what may be done with this token");
  if (const auto life = body->time("expires")) {
    wanted.life = *life;
    if (wanted.life < 1s || wanted.life > kTokenLongest)
      body->mistake("expires", "out_of_range", "`expires` is a time from 1s to 366d from now");
  }
  if (auto trouble = body->trouble()) return *trouble;
  if (wanted.grants.empty())
    return problem(422, "required", "`roles` names no role: such a token could do nothing");
  auto made = s.office.people.create(wanted, s.ask.who.name);
  if (!made) return problem(made.error());
  Reply reply = json_reply(201, *made);
  made->erase("token");  // it is shown once
  reply.kept_body = boost::json::serialize(*made);
  return reply;
}

Reply post_revoke(Scene& s) {
  auto body = Body::of(s.ask);
  if (!body) return body.error();
  body->text("because");
  if (auto trouble = body->trouble()) return *trouble;
  auto token = s.office.people.revoke(s.names.at("name"), s.ask.who.name);
  return token ? json_reply(200, *token) : problem(token.error());
}

Reply get_audit(Scene& s) {
  if (auto trouble =
          unknown_query(s, {"by", "environment", "outcome", "since", "until", "limit", "after"}))
    return *trouble;
  const auto& q = s.ask.query;
  TrailFilter f;
  f.by = value_of(q, "by");
  f.environment = value_of(q, "environment");
  f.outcome = value_of(q, "outcome");
  // Without the Z: entries have parts of a second after it.
  for (auto [name, into] : {std::pair{"since", &f.since}, std::pair{"until", &f.until}}) {
    *into = value_of(q, name);
    if (into->ends_with('Z')) into->pop_back();
  }
  Wall time{};
  for (const auto& [name, text] : {std::pair{"since", f.since}, std::pair{"until", f.until}})
    if (!read_time(text, time)) return bad_query(name, "an RFC 3339 time");
  if (!f.outcome.empty() && f.outcome != "accepted" && f.outcome != "refused" &&
      f.outcome != "unknown")
    return bad_query("outcome", "accepted, refused or unknown");
  if (!number_in(q, "limit", f.limit) || f.limit == 0 || f.limit > 1000)
    return bad_query("limit", "a number from 1 to 1000");
  if (!number_in(q, "after", f.after)) return bad_query("after", "a list's `next`");
  return json_reply(200, s.office.trail.list(f));
}

Reply get_audit_check(Scene& s) { return json_reply(200, s.office.trail.verify()); }

Reply get_session(Scene& s) { return json_reply(200, person_json(s.ask.who, s.ask.via)); }

Reply post_session(Scene& s) {
  auto body = Body::of(s.ask);
  if (!body) return body.error();
  const std::string token = body->text("token");
  if (token.empty()) body->mistake("token", "required", "`token` is needed");
  if (auto trouble = body->trouble()) return *trouble;
  if (s.ask.local)
    return problem(422, "not_here", "the unix socket knows who asks: it needs no session");
  auto in = s.office.people.sign_in(token);
  if (!in) return problem(in.error());
  Reply reply = json_reply(201, person_json(in->person, "session"));
  reply.headers.emplace_back("Set-Cookie", session_cookie(s.ask, in->cookie, kSessionLife));
  reply.kept = false;
  return reply;
}

// For a browser of whoever asks: what is behind `#` reaches no server but by the page itself.
Reply post_link(Scene& s) {
  auto body = Body::of(s.ask);
  if (!body) return body.error();
  if (auto trouble = body->trouble()) return *trouble;
  std::string base = (s.ask.secure ? "https://" : "http://") + s.ask.host;
  if (s.ask.local) {
    auto door = s.backend.door();
    if (!door) return problem(door.error());
    base = std::move(*door);
  }
  auto link = s.office.people.link(s.ask.who);
  if (!link) return problem(link.error());
  Reply reply = json_reply(201, {{"schema", "link/1"},
                                 {"url", base + "/login#" + link->code},
                                 {"name", link->person.name},
                                 {"expires_at", views::time_json(link->expires)}});
  reply.kept = false;  // it is shown once
  return reply;
}

Reply delete_session(Scene& s) {
  if (s.ask.via == "session") s.office.people.sign_out(s.ask.cookie);
  Reply reply = json_reply(200, {{"schema", "session/1"}, {"name", nullptr}});
  reply.headers.emplace_back("Set-Cookie", session_cookie(s.ask, "", Duration::zero()));
  return reply;
}

}  // namespace slipway::api
