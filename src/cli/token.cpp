// slipway token create, list, revoke.
#include <fmt/format.h>

#include "cli/render.h"
#include "cli/verb.h"

namespace slipway::cli {
namespace {

struct TokenWords {
  std::string action, name, environment, because;
  std::vector<std::string> roles;
  std::optional<Duration> expires;
};

// "deployer", "deployer@staging"; `environment` holds for those that name none.
object role_of_word(const std::string& word, const std::string& environment) {
  const auto at = word.find('@');
  if (at == std::string::npos && environment.empty())
    return {{"role", word}, {"environment", nullptr}};
  if (at == std::string::npos) return {{"role", word}, {"environment", environment}};
  return {{"role", word.substr(0, at)}, {"environment", word.substr(at + 1)}};
}

std::string roles_of(const object& token) {
  std::string out;
  for (const value& v : array_of(token, "roles")) {
    if (!v.is_object()) continue;
    const std::string environment = text_of(v.get_object(), "environment");
    out += (out.empty() ? "" : ", ") + text_of(v.get_object(), "role") +
           (environment.empty() ? "" : " in " + harmless(environment));
  }
  return out;
}

Ended create(Session& s, const TokenWords& w) {
  if (w.name.empty() || w.roles.empty())
    return refuse("usage", "a token needs a NAME (who acts with it) and --role",
                  "slipway token create ana --role deployer@staging --role viewer");
  array roles;
  for (const std::string& word : w.roles) roles.push_back(role_of_word(word, w.environment));
  object body{{"name", w.name}, {"roles", std::move(roles)}};
  if (w.expires) body["expires"] = w.expires->count() / 1000;
  auto agent = TRY(reach(s, Need::change));
  const object token = TRY(send(s, *agent, "/v1/tokens", body));
  if (s.machine()) {
    s.print_json(token);
    return kExitGood;
  }
  s.line(text_of(token, "token"));
  if (s.shared.quiet) return kExitGood;
  s.say(
      fmt::format("{} {}: {}; good until {}. It is shown this once: keep it where only its owner "
                  "reads it",
                  text_of(token, "id"), harmless(text_of(token, "name")), roles_of(token),
                  text_of(token, "expires_at")));
  const object running = TRY(fetch(s, *agent, "/v1/agent"));
  if (const std::string listen = text_of(running, "listen"); !listen.empty())
    s.say(
        fmt::format("command line: SLIPWAY_URL and SLIPWAY_TOKEN; a browser signs in with it at "
                    "the agent's address ({})",
                    harmless(listen)));
  return kExitGood;
}

Ended list(Session& s) {
  auto agent = TRY(reach(s, Need::answer));
  array items;
  for (std::string after;;) {
    const std::string target = "/v1/tokens?limit=200" + (after.empty() ? "" : "&after=" + after);
    const object page = TRY(fetch(s, *agent, target));
    for (const value& v : array_of(page, "items")) items.push_back(v);
    const auto next = integer_of(page, "next");
    if (!next) break;
    after = std::to_string(*next);
  }
  if (s.shared.output == Output::jsonl) {
    for (const value& v : items) s.print_json(v);
  } else if (s.machine()) {
    s.print_json(object{{"schema", "list/1"}, {"items", items}, {"next", nullptr}});
  } else if (items.empty()) {
    s.line("there are no tokens; `slipway token create NAME --role ROLE` makes one");
  } else {
    std::vector<std::vector<std::string>> rows{
        {"id", "name", "roles", "state", "expires", "made by"}};
    for (const value& v : items) {
      const object& t = v.as_object();
      rows.push_back({text_of(t, "id"), harmless(text_of(t, "name")), roles_of(t),
                      text_of(t, "state"), text_of(t, "expires_at"),
                      harmless(text_of(t, "created_by"))});
    }
    s.print(table(rows, s.look().width));
  }
  return kExitGood;
}

Ended revoke(Session& s, const TokenWords& w) {
  if (w.name.empty()) return refuse("usage", "which token? Its id or its name");
  auto agent = TRY(reach(s, Need::change));
  if (!s.shared.yes && s.console.in_is_terminal() && s.console.out_is_terminal()) {
    const std::string answer =
        s.console.ask(fmt::format("revoke {}? It is not to be had back. [y/N] ", harmless(w.name)));
    if (answer != "y" && answer != "Y" && answer != "yes")
      return refuse("declined", "nothing was changed");
  }
  object body;
  if (!w.because.empty()) body["because"] = w.because;
  const object token = TRY(send(s, *agent, "/v1/tokens/" + encoded(w.name) + "/revoke", body));
  if (s.machine()) {
    s.print_json(token);
  } else {
    s.line(fmt::format("revoked {} {}; what was open with it ends now", text_of(token, "id"),
                       harmless(text_of(token, "name"))));
  }
  return kExitGood;
}

}  // namespace

Ended run_token(Call& call) {
  TokenWords w;
  Options& o = call.options;
  o.word("ACTION", w.action, "create, list, revoke");
  o.word("NAME", w.name, "who acts with it; revoke: its name or id");
  o.texts("--role", w.roles, "viewer, deployer, approver or admin; ROLE@ENV in one environment",
          "ROLE");
  o.text("--environment", w.environment, "where the roles hold that name no ENV", "ENV");
  o.duration("--expires", w.expires, "how long it is good (90d); at most 366d");
  o.text("--because", w.because, "why, recorded with it");
  if (auto over = call.parse()) return *over;
  if (w.action == "create") return create(call.session, w);
  if (w.action == "list" || w.action.empty()) return list(call.session);
  if (w.action == "revoke") return revoke(call.session, w);
  return refuse("usage", fmt::format("`slipway token {}`: there are create, list, revoke",
                                     harmless(w.action)));
}

}  // namespace slipway::cli
