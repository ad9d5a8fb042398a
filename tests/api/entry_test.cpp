// Who is let in: every route by every role in every environment, tokens, sessions of browsers,
// failures.
#include "entry.h"

#include <pwd.h>
#include <unistd.h>

#include <set>

#include "api/routes.h"

namespace slipway::api {
namespace {

namespace json = boost::json;
using people::Grant;
using people::Role;

// What the interface's page 3.1 says, written once more and apart from the program.
bool page_says(const std::string& method, const std::string& pattern, Role role) {
  const std::string verb = pattern.substr(pattern.rfind('/') + 1);
  const std::set<std::string> release = {"deployments", "promote", "resume",   "skip",  "retry",
                                         "restart",     "{name}",  "releases", "builds"};
  const std::set<std::string> both = {"pause", "abort", "rollback"};
  if (role == Role::admin) return true;
  if (pattern.starts_with("/v1/session")) return true;
  if (pattern.starts_with("/v1/tokens") || pattern.starts_with("/v1/audit")) return false;
  if (method == "GET") return true;
  if (verb == "plan" || verb == "check" || verb == "simulate" || verb == "replay" ||
      verb == "{verb}")
    return true;
  if (release.contains(verb)) return role == Role::deployer;
  if (verb == "approve" || verb == "reject") return role == Role::approver;
  if (both.contains(verb)) return role != Role::viewer;
  return false;  // freeze, config, agent/stop
}

std::string put_in(std::string pattern, const std::string& environment) {
  const auto replace = [&](const std::string& what, const std::string& with) {
    if (const auto at = pattern.find(what); at != std::string::npos)
      pattern.replace(at, what.size(), with);
  };
  replace("{id}", environment == "production" ? "42" : "41");
  replace("{env}", environment);
  replace("{name}", "complaints");
  replace("{verb}", "shout");
  return pattern;
}

// Each route × role × (the role's own environment, another one, every one) × where it is asked.
TEST_F(Entry, EveryRouteByEveryRoleInEveryEnvironment) {
  int asked = 0, refused = 0;
  for (const Role role : people::kRoles)
    for (const std::string scope : {"production", "staging", ""}) {
      const std::string bearer = "Authorization: Bearer " +
                                 token(fmt::format("{}-{}", word(role), scope), {{role, scope}}) +
                                 "\r\n";
      for (const Route& route : routes()) {
        const std::string method = route.method, pattern = route.pattern;
        if (pattern == "/v1/agent/stop" && role == Role::admin && scope.empty()) continue;
        for (const std::string where : {"production", "staging"}) {
          const bool named = route.rule.where == Where::path || route.rule.where == Where::body ||
                             route.rule.where == Where::deployment ||
                             route.rule.where == Where::signal || route.rule.where == Where::query;
          const bool somewhere = route.rule.where == Where::somewhere ||
                                 route.rule.where == Where::loopback ||
                                 route.rule.right == people::Right::open;
          std::string target = put_in(pattern, where);
          if (route.rule.where == Where::query) target += "?environment=" + where;
          const std::string body =
              fmt::format(R"({{"environment":"{}","version":"v9","name":"complaints"}})", where);
          const auto [status, text] =
              ask(method, target, bearer, method == "POST" || method == "PUT" ? body : "");
          const bool in = scope.empty() || somewhere || (named && scope == where);
          const bool may = page_says(method, pattern, role) && in;
          EXPECT_EQ(status == 403, !may) << word(role) << " of " << scope << ": " << method << " "
                                         << target << " in " << where << "\n"
                                         << text;
          EXPECT_NE(status, 0) << method << " " << target << text;
          EXPECT_NE(status, 401) << method << " " << target;
          ++asked;
          refused += status == 403 ? 1 : 0;
        }
      }
    }
  EXPECT_GT(asked, 900);
  EXPECT_GT(refused, 300);
}

TEST_F(Entry, NobodyComesInWithoutAToken) {
  for (const Route& route : routes()) {
    backend.clock = backend.now() + 61s;  // who fails often would wait
    const auto [status, text] = ask(route.method, put_in(route.pattern, "production"), "");
    const bool open =
        route.rule.right == people::Right::open || route.rule.where == Where::loopback;
    EXPECT_EQ(status == 401, !open) << route.method << " " << route.pattern << " " << text;
    if (status == 401) EXPECT_NE(text.find("WWW-Authenticate: Bearer"), std::string::npos);
  }
  EXPECT_TRUE(backend.requests.empty());
}

TEST_F(Entry, ListsHoldOnlyWhatMayBeRead) {
  Client c = far(token("sam", {{Role::viewer, "staging"}}));
  const auto environments = c.get("/v1/environments")->json.at("environments").as_array();
  ASSERT_EQ(environments.size(), 1u);
  EXPECT_EQ(environments[0].at("environment"), "staging");
  const auto history = c.get("/v1/history")->json.at("items").as_array();
  ASSERT_EQ(history.size(), 1u);
  EXPECT_EQ(history[0].at("environment"), "staging");
  EXPECT_EQ(c.get("/v1/deployments/42")->status, 403);
  EXPECT_EQ(c.get("/v1/deployments/7")->status, 404);
  auto events = c.events("");
  ASSERT_TRUE(events);
  happen("step.started");  // in production
  auto all = client().events("");
  ASSERT_TRUE(all->next(5s)->has_value());
  EXPECT_FALSE(events->next(300ms)->has_value()) << "not theirs to hear";
  EXPECT_FALSE(c.events("deployment=42"));
  EXPECT_FALSE(c.events("progress=42"));
}

TEST_F(Entry, ABodyCannotNameOneEnvironmentAndMeanAnother) {
  const std::string bearer =
      "Authorization: Bearer " + token("sam", {{Role::deployer, "staging"}}) + "\r\n";
  for (const char* target :
       {"/v1/deployments?environment=staging", "/v1/deployments?version=1&environment=staging",
        "/v1/hooks/complaints?environment=staging"})
    EXPECT_EQ(ask("POST", target, bearer,
                  R"({"environment":"staging","environment":"production","version":"v"})")
                  .first,
              403)
        << target;
  EXPECT_EQ(ask("POST", "/v1/hooks/complaints?environment=production&version=v", bearer,
                R"({"environment":"staging"})")
                .first,
            403);
  EXPECT_EQ(ask("POST", "/v1/deployments", bearer, R"({"version":"v"})").first, 403)
      << "no environment is every environment";
  EXPECT_TRUE(backend.requests.empty());
}

TEST_F(Entry, TokensAreMadeListedAndRevoked) {
  Client c = client();
  const auto made = c.post("/v1/tokens", json::parse(R"({"name":"ana","expires":"1h","roles":[
      {"role":"deployer","environment":"staging"},{"role":"viewer","environment":null}]})"));
  ASSERT_EQ(made->status, 201) << made->text;
  const std::string text(made->json.at("token").as_string());
  EXPECT_EQ(text.size(), 77u);
  EXPECT_EQ(far(text).get("/v1/agent")->status, 200);
  EXPECT_EQ(far(text).get("/v1/tokens")->status, 403);
  EXPECT_EQ(
      c.post("/v1/tokens", json::parse(R"({"name":"ana","roles":[{"role":"viewer"}]})"))->status,
      409)
      << "a name is one person";
  for (const char* bad : {R"({"name":"a b","roles":[{"role":"viewer"}]})", R"({"name":"b"})",
                          R"({"name":"b","roles":[]})", R"({"name":"b","roles":[{"role":"king"}]})",
                          R"({"name":"b","roles":[{"role":"viewer","environment":""}]})",
                          R"({"name":"b","roles":["viewer"]})",
                          R"({"name":"b","roles":[{"role":"viewer"}],"expires":"400d"})"})
    EXPECT_EQ(c.post("/v1/tokens", json::parse(bad))->status, 422) << bad;
  const auto list = c.get("/v1/tokens");
  ASSERT_EQ(list->json.at("items").as_array().size(), 1u) << list->text;
  EXPECT_EQ(list->text.find(text.substr(13)), std::string::npos);
  EXPECT_EQ(c.post("/v1/tokens/ana/revoke", json::object())->status, 200);
  EXPECT_EQ(far(text).get("/v1/agent")->status, 401);
  EXPECT_EQ(c.post("/v1/tokens/ana/revoke", json::object())->status, 404);
  EXPECT_EQ(c.get("/v1/tokens")->json.at("items").at(0).at("state"), "revoked");
  for (const auto& record : books.people)
    EXPECT_EQ(record.find(text.substr(13)), std::string::npos);
}

TEST_F(Entry, TokensOutliveTheAgentAndEndInTime) {
  const std::string good = token("ana", {{Role::admin, ""}}, 1h);
  start({.address = "127.0.0.1:0"});
  EXPECT_EQ(far(good).get("/v1/agent")->status, 200);
  backend.clock = backend.now() + 1h;
  EXPECT_EQ(far(good).get("/v1/agent")->status, 401);
}

TEST_F(Entry, AStreamEndsWithItsToken) {
  auto events = far(token("ana", {{Role::viewer, ""}})).events("");
  ASSERT_TRUE(events);
  happen("step.started");
  ASSERT_TRUE(events->next(5s)->has_value());
  ASSERT_TRUE(desk->people.revoke("ana", "test"));
  happen("step.ended");
  for (int n = 0; n < 3; ++n) {
    const auto next = events->next(5s);
    if (!next) return;  // ended
    ASSERT_NE(next->value_or(json::object{{"type", ""}}).at("type"), "step.ended");
  }
  ADD_FAILURE() << "the stream went on";
}

TEST_F(Entry, WhoFailsOftenWaitsAndNobodyElseDoes) {
  const std::string good = token("ana", {{Role::viewer, ""}});
  const std::string bad = "Authorization: Bearer slp_00000000_" + std::string(64, '0') + "\r\n";
  int unauthorized = 0, waits = 0;
  for (int n = 0; n < 30; ++n) {
    const auto [status, text] = ask("GET", "/v1/agent", bad);
    unauthorized += status == 401 ? 1 : 0;
    if (status == 429) {
      ++waits;
      EXPECT_NE(text.find("Retry-After: 60"), std::string::npos) << text;
    }
  }
  EXPECT_EQ(unauthorized, kFailuresFree);
  EXPECT_EQ(waits, 30 - kFailuresFree);
  EXPECT_EQ(books.audit.size(), static_cast<std::size_t>(kFailuresFree))
      << "a flood is not recorded";
  EXPECT_EQ(far(good).get("/v1/agent")->status, 200) << "nobody can lock another out";
  backend.clock = backend.now() + 61s;
  EXPECT_EQ(ask("GET", "/v1/agent", bad).first, 401);
  EXPECT_NE(books.audit.back().find("\"omitted\":20"), std::string::npos) << books.audit.back();
}

TEST_F(Entry, ABrowserSignsInAndOnlyItsOwnPageChanges) {
  const std::string bearer = token("ana", {{Role::deployer, ""}});
  const auto [status, text] =
      ask("POST", "/v1/session", origin(), json::serialize(json::object{{"token", bearer}}));
  ASSERT_EQ(status, 201) << text;
  const auto at = text.find("Set-Cookie: ") + 12;
  const std::string set = text.substr(at, text.find("\r\n", at) - at);
  for (const char* flag : {"; HttpOnly", "; SameSite=Strict", "; Path=/", "; Max-Age=43200"})
    EXPECT_NE(set.find(flag), std::string::npos) << set;
  EXPECT_EQ(set.find("Secure"), std::string::npos) << "in the clear the browser would drop it";
  const std::string cookie = "Cookie: theme=dark; " + set.substr(0, set.find(';')) + "\r\n";
  const auto me = ask("GET", "/v1/session", cookie);
  EXPECT_EQ(me.first, 200);
  EXPECT_NE(me.second.find("\"name\":\"ana\""), std::string::npos) << me.second;
  EXPECT_EQ(ask("POST", "/v1/deployments/42/resume", cookie + origin(), "{}").first, 200);
  EXPECT_EQ(backend.last().by, "ana");
  EXPECT_EQ(backend.last().trigger, "dashboard");
  EXPECT_EQ(ask("POST", "/v1/deployments/42/resume", cookie, "{}").first, 403) << "no Origin";
  EXPECT_EQ(
      ask("POST", "/v1/deployments/42/resume", cookie + "Origin: http://evil.example\r\n", "{}")
          .first,
      403);
  EXPECT_EQ(ask("POST", "/v1/deployments/42/resume", cookie + "Origin: null\r\n", "{}").first, 403);
  start({.address = "127.0.0.1:0"});  // another port has a cookie of its own, so by its record:
  EXPECT_TRUE(desk->people.by_session(set.substr(set.find('=') + 1, 64))) << "outlives the agent";
  for (const auto& record : books.people)
    EXPECT_EQ(record.find(set.substr(set.find('=') + 1, 64)), std::string::npos);
}

// What is behind the `#` of a link.
std::string code_in(const json::value& link) {
  const std::string url(link.at("url").as_string());
  return url.substr(url.find('#') + 1);
}

TEST_F(Entry, ALinkSignsInOnceAndForFiveMinutes) {
  Client sam = far(token("sam", {{Role::viewer, "staging"}}));
  const auto asked = sam.post("/v1/session/link", json::object());
  ASSERT_EQ(asked->status, 201) << asked->text;
  EXPECT_TRUE(asked->json.at("url").as_string().starts_with("http://" + server->bound()));
  const auto follow = [&](const std::string& code) {
    return ask("POST", "/v1/session", origin(), json::serialize(json::object{{"token", code}}));
  };
  const auto [status, text] = follow(code_in(asked->json));
  EXPECT_EQ(status, 201) << text;
  EXPECT_NE(text.find("\"name\":\"sam\""), std::string::npos) << text;
  EXPECT_EQ(text.find("admin"), std::string::npos) << text;
  const auto again = follow(code_in(asked->json));
  EXPECT_EQ(again.first, 401) << "once";
  EXPECT_NE(again.second.find("slipway dashboard"), std::string::npos) << again.second;
  const auto late = sam.post("/v1/session/link", json::object());
  backend.clock = backend.now() + kLinkLife;
  EXPECT_EQ(follow(code_in(late->json)).first, 401) << "too late";
  EXPECT_EQ(far(code_in(late->json)).get("/v1/agent")->status, 401) << "it is no token";
  const auto gone = sam.post("/v1/session/link", json::object());
  ASSERT_TRUE(desk->people.revoke("sam", "test"));
  EXPECT_EQ(follow(code_in(gone->json)).first, 401) << "it ends with its token";
}

TEST_F(Entry, TheOwnerOfTheSocketGetsAWayIntoABrowserOfTheSameName) {
  const std::string me = ::getpwuid(::geteuid())->pw_name;
  const auto link = client().post("/v1/session/link", json::object());
  ASSERT_EQ(link->status, 201) << link->text;
  EXPECT_EQ(link->json.at("name").as_string(), me);
  const auto text = ask("POST", "/v1/session", origin(),
                        json::serialize(json::object{{"token", code_in(link->json)}}))
                        .second;
  EXPECT_NE(text.find("\"name\":\"" + me + "\""), std::string::npos) << text;
  EXPECT_NE(text.find("\"role\":\"admin\""), std::string::npos) << text;
  EXPECT_EQ(client().post("/v1/session/link", json::object())->status, 201);
  EXPECT_EQ(client().get("/v1/tokens")->json.at("items").as_array().size(), 1U)
      << "the same token again";
  ASSERT_TRUE(desk->people.revoke(me, "test"));
  token(me, {{Role::viewer, ""}});  // made by somebody else, and may less
  EXPECT_EQ(client().post("/v1/session/link", json::object())->status, 409);
  for (const auto& record : books.people)
    EXPECT_EQ(record.find(code_in(link->json)), std::string::npos);
}

TEST_F(Entry, OfManyLinksTheOldestGoes) {
  Client sam = far(token("sam", {{Role::viewer, ""}}));
  std::vector<std::string> codes;
  for (std::size_t n = 0; n <= kLinksMost; ++n) {
    backend.clock = backend.now() + 1ms;
    codes.push_back(code_in(sam.post("/v1/session/link", json::object())->json));
  }
  EXPECT_FALSE(desk->people.sign_in(codes.front()));
  EXPECT_TRUE(desk->people.sign_in(codes[1]));
  EXPECT_TRUE(desk->people.sign_in(codes.back()));
}

TEST_F(Entry, SigningOutEndsTheSession) {
  const std::string bearer = token("ana", {{Role::viewer, ""}});
  const auto text =
      ask("POST", "/v1/session", origin(), json::serialize(json::object{{"token", bearer}})).second;
  const auto at = text.find("Set-Cookie: ") + 12;
  const std::string cookie = "Cookie: " + text.substr(at, text.find(';', at) - at) + "\r\n";
  EXPECT_EQ(ask("GET", "/v1/session", cookie).first, 200);
  EXPECT_EQ(ask("DELETE", "/v1/session", cookie).first, 403) << "from no page of ours";
  EXPECT_EQ(ask("DELETE", "/v1/session", cookie + origin()).first, 200);
  EXPECT_EQ(ask("GET", "/v1/session", cookie).first, 401);
  EXPECT_EQ(ask("POST", "/v1/session", origin(), R"({"token":"slp_x"})").first, 401);
}

}  // namespace
}  // namespace slipway::api
