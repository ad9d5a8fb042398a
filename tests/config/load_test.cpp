#include <fmt/format.h>

#include "given.h"

namespace slipway::config {
namespace {

TEST(Load, TheLeastFile) {
  const Config c = good(web());
  const Effective& e = only(c);
  EXPECT_EQ(e.run.value, std::vector<std::string>{"./server --port ${port}"});
  EXPECT_TRUE(e.run_is_shell);
  EXPECT_EQ(e.listen.value, "127.0.0.1:8080");
  EXPECT_EQ(e.strategy.value, "blue_green");
  EXPECT_EQ(e.strategy.origin.line, 0);
  EXPECT_EQ(e.replicas.value, 1);
  EXPECT_TRUE(e.rollback_on_failure);
  EXPECT_FALSE(e.approval.required);
  EXPECT_EQ(e.health.kind, "tcp");
  EXPECT_EQ(e.drain, 30s);
  ASSERT_EQ(e.stages.size(), 4u);
  EXPECT_EQ(e.stages[0].duration, 60s);
  EXPECT_EQ(e.stages[3].duration, 5min);
  EXPECT_FALSE(e.stages_written);
  EXPECT_TRUE(c.digest.starts_with("sha256:"));
  EXPECT_EQ(c.digest.size(), 71u);
  EXPECT_EQ(e.revision, c.digest);
  EXPECT_TRUE(noted(c, "counts as ready when its port"));
}

TEST(Load, NearestSettingWins) {
  const Config c = good(
      "services:\n"
      "  web: { run: [./web], replicas: 2, env: { A: service, B: service, C: service } }\n"
      "  api: { run: [./api] }\n"
      "deployment: { replicas: 9, strategy: rolling }\n"
      "environments:\n"
      "  staging: {}\n"
      "  production:\n"
      "    replicas: 3\n"
      "    strategy: canary\n"
      "    env: { B: environment, C: environment }\n"
      "    services: { web: { replicas: 4, env: { C: nearest } } }\n");
  EXPECT_EQ(c.find("production", "web")->replicas.value, 4);
  EXPECT_EQ(c.find("production", "web")->replicas.origin.line, 11);
  EXPECT_EQ(c.find("production", "api")->replicas.value, 3);
  EXPECT_EQ(c.find("staging", "web")->replicas.value, 2);
  EXPECT_EQ(c.find("staging", "api")->replicas.value, 9);
  EXPECT_EQ(c.find("staging", "api")->strategy.value, "rolling");
  EXPECT_EQ(c.find("production", "api")->strategy.value, "canary");
  const auto& env = c.find("production", "web")->env;
  EXPECT_EQ(env.at("A").value, "service");
  EXPECT_EQ(env.at("B").value, "environment");
  EXPECT_EQ(env.at("C").value, "nearest");
}

TEST(Load, TheStrategysOwnTermsCount) {
  const Config c =
      good(web("deployment: { strategy: blue_green, rollback: { automatic: false, conditions: "
               "[{ error_rate: \"> 20%\" }] } }\n"
               "blue_green_deployment: { monitor: 7m, keep_warm: 1h, rollback_triggers: "
               "[\"error_rate > 5%\"] }\n"
               "canary_deployment: { rollback_triggers: [\"error_rate > 1%\"] }\n",
               "    canary_enabled: true\n"));
  const Effective& e = only(c);
  EXPECT_EQ(e.monitor, 7min);
  EXPECT_EQ(e.keep_warm, 1h);
  EXPECT_FALSE(e.rollback_on_failure);
  ASSERT_EQ(e.triggers.size(), 3u);
  EXPECT_EQ(e.triggers_of.at("canary").size(), 2u);
  EXPECT_EQ(e.triggers_of.at("rolling").size(), 1u);
}

TEST(Load, RollingInBothSpellings) {
  Config c = good(web("rolling: { maxSurge: 2, max-unavailable: 0 }\n"));
  EXPECT_EQ(only(c).strategy.value, "rolling");
  EXPECT_EQ(only(c).max_surge, "2");
  EXPECT_EQ(only(c).max_unavailable, "0");
  c = good(web("rolling_update: { maximumPercent: 200, minimumHealthyPercent: 50 }\n"));
  EXPECT_EQ(only(c).max_surge, "100%");
  EXPECT_EQ(only(c).max_unavailable, "50%");
}

TEST(Load, WrittenSteps) {
  const Config c =
      good(web("steps:\n- provision: 2\n- warm\n- smoke\n- setWeight: 20\n- pause: {duration: "
               "10m}\n- pause: {}\n"
               "- judge: { duration: 10m, success_criteria: { error_rate: \"< 1%\" } }\n"
               "- gate: { approval: true }\n- shift: 100%\n- retire\n"));
  const auto& s = only(c).steps;
  EXPECT_EQ(only(c).strategy.value, "steps");
  ASSERT_EQ(s.size(), 10u);
  EXPECT_EQ(s[0].instances, 2);
  EXPECT_EQ(s[0].who, "candidate");
  EXPECT_EQ(s[3].verb, "shift");
  EXPECT_EQ(s[3].percent, 20);
  EXPECT_EQ(s[4].verb, "gate");
  EXPECT_EQ(s[4].duration, 10min);
  EXPECT_FALSE(s[4].approval);
  EXPECT_TRUE(s[5].approval);
  EXPECT_EQ(s[6].criteria.size(), 1u);
  EXPECT_TRUE(s[7].approval);
  EXPECT_EQ(s[9].who, "stable");
}

TEST(Load, Smoke) {
  const Config c =
      good(web("smoke_tests:\n- { endpoint: /up, method: post, expectedStatus: 201 }\n"
               "deployment_strategy: { parameters: { validation: { smoke_tests: "
               "[{ endpoint: \"/${environment}\" }] } } }\n"));
  ASSERT_EQ(only(c).smoke.size(), 2u);
  EXPECT_EQ(only(c).smoke[0].method, "POST");
  EXPECT_EQ(only(c).smoke[0].expected_status, 201);
  EXPECT_EQ(only(c).smoke[1].endpoint, "/production");
}

TEST(Load, CriteriaInAllTheirShapes) {
  for (const char* text :
       {"error_rate > baseline * 1.5", "error_rate > 1.5x", "p99 > 2 × stable", "error_rate > 0.01",
        "success_rate < 0.95", "Error rate increase > 2%", "P99 Latency >= 500ms",
        "response_time > baseline", "latency_p999 > 1.5s"})
    EXPECT_EQ(
        only(good(web("deployment: { rollback_triggers: [\"" + std::string(text) + "\"] }\n")))
            .triggers.size(),
        1u)
        << text;
  for (const char* text : {"error_rate > baseline *", "error_rate > 200%", "error_rate > 0%",
                           "p99 > 5m", "p99 > 5%", "p99 > 0ms", "success_rate > 1%"})
    error(web("deployment: { rollback_triggers: [\"" + std::string(text) + "\"] }\n"));
}

TEST(Load, BothPlacesOfEnvironmentsAreMerged) {
  const std::string deployment = "deployment: { environments: { production: { replicas: ";
  EXPECT_EQ(only(good(web(deployment + "2 } } }\n"))).replicas.value, 2);
  const auto d = error(web(deployment + "2 } } }\n", "    replicas: 3\n"));
  EXPECT_EQ(d.code, "contradiction");
  EXPECT_NE(d.text.find("line 7"), std::string::npos) << d.text;
}

TEST(Load, DigestFollowsWhatIsInForceButNoSecret) {
  const std::string bytes = web("required_secrets: [KEY]\n", "    env: { LEVEL: \"${LEVEL}\" }\n");
  Sources s = given(bytes);
  s.variables = {{"KEY", "one"}, {"LEVEL", "info"}};
  const std::string first = good(s).digest;
  s.variables["KEY"] = "two";
  EXPECT_EQ(good(s).digest, first);
  s.variables["UNUSED"] = "x";
  EXPECT_EQ(good(s).digest, first);
  s.variables["LEVEL"] = "debug";
  EXPECT_NE(good(s).digest, first);
  s.variables["LEVEL"] = "info";
  s.env_files["production"] = "KEY=three\n";
  EXPECT_EQ(good(s).digest, first);
  s.env_files["production"] = "KEY=three\nMORE=1\n";
  EXPECT_NE(good(s).digest, first);
}

TEST(Load, NoticesAloneLeaveNoServiceOut) {
  std::string services = "services:\n";
  std::string places;
  for (int n = 0; n < 300; ++n) {  // each with a notice: there is no health path
    services += fmt::format("  s{}: {{ run: './server --port ${{port}}' }}\n", n);
    places += fmt::format("      s{}: {{ listen: '127.0.0.1:{}' }}\n", n, 20'000 + n);
  }
  const Config c = good(services + "environments:\n  production:\n    services:\n" + places);
  EXPECT_EQ(c.effective.size(), 300u);
}

TEST(Load, ParseDuration) {
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("90 days"), 90 * 24h);
  EXPECT_EQ(parse_duration("1h30m"), 90min);
  EXPECT_EQ(parse_duration("1.5h"), 90min);
  EXPECT_EQ(parse_duration("7d"), 7 * 24h);
  EXPECT_EQ(parse_duration("0"), Duration(0));
  EXPECT_EQ(parse_duration("10"), std::nullopt);
  EXPECT_EQ(parse_duration("10", 1ms), 10ms);
  for (const char* bad : {"", "s", "-1s", "1x", "1s2", "1e30h", "99999d", "nan", "inf", "1 2"})
    EXPECT_EQ(parse_duration(bad), std::nullopt) << bad;
}

TEST(Show, EveryValueWithItsOrigin) {
  Sources s = given(web("required_secrets: [KEY]\n", "    replicas: 3\n"));
  s.variables["KEY"] = "hunter2";
  const std::string out = show(good(s));
  EXPECT_NE(out.find("production/web\n"), std::string::npos);
  const auto line = [&](const std::string& key) {
    const auto at = out.find("  " + key + " ");
    return at == std::string::npos ? "" : out.substr(at, out.find('\n', at) - at);
  };
  EXPECT_TRUE(line("replicas").find("= 3 ") != std::string::npos) << out;
  EXPECT_TRUE(line("replicas").ends_with("# slipway.yaml:7")) << out;
  EXPECT_TRUE(line("strategy").ends_with("# default"));
  EXPECT_NE(line("env.KEY").find("(secret)"), std::string::npos);
  EXPECT_EQ(out.find("hunter2"), std::string::npos);
  EXPECT_EQ(show(good(s), "staging").find("replicas"), std::string::npos);
}

}  // namespace
}  // namespace slipway::config
