#include <pwd.h>
#include <unistd.h>

#include "fake.h"

namespace slipway::api {
namespace {

using Routes = ServerTest;

std::string code_of(const Response& r) {
  const auto* o = r.json.if_object();
  return o != nullptr && o->contains("code") ? std::string(o->at("code").as_string()) : "";
}

TEST_F(Routes, Read) {
  Client c = client();
  const std::pair<const char*, const char*> all[] = {
      {"/v1/deployments/42", "deployment/1"},
      {"/v1/deployments/web-production-42", "deployment/1"},
      {"/v1/deployments/production%2Fweb", "deployment/1"},
      {"/v1/deployments/42/verdicts", "list/1"},
      {"/v1/deployments/42/explain", "explain/1"},
      {"/v1/deployments/42/receipt", "receipt/1"},
      {"/v1/history?limit=5&environment=production", "list/1"},
      {"/v1/environments", "status/1"},
      {"/v1/environments/production/status?service=web", "status/1"},
      {"/v1/environments?depth=brief", "status/1"},
      {"/v1/history?depth=brief", "list/1"},
      {"/v1/history?since=2026-11-21T10:00:00.123Z&until=2027-01-01", "list/1"},
      {"/v1/deployments/42/series", "series/1"},
      {"/v1/deployments/42/series?metric=p99_ms", "series/1"},
      {"/v1/reports/dora?environment=production&since=2026-11-01", "dora/1"},
      {"/v1/agent", "agent/1"},
  };
  for (const auto& [target, schema] : all) {
    const auto r = c.get(target);
    ASSERT_TRUE(r) << target << ": " << r.error().text;
    EXPECT_EQ(r->status, 200) << target << " " << r->text;
    EXPECT_EQ(r->json.at("schema"), schema) << target;
  }
  const auto logs = c.get("/v1/deployments/42/logs?tail=5&grep=a%20b");
  EXPECT_EQ(logs->text, "grep=a b\nid=42\ntail=5\n");
}

TEST_F(Routes, Health) {
  Client c = client();
  EXPECT_EQ(c.get("/health")->status, 200);
  backend.healthy = false;
  EXPECT_EQ(c.get("/health")->status, 503);
  EXPECT_EQ(c.get("/ready")->status, 503);
}

TEST_F(Routes, SignalsFromOutside) {
  Client c = client();
  auto r = c.post("/v1/hooks/complaints",
                  boost::json::parse(R"({"version":"v2","count":3,"service":"web"})").as_object());
  ASSERT_TRUE(r);
  EXPECT_EQ(r->status, 202) << r->text;
  EXPECT_EQ(r->json.at("count"), 3);
  // What the sender's body holds does not matter when the address says it all.
  r = c.post("/v1/hooks/complaints?version=v1", boost::json::object{{"ticket", 7}});
  EXPECT_EQ(r->status, 202) << r->text;
  EXPECT_EQ(r->json.at("version"), "v1");
  EXPECT_EQ(c.post("/v1/hooks/complaints", boost::json::object{})->status, 422);
  EXPECT_EQ(
      c.post("/v1/hooks/complaints", boost::json::object{{"version", "v2"}, {"count", 0}})->status,
      422);
  EXPECT_EQ(c.post("/v1/hooks/praise", boost::json::object{{"version", "v2"}})->status, 404);
}

TEST_F(Routes, ReplayTakesAPolicy) {
  Client c = client();
  const auto r = c.post("/v1/deployments/42/replay",
                        boost::json::parse(R"({"config_files":{"file":"lax.yaml","folder":"/",
      "bytes":"service: {}","env_files":{},"caller":{}}})")
                            .as_object());
  ASSERT_TRUE(r);
  EXPECT_EQ(r->status, 200) << r->text;
  EXPECT_EQ(r->json.at("policy"), "lax.yaml");
  EXPECT_EQ(c.post("/v1/deployments/42/replay", boost::json::object{})->status, 422);
  EXPECT_EQ(c.post("/v1/deployments/777/replay",
                   boost::json::parse(R"({"config_files":{"file":"a","folder":"/","bytes":""}})")
                       .as_object())
                ->status,
            404);
}

TEST_F(Routes, DeployTakesEveryField) {
  Client c = client();
  const auto r =
      c.post("/v1/deployments", boost::json::parse(R"({"environment":"production","version":"v2",
      "strategy":"Blue-Green","service":"web","because":"weekly","when_busy":"supersede","from":null,
      "options":{"runMigrations":false,"warmupTime":1500,"healthCheckInterval":"2s",
                 "autoRollback":false},
      "config_files":{"file":"slipway.yaml","folder":"/srv","bytes":"service: {}",
                      "env_files":{"production":"A=1\n"},"caller":{"TOKEN":"x"}}})"));
  ASSERT_TRUE(r);
  EXPECT_EQ(r->status, 201) << r->text;
  EXPECT_EQ(r->json.at("number"), 42);
  const Request q = backend.last();
  EXPECT_EQ(q.act, Act::deploy);
  EXPECT_EQ(q.environment, "production");
  EXPECT_EQ(q.version, "v2");
  EXPECT_EQ(q.strategy, "blue_green");
  EXPECT_EQ(q.service, "web");
  EXPECT_EQ(q.because, "weekly");
  EXPECT_EQ(q.when_busy, WhenBusy::supersede);
  EXPECT_EQ(q.warmup, 1500ms);
  EXPECT_EQ(q.health_interval, 2s);
  EXPECT_EQ(q.auto_rollback, false);
  EXPECT_EQ(q.trigger, "cli");
  const passwd* me = ::getpwuid(::geteuid());
  EXPECT_EQ(q.by, me != nullptr ? me->pw_name : "");
  ASSERT_EQ(backend.configs.size(), 1U);
  EXPECT_EQ(backend.configs[0].first.env_files.at("production"), "A=1\n");
  EXPECT_EQ(backend.configs[0].first.caller.at("TOKEN"), "x");
  EXPECT_FALSE(backend.configs[0].second);
}

TEST_F(Routes, NobodyCanClaimToBeAnother) {
  Client c = client();
  const auto r = c.post("/v1/deployments",
                        boost::json::parse(R"({"environment":"p","version":"v","by":"root2"})"));
  EXPECT_EQ(r->status, 422);
  EXPECT_TRUE(backend.requests.empty());
}

TEST_F(Routes, ABrokenConfigurationStopsTheRequest) {
  backend.config_refusal = Refusal{"invalid_config",
                                   "one error",
                                   {{"slipway.yaml:3:1", "unknown_key", "no", "hint", "drawn"}},
                                   422,
                                   "",
                                   0};
  const auto r = client().post(
      "/v1/deployments",
      boost::json::parse(
          R"({"environment":"p","version":"v","config_files":{"file":"slipway.yaml","folder":"/","bytes":""}})"));
  EXPECT_EQ(r->status, 422);
  EXPECT_EQ(r->json.at("errors").at(0).at("at"), "slipway.yaml:3:1");
  EXPECT_EQ(r->json.at("errors").at(0).at("rendered"), "drawn");
  EXPECT_TRUE(backend.requests.empty());
}

TEST_F(Routes, Verbs) {
  Client c = client();
  const std::pair<const char*, Act> verbs[] = {{"promote", Act::promote}, {"approve", Act::approve},
                                               {"reject", Act::reject},   {"pause", Act::pause},
                                               {"resume", Act::resume},   {"skip", Act::skip},
                                               {"abort", Act::abort},     {"retry", Act::retry}};
  for (const auto& [verb, act] : verbs) {
    const auto r = c.post(std::string("/v1/deployments/production/") + verb,
                          boost::json::parse(R"({"because":"b","plan":"sha256:p","full":true,
                                                 "force":true,"for":90000,"step":3})"));
    ASSERT_TRUE(r);
    EXPECT_EQ(r->status, act == Act::retry ? 201 : 200) << verb << r->text;
    const Request q = backend.last();
    EXPECT_EQ(q.act, act);
    EXPECT_EQ(q.number, 42U);
    EXPECT_EQ(q.plan, "sha256:p");
    EXPECT_TRUE(q.full && q.force);
    EXPECT_EQ(q.pause_for, 90s);
    EXPECT_EQ(q.step, 3);
  }
  EXPECT_EQ(code_of(*c.post("/v1/deployments/42/explode", boost::json::object())), "unknown_verb");
  EXPECT_EQ(code_of(*c.post("/v1/deployments/7/abort", boost::json::object())),
            "unknown_deployment");
}

TEST_F(Routes, EnvironmentVerbs) {
  Client c = client();
  auto r = c.post("/v1/environments/production/rollback?service=web",
                  boost::json::parse(R"({"to":"v0","because":"b"})"));
  EXPECT_EQ(r->status, 200) << "the live deployment is taken back";
  Request q = backend.last();
  EXPECT_EQ(q.act, Act::rollback);
  EXPECT_EQ(q.version, "v0");
  EXPECT_EQ(q.service, "web");
  EXPECT_EQ(q.environment, "production");
  r = c.post("/v1/environments/production/restart", boost::json::object());
  EXPECT_EQ(r->status, 201);
  EXPECT_EQ(backend.last().act, Act::restart);
}

TEST_F(Routes, PlanCheckConfigStop) {
  Client c = client();
  auto r = c.post("/v1/plan", boost::json::parse(R"({"environment":"p","version":{"web":"v3"},
      "config_files":{"file":"slipway.yaml","folder":"/","bytes":"a"}})"));
  EXPECT_EQ(r->json.at("to"), "v3");
  r = c.post("/v1/check", boost::json::parse(R"({"environment":"p",
      "config_files":{"file":"slipway.yaml","folder":"/","bytes":"b"}})"));
  EXPECT_EQ(r->json.at("environment"), "p");
  ASSERT_EQ(backend.tried.size(), 2U);
  EXPECT_EQ(backend.tried[1].bytes, "b");
  EXPECT_TRUE(backend.configs.empty()) << "a plan and a check change nothing";
  const auto files =
      boost::json::parse(R"({"config_files":{"file":"slipway.yaml","folder":"/","bytes":"a"}})");
  EXPECT_EQ(c.put("/v1/config", files)->status, 200);
  EXPECT_EQ(c.post("/v1/config", files)->status, 200);
  ASSERT_EQ(backend.configs.size(), 2U);
  EXPECT_TRUE(backend.configs[0].second);
  EXPECT_FALSE(backend.configs[1].second);
  EXPECT_EQ(c.post("/v1/agent/stop", boost::json::parse(R"({"all":true})"))->status, 202);
  EXPECT_EQ(backend.stopped, 2);
}

TEST_F(Routes, AnswersOfTheEngine) {
  Client c = client();
  const auto body = boost::json::parse(R"({"environment":"p","version":"v"})");
  backend.on_submit = [](const Request&) {
    return Answer{.accepted = false,
                  .number = 42,
                  .code = "busy",
                  .text = "42 is running",
                  .state = "running"};
  };
  auto r = c.post("/v1/deployments", body);
  EXPECT_EQ(r->status, 409);
  EXPECT_EQ(code_of(*r), "busy");
  EXPECT_EQ(r->json.at("state"), "running");
  EXPECT_EQ(r->json.at("detail"), "42 is running");
  EXPECT_EQ(r->json.at("status"), 409);
  EXPECT_EQ(r->json.at("title"), "Conflict");
  backend.on_submit = [](const Request&) {
    return Answer{.accepted = true, .number = 42, .code = "already_running"};
  };
  r = c.post("/v1/deployments", body);
  EXPECT_EQ(r->status, 200);
  EXPECT_EQ(r->json.at("answer"), "already_running");
  backend.on_submit = [](const Request&) {
    return Refusal{"missing_secrets", "TOKEN has no value", {}, 422, "", 0};
  };
  EXPECT_EQ(code_of(*c.post("/v1/deployments", body)), "missing_secrets");
  backend.on_submit = [](const Request&) -> std::variant<Answer, Refusal> {
    throw std::runtime_error("bug");
  };
  r = c.post("/v1/deployments", body);
  EXPECT_EQ(r->status, 500);
  EXPECT_EQ(code_of(*r), "internal");
}

struct Bad {
  const char* method;
  const char* target;
  const char* body;  // null: GET
  int status;
  const char* code;
};

TEST_F(Routes, RefusedWithAReason) {
  const Bad all[] = {
      {"POST", "/v1/deployments", R"({"environment":"p","verison":"v"})", 422, "invalid_body"},
      {"POST", "/v1/deployments", R"({"environment":"p"})", 422, "invalid_body"},
      {"POST", "/v1/deployments", R"({"environment":5,"version":"v"})", 422, "invalid_body"},
      {"POST", "/v1/deployments", R"([1])", 400, "bad_json"},
      {"POST", "/v1/deployments", R"({"a")", 400, "bad_json"},
      {"POST", "/v1/deployments", R"({"environment":"p","version":"v","from":"staging"})", 501,
       "not_supported"},
      {"POST", "/v1/deployments", R"({"environment":"p","from":"staging"})", 501, "not_supported"},
      {"POST", "/v1/deployments",
       R"({"environment":"p","version":"v","options":{"runMigrations":true}})", 501,
       "not_supported"},
      {"POST", "/v1/deployments",
       R"({"environment":"p","version":"v","options":{"warmupTime":-5}})", 422, "invalid_body"},
      {"POST", "/v1/deployments", R"({"environment":"p","version":"v","when_busy":"now"})", 422,
       "invalid_body"},
      {"POST", "/v1/deployments", R"({"environment":"p","version":{"a":"1","b":"2"}})", 501,
       "not_supported"},
      {"POST", "/v1/deployments/42/pause", R"({"for":"soon"})", 422, "invalid_body"},
      {"POST", "/v1/environments/p/freeze", "{}", 501, "not_supported"},
      {"DELETE", "/v1/agent", nullptr, 405, "method_not_allowed"},
      {"POST", "/v1/deployments/42/explain", "{}", 405, "method_not_allowed"},
      {"POST", "/v1/deployments/42/shout", "{}", 404, "unknown_verb"},
      {"GET", "/v1/subscriptions", nullptr, 501, "not_supported"},
      {"GET", "/v1/history?state=%FF", nullptr, 400, "bad_request"},
      {"GET", "/v1/deployments/%C3%28", nullptr, 400, "bad_request"},
      {"GET", "/v1/nothing", nullptr, 404, "not_found"},
      {"GET", "/", nullptr, 404, "not_found"},
      {"GET", "/v1/deployments/7", nullptr, 404, "unknown_deployment"},
      {"GET", "/v1/environments/nowhere/status", nullptr, 404, "unknown_environment"},
      {"GET", "/v1/history?colour=red", nullptr, 422, "unknown_field"},
      {"GET", "/v1/history?limit=0", nullptr, 422, "invalid_query"},
      {"GET", "/v1/history?limit=", nullptr, 422, "invalid_query"},
      {"GET", "/v1/releases?after=x", nullptr, 422, "invalid_query"},
      {"GET", "/v1/history?state=fine", nullptr, 422, "invalid_query"},
      {"GET", "/v1/history?since=yesterday", nullptr, 422, "invalid_query"},
      {"GET", "/v1/history?since=2026-11-21T10:00:00.Z", nullptr, 422, "invalid_query"},
      {"GET", "/v1/events?colour=red", nullptr, 422, "unknown_field"},
      {"GET", "/v1/events?deployment=7", nullptr, 404, "unknown_deployment"},
      {"GET", "/v1/deployments/42/logs?since=1h", nullptr, 501, "not_supported"},
  };
  for (const Bad& bad : all) {
    Wire w = wire();
    std::string request = fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n",
                                      bad.method, bad.target);
    if (bad.body != nullptr)
      request += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                             std::string_view(bad.body).size(), bad.body);
    else
      request += "\r\n";
    ASSERT_TRUE(w.write(request));
    const auto answer = w.to_the_end(10s, 1 << 20);
    ASSERT_TRUE(answer) << bad.target << ": " << answer.error().text;
    const auto split = answer->find("\r\n\r\n");
    ASSERT_NE(split, std::string::npos) << bad.target;
    const auto head = parse_head(answer->substr(0, split));
    EXPECT_EQ(head->status, bad.status) << bad.method << " " << bad.target << " " << *answer;
    EXPECT_EQ(head->field("content-type"), "application/problem+json") << bad.target;
    boost::json::error_code error;
    const auto json = boost::json::parse(answer->substr(split + 4), error);
    ASSERT_FALSE(error) << bad.target;
    EXPECT_EQ(json.at("code"), bad.code) << bad.method << " " << bad.target << " " << *answer;
    EXPECT_EQ(json.at("status"), bad.status);
    EXPECT_FALSE(json.at("detail").as_string().empty());
    EXPECT_TRUE(json.at("errors").is_array());
  }
  EXPECT_TRUE(backend.requests.empty());
}

// Over HTTP nobody wrote a flag; the command line did.
TEST_F(Routes, ARefusalNamesWhatWasWritten) {
  backend.on_submit = [](const Request&) -> std::variant<Answer, Refusal> {
    return Refusal{
        "invalid_version", "no", {{"--when-busy", "bad", "no", "", "--when-busy: error: no"}}, 422};
  };
  const auto body = [](const std::string& answer) {
    return boost::json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
  };
  const std::string text = R"({"environment":"p","version":"v"})";
  const auto ask = [&](const std::string& agent) {
    Wire w = wire();
    EXPECT_TRUE(
        w.write(fmt::format("POST /v1/deployments HTTP/1.1\r\nHost: localhost\r\n{}"
                            "Connection: close\r\nContent-Type: application/json\r\n"
                            "Content-Length: {}\r\n\r\n{}",
                            agent, text.size(), text)));
    return body(*w.to_the_end(10s, 1 << 20)).at("errors").at(0);
  };
  EXPECT_EQ(ask("").at("at"), "/when_busy");
  EXPECT_EQ(ask("").at("rendered"), "/when_busy: error: no");
  EXPECT_EQ(ask("User-Agent: slipway-cli/1\r\n").at("at"), "--when-busy");
  const auto query = client().get("/v1/history?limit=0");
  EXPECT_EQ(query->json.at("errors").at(0).at("at"), "?limit");
}

TEST_F(Routes, TheNearestNameIsOffered) {
  const auto r = client().post(
      "/v1/deployments",
      boost::json::parse(R"({"environment":"p","verison":"v","options":{"warmuptime":5}})"));
  std::map<std::string, std::string> hints;
  for (const auto& e : r->json.at("errors").as_array())
    hints[std::string(e.at("at").as_string())] = e.at("hint").as_string();
  EXPECT_EQ(hints["/verison"], "did you mean `version`?");
  EXPECT_EQ(hints["/options/warmuptime"], "did you mean `warmupTime`?");
}

}  // namespace
}  // namespace slipway::api
