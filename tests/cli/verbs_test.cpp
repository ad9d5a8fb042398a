// What each command asks of the agent, and what is refused before it is asked.
#include "cli/verb.h"
#include "stage.h"

namespace slipway::cli {
namespace {

class Verbs : public Stage {
 protected:
  void SetUp() override {
    Stage::SetUp();
    project();
    script.on("POST /v1/deployments", 201, deployment("succeeded"));
  }
  const object& sent(const std::string& request) {
    static const object none;
    const object* body = script.body_of(request);
    EXPECT_NE(body, nullptr) << request;
    return body ? *body : none;
  }
};

TEST_F(Verbs, DeploySendsItsWordsNormalised) {
  console.vars["TOKEN"] = "hush";
  EXPECT_EQ(
      run_line({"deploy", "production", "--version", "v2", "--strategy", "blueGreen", "--when-busy",
                "supersede", "--because", "the cart", "--warmup", "10s", "--auto-rollback=false"}),
      0);
  const object& body = sent("POST /v1/deployments");
  EXPECT_EQ(body.at("environment"), "production");
  EXPECT_EQ(body.at("version"), "v2");
  EXPECT_EQ(body.at("strategy"), "blue_green");
  EXPECT_EQ(body.at("when_busy"), "supersede");
  EXPECT_EQ(body.at("because"), "the cart");
  EXPECT_EQ(body.at("options").at("warmupTime"), 10'000);
  EXPECT_EQ(body.at("options").at("autoRollback"), false);
  const object& files = body.at("config_files").as_object();
  EXPECT_EQ(files.at("file"), "slipway.yaml");
  EXPECT_EQ(files.at("folder").as_string(), folder.string());
  EXPECT_EQ(files.at("bytes").as_string(), read("slipway.yaml"));
  EXPECT_EQ(files.at("caller").at("TOKEN"), "hush");
}

TEST_F(Verbs, DeployWithoutOptionsSendsNone) {
  write("environments/production.env", "A=1\n");
  console.vars["PATH"] = "/bin";
  EXPECT_EQ(run_line({"deploy", "production/api", "v2"}), 0);
  const object& body = sent("POST /v1/deployments");
  EXPECT_FALSE(body.contains("options"));
  EXPECT_FALSE(body.contains("when_busy"));
  EXPECT_EQ(body.at("service"), "api");
  EXPECT_EQ(body.at("config_files").at("env_files").at("production"), "A=1\n");
  EXPECT_TRUE(body.at("config_files").at("caller").as_object().empty());
}

TEST_F(Verbs, OverAUrlNothingOfThisMachineTravels) {
  console.vars["TOKEN"] = "hush";
  EXPECT_EQ(run_line({"deploy", "production", "v2", "--url", "http://elsewhere:1"}), 0);
  EXPECT_FALSE(sent("POST /v1/deployments").contains("config_files"));
}

TEST_F(Verbs, TheOnlyEnvironmentMayBeLeftOut) {
  EXPECT_EQ(run_line({"deploy", "--version", "v2"}), 0);
  EXPECT_EQ(sent("POST /v1/deployments").at("environment"), "production");
  write("slipway.yaml", "environments: { a: {}, b: {} }\n");
  EXPECT_EQ(run_line({"deploy", "--version", "v2"}), 2);
  EXPECT_NE(console.errors.find("a, b"), std::string::npos);
}

TEST_F(Verbs, VersionsThatContradictAreRefused) {
  EXPECT_EQ(run_line({"deploy", "production"}), 2);
  EXPECT_EQ(run_line({"deploy", "production", "v2", "--version", "v3"}), 2);
  EXPECT_EQ(run_line({"deploy", "production", "v2", "v3"}), 2);
  EXPECT_EQ(run_line({"deploy", "production", "--version", "a=v2", "--version", "b=v2"}), 2);
  EXPECT_NE(console.errors.find("not supported"), std::string::npos);
  EXPECT_EQ(run_line({"deploy", "production", "--version", "web=v2"}), 0);
  EXPECT_EQ(sent("POST /v1/deployments").at("service"), "web");
}

TEST_F(Verbs, StrategiesInAnySpelling) {
  for (const char* word : {"blue_green", "blue-green", "BlueGreen", "bluegreen"}) {
    EXPECT_EQ(strategy_of(word).value(), "blue_green");
  }
  EXPECT_EQ(strategy_of("Canary").value(), "canary");
  EXPECT_EQ(strategy_of("rolling-update").value(), "rolling");
  auto wrong = strategy_of("canari");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().hint, "did you mean canary?");
}

TEST_F(Verbs, RollbackNamesItsTarget) {
  script.on("POST /v1/environments/production/rollback", 201, deployment("succeeded", "rollback"));
  EXPECT_EQ(run_line({"rollback", "production", "--to", "v1", "--because", "slow"}), 0);
  EXPECT_EQ(sent("POST /v1/environments/production/rollback").at("to"), "v1");
  EXPECT_EQ(sent("POST /v1/environments/production/rollback").at("because"), "slow");
  script.on("POST /v1/environments/production/rollback?service=api", 201,
            deployment("succeeded", "rollback"));
  EXPECT_EQ(run_line({"rollback", "production/api", "v1"}), 0);
  EXPECT_EQ(run_line({"rollback", "production", "v1", "--to", "v2"}), 2);
}

TEST_F(Verbs, RestartAndRetry) {
  script.on("POST /v1/environments/production/restart", 201, deployment("succeeded", "restart"));
  EXPECT_EQ(run_line({"restart", "production"}), 0);
  EXPECT_TRUE(sent("POST /v1/environments/production/restart").contains("config_files"));
  script.on("POST /v1/deployments/42/retry", 201, deployment("succeeded"));
  EXPECT_EQ(run_line({"retry", "42"}), 0);
  EXPECT_EQ(run_line({"retry"}), 2);
}

TEST_F(Verbs, OperatorsVerbsReturnWhenRecorded) {
  for (const char* verb : {"promote", "reject", "pause", "resume"}) {
    script.on(std::string("POST /v1/deployments/42/") + verb, 200, deployment("running"));
    EXPECT_EQ(run_line({verb, "42", "--because", "b"}), 0) << verb;
    EXPECT_EQ(sent(std::string("POST /v1/deployments/42/") + verb).at("because"), "b");
  }
  EXPECT_EQ(run_line({"pause", "42", "--for", "2h"}), 0);
  EXPECT_EQ(script.asked.back().second.at("for"), 7'200'000);
}

TEST_F(Verbs, AnApprovalBindsThePlanThatIsShown) {
  script.on("GET /v1/deployments/42", 200, deployment("waiting_approval"));
  script.on("POST /v1/deployments/42/approve", 200, deployment("running"));
  EXPECT_EQ(run_line({"approve", "42"}), 0);
  EXPECT_EQ(sent("POST /v1/deployments/42/approve").at("plan"), "sha256:pp");
}

TEST_F(Verbs, WhatIsRiskyAsks) {
  script.on("POST /v1/deployments/42/promote", 200, deployment("running"));
  script.on("POST /v1/deployments/42/skip", 200, deployment("running"));
  EXPECT_EQ(run_line({"promote", "42", "--full"}), 2);
  EXPECT_EQ(run_line({"skip", "42"}), 2);
  EXPECT_EQ(script.body_of("POST /v1/deployments/42/skip"), nullptr);
  EXPECT_EQ(run_line({"promote", "42", "--full", "-y"}), 0);
  EXPECT_EQ(sent("POST /v1/deployments/42/promote").at("full"), true);
  console.terminal = true;
  console.answer = "n";
  EXPECT_EQ(run_line({"skip", "42"}), 2);
  EXPECT_FALSE(console.asked.empty());
  console.answer = "y";
  EXPECT_EQ(run_line({"skip", "42", "4"}), 0);
  EXPECT_EQ(sent("POST /v1/deployments/42/skip").at("step"), 4);
}

TEST_F(Verbs, AWrongStateIsExitStatus2WithTheState) {
  script.on("POST /v1/deployments/42/pause", 409,
            R"({"code":"wrong_state","detail":"web-production-42 is paused","state":"paused"})");
  EXPECT_EQ(run_line({"pause", "42"}), 2);
  EXPECT_NE(console.errors.find("web-production-42 is paused"), std::string::npos);
  EXPECT_EQ(run_line({"pause", "42", "-o", "json"}), 2);
  EXPECT_EQ(out_json().at("code"), "wrong_state");
}

TEST_F(Verbs, AnAgentThatCannotWorkIsExitStatus3) {
  script.on("POST /v1/deployments/42/pause", 503, R"({"code":"disk_full","detail":"disk full"})");
  EXPECT_EQ(run_line({"pause", "42"}), 3);
}

TEST_F(Verbs, TheOnlyLiveOneMayBeLeftOut) {
  script.on("GET /v1/environments", 200,
            R"({"environments":[{"environment":"production","services":[{"service":"web",
                "live":)" +
                deployment("running") + "}]}]}");
  script.on("POST /v1/deployments/web-production-42/pause", 200, deployment("paused"));
  EXPECT_EQ(run_line({"pause"}), 0);
}

TEST_F(Verbs, DryRunsChangeNothing) {
  script.on("POST /v1/plan", 200, R"({"schema":"plan/1","to":"v2","steps":[]})");
  EXPECT_EQ(run_line({"deploy", "production", "v2", "--dry-run"}), 0);
  EXPECT_EQ(script.body_of("POST /v1/deployments"), nullptr);
  EXPECT_NE(console.written.find("nothing was changed"), std::string::npos);
  script.on("GET /v1/deployments/42", 200, deployment("running"));
  EXPECT_EQ(run_line({"abort", "42", "--dry-run"}), 0);
  EXPECT_EQ(script.body_of("POST /v1/deployments/42/abort"), nullptr);
}

TEST_F(Verbs, PlanWithoutAnAgentUsesTheHook) {
  agent_runs = false;
  Request seen;
  hooks.plan = [&](const Request& r,
                   const api::ConfigFiles& f) -> std::expected<boost::json::object, Refusal> {
    seen = r;
    EXPECT_EQ(f.file, "slipway.yaml");
    return object{{"schema", "plan/1"}, {"to", r.version}};
  };
  EXPECT_EQ(run_line({"plan", "production", "--version", "v2", "-o", "json"}), 0);
  EXPECT_EQ(seen.version, "v2");
  EXPECT_EQ(out_json().at("to"), "v2");
  EXPECT_TRUE(spawned.empty());
  hooks.plan = [](const Request&,
                  const api::ConfigFiles&) -> std::expected<boost::json::object, Refusal> {
    return std::unexpected(Refusal{.code = "unknown_environment", .text = "no environment x"});
  };
  EXPECT_EQ(run_line({"plan", "x", "v2"}), 2);
}

TEST_F(Verbs, ThePastIsAskedWithItsFilters) {
  script.on("GET /v1/history?environment=production&service=api&state=failed&limit=3", 200,
            R"({"schema":"list/1","items":[],"next":null})");
  EXPECT_EQ(run_line({"ls", "production/api", "--in-state", "failed", "-n", "3"}), 0);
  script.on("GET /v1/deployments/production%2Fapi", 200, deployment("succeeded"));
  EXPECT_EQ(run_line({"inspect", "production/api"}), 0);
  EXPECT_NE(console.written.find("web-production-42"), std::string::npos);
  script.on("GET /v1/deployments/42/explain", 200,
            R"({"id":"web-production-42","state":"failed"})");
  EXPECT_EQ(run_line({"why", "42"}), 0);
  EXPECT_NE(console.written.find("why did web-production-42 fail?"), std::string::npos);
  EXPECT_EQ(run_line({"show", "7"}), 2);
}

TEST_F(Verbs, LogsAreRawAndFollowedWithoutRepeating) {
  std::string target = "GET /v1/deployments/production/logs?version=v2&tail=5000";
  script.on(target, 200, "v2 i1 | a\nv2 i1 | \x1b[31mb\n");
  script.on(target, 200, "v2 i1 | a\nv2 i1 | \x1b[31mb\nv2 i1 | c\n");
  console.wakes.push_back({2s, {Wake::Why::interrupt, 0}});
  EXPECT_EQ(run_line({"logs", "production", "-f", "--version", "v2"}), 130);
  EXPECT_EQ(console.written, "v2 i1 | a\nv2 i1 | \x1b[31mb\nv2 i1 | c\n");
}

TEST_F(Verbs, WhatComesLaterIsRefusedByName) {
  for (const char* word :
       {"import", "generate", "advise", "migrate", "freeze", "chaos", "report", "secret"}) {
    EXPECT_EQ(run_line({word, "x", "--output", "json"}), 2) << word;
    EXPECT_EQ(out_json().at("code"), "not_supported") << word;
    EXPECT_EQ(out_json().at("text").as_string(),
              "`slipway " + std::string(word) + "` is not supported yet");
  }
  for (const char* flag : {"--from", "--run-migrations", "--run-migrations=true", "--ephemeral"}) {
    EXPECT_EQ(run_line({"deploy", "production", "v2", flag, "-o=json"}), 2) << flag;
    EXPECT_EQ(out_json().at("code"), "not_supported") << flag;
  }
  EXPECT_EQ(run_line({"logs", "--since", "5m"}), 2);
  // A value that reads like a refusal is a value all the same.
  for (const char* flag : {"--since=false", "--step=false"})
    EXPECT_EQ(run_line({"logs", flag}), 2) << flag;
  EXPECT_EQ(run_line({"deploy", "production", "v2", "--from=false", "-o=json"}), 2);
  EXPECT_EQ(out_json().at("code"), "not_supported");
}

TEST_F(Verbs, TheDashboardIsALinkThatSignsInOnce) {
  project();
  const std::string url = "http://127.0.0.1:7411/login#once_0123456789abcdef";
  script.on("POST /v1/session/link", 201,
            R"({"schema":"link/1","url":")" + url +
                R"(","name":"ana","expires_at":"2026-11-21T10:13:48.000Z"})");
  std::vector<std::string> opened;
  hooks.browse = [&](const std::string& page) -> Result<> {
    opened.push_back(page);
    return {};
  };
  EXPECT_EQ(run_line({"dashboard"}), 0);
  EXPECT_EQ(console.written, url + "\n");
  EXPECT_NE(console.errors.find("as ana, once, until"), std::string::npos) << console.errors;
  console.terminal = true;
  EXPECT_EQ(run_line({"dashboard"}), 0);
  EXPECT_TRUE(opened.empty()) << "nobody sits before a screen";
  console.vars["DISPLAY"] = ":0";
  EXPECT_EQ(run_line({"dashboard", "--print"}), 0);
  EXPECT_TRUE(opened.empty());
  EXPECT_EQ(run_line({"dashboard"}), 0);
  EXPECT_EQ(opened, std::vector<std::string>{url});
  EXPECT_EQ(run_line({"dashboard", "-o", "json"}), 0);
  EXPECT_EQ(out_json().at("url").as_string(), url);
  EXPECT_EQ(run_line({"dashboard", "--qr", "--no-color"}), 0);
  EXPECT_NE(console.written.find("▀"), std::string::npos);
  EXPECT_NE(console.errors.find("no phone"), std::string::npos);
  EXPECT_EQ(opened.size(), 1U);
}

TEST_F(Verbs, AnAgentElsewhereIsNamedBeforeOrAfterTheCommand) {
  project();
  console.vars["SLIPWAY_TOKEN"] = "slp_x";
  script.on("GET /v1/environments", 200, R"({"schema":"status/1","environments":[]})");
  for (const std::vector<std::string>& line :
       {std::vector<std::string>{"--agent", "https://deploy.example.com", "status"},
        {"status", "--agent", "https://deploy.example.com"},
        {"status", "--agent=https://deploy.example.com"},
        {"--url", "https://deploy.example.com", "status"}}) {
    doors.clear();
    EXPECT_EQ(run_line(line), 0) << console.errors;
    ASSERT_EQ(doors.size(), 1U);
    EXPECT_EQ(doors[0].url, "https://deploy.example.com");
    EXPECT_EQ(tokens.back(), "slp_x");
  }
}

TEST_F(Verbs, WhatIsNotToBeDoneNeedNotBeSupported) {
  EXPECT_EQ(run_line({"deploy", "production", "v2", "--run-migrations=false"}), 0);
  EXPECT_FALSE(sent("POST /v1/deployments").contains("options"));
}

TEST_F(Verbs, ATokensRolesHoldInTheEnvironmentThatIsNamed) {
  script.on("POST /v1/tokens", 201, R"({"schema": "token/1", "token": "slp_1_x"})");
  EXPECT_EQ(run_line({"token", "create", "ana", "--role", "deployer", "--role", "viewer@staging",
                      "--environment", "production", "-q"}),
            0);
  const array& roles = sent("POST /v1/tokens").at("roles").as_array();
  EXPECT_EQ(roles.at(0).at("environment"), "production");
  EXPECT_EQ(roles.at(1).at("environment"), "staging");
}

TEST_F(Verbs, TyposGetTheNearestWord) {
  EXPECT_EQ(run_line({"deplyo"}), 2);
  EXPECT_NE(console.errors.find("did you mean `slipway deploy`?"), std::string::npos);
  EXPECT_EQ(run_line({"deploy", "production", "v2", "--stratgy", "canary"}), 2);
  EXPECT_NE(console.errors.find("did you mean --strategy?"), std::string::npos) << console.errors;
  EXPECT_EQ(run_line({"status", "-o", "xml"}), 2);
  EXPECT_EQ(run_line({"deploy", "production", "v2", "--when-busy", "later"}), 2);
}

TEST_F(Verbs, HelpNeverDoesAnythingElse) {
  for (const Verb& v : verbs()) {
    if (!*v.group) continue;
    EXPECT_EQ(run_line({v.name, "production", "v2", "--help"}), 0) << v.name;
    EXPECT_NE(console.written.find("examples:"), std::string::npos) << v.name;
    std::string by_verb = console.written;
    EXPECT_EQ(run_line({"help", v.name}), 0);
    EXPECT_EQ(console.written, by_verb);
  }
  EXPECT_EQ(script.calls, 0u);
  EXPECT_EQ(run_line({"--help"}), 0);
  EXPECT_NE(console.written.find("rollback"), std::string::npos);
  EXPECT_EQ(run_line({}), 2);
  EXPECT_EQ(run_line({"help", "codes"}), 0);
  EXPECT_FALSE(console.written.empty());
  EXPECT_EQ(run_line({"version"}), 0);
  EXPECT_EQ(console.written, "slipway 0.1.0\n");
  EXPECT_EQ(run_line({"--version"}), 0);
}

TEST_F(Verbs, HabitsMeanTheirCommands) {
  for (auto [habit, meant] : {std::pair{"validate", "check"},
                              {"undo", "rollback"},
                              {"cancel", "abort"},
                              {"continue", "resume"},
                              {"ls", "history"},
                              {"releases", "history"},
                              {"describe", "show"},
                              {"inspect", "show"},
                              {"why", "explain"}}) {
    ASSERT_NE(find_verb(habit), nullptr) << habit;
    EXPECT_STREQ(find_verb(habit)->name, meant);
  }
}

}  // namespace
}  // namespace slipway::cli
