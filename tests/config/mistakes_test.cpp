// What is refused, where, and what to write instead.
#include "config/schema.h"
#include "given.h"

namespace slipway::config {
namespace {

struct Mistake {
  std::string bytes, code;
  int line;
  std::string hint;  // a part of it
};

std::vector<Mistake> mistakes() {
  return {
      {web("deploymnet: {}\n"), "unknown_key", 7, "`deployment`"},
      {web("", "    replcias: 2\n"), "unknown_key", 7, "`replicas`"},
      {web("zzz: 1\n"), "unknown_key", 7, ""},
      {web("deployment: { when_busy: qeue }\n"), "bad_value", 7, "`queue`"},
      {web("", "    replicas: 0\n"), "bad_value", 7, ""},
      {web("", "    maxReplicas_x: [1]\n"), "wrong_kind", 7, "name of its own"},
      {web("rolling: { maxSurge: 1, max_surge: 2 }\n"), "duplicate_key", 7, "one of them"},
      {web("deployment: { strategy: canry }\n"), "bad_value", 7, "`canary`"},
      {web("deployment: { strategy: ab_test }\n"), "not_supported", 7, ""},
      {web("", "    platform: kubernetes\n"), "not_supported", 7, "local"},
      {web("", "    router: nginx\n"), "not_supported", 7, "haproxy"},
      {web("", "    router: haprxy\n"), "bad_value", 7, "`haproxy`"},
      {web("", "    windows: { allow: [x] }\n"), "not_supported", 7, ""},
      {web("", "    tls: {}\n"), "not_supported", 7, ""},
      {web("sla_metrics: {}\n"), "not_supported", 7, ""},
      {web("", "    after: prodution\n"), "unknown_environment", 7, "`production`"},
      {web("", "    after: production\n"), "cycle", 7, ""},
      {web("canary_deployment: { stages: [{ traffic: 500 }] }\n"), "out_of_range", 7, "5 % of"},
      {web("canary_deployment: { stages: [{ traffic: 0.5 }] }\n"), "two_readings", 7, "50%"},
      {web("canary_deployment: { stages: [{ traffic: 5, duration: 10 }] }\n"), "two_readings", 7,
       "10s or 10ms"},
      {web("canary_deployment: { stages: [{ traffic: 50 }, { traffic: 5 }] }\n"), "out_of_order", 7,
       "larger"},
      {web("canary_deployment: { stages: [{ traffic: 5 }], phases: [x] }\n"), "both_written", 7,
       ""},
      {web("canary_deployment: { phases: [\"Be careful\"] }\n"), "unknown_sentence", 7,
       "`stages:`"},
      {web("blue_green_deployment: { process: [\"Hope\"] }\n"), "unknown_sentence", 7,
       "monitor: 5m"},
      {web("blue_green_deployment: { monitor: 5 }\n"), "two_readings", 7, "5s or 5ms"},
      {web("blue_green_deployment: { rollback_triggers: [\"error_rate > 1\"] }\n"), "two_readings",
       7, "> 1%"},
      {web("canary_deployment: { success_criteria: { error_rate: \"< 1\" } }\n"), "two_readings", 7,
       "\"< 1%\" or, as a fraction, \"< 0.01\""},
      {web("canary_deployment: { success_criteria: { p99_latency: \"< 500\" } }\n"), "two_readings",
       7, "500ms"},
      {web("canary_deployment: { success_criteria: { error_rate: \"1%\" } }\n"), "two_readings", 7,
       "< 1%"},
      {web("canary_deployment: { success_criteria: { error_rate: \"> 1%\" } }\n"),
       "wrong_direction", 7, "round"},
      {web("canary_deployment: { success_criteria: { eror_rate: \"< 1%\" } }\n"), "unknown_metric",
       7, "`error_rate`"},
      {web("deployment: { rollback: { conditions: [\"pigs fly\"] } }\n"), "unknown_sentence", 7,
       ""},
      {web("deployment: { strategy: canary, steps: [smoke] }\n"), "both_written", 7, ""},
      {web("deployment: { strategy: steps }\n"), "missing_key", 7, ""},
      {web("deployment: { strategy: canary }\ndeployment_strategy: { type: blue_green }\n"),
       "contradiction", 8, "agree"},
      {web("steps: [{ shift: 5, judge: 5m }]\n"), "wrong_kind", 7, "`-`"},
      {web("steps: [migrate]\n"), "not_supported", 7, ""},
      {web("rolling: { maxSurge: 0, maxUnavailable: 0% }\n"), "contradiction", 7, "raise"},
      {web("recreate: {}\n", "    canary_enabled: true\n    strategy: recreate\n"), "contradiction",
       7, "blue_green"},
      {web("analysis: { on_no_data: hodl }\n"), "bad_value", 7, "`hold`"},
      {web("versions: semantik\n"), "bad_value", 7, "`semantic`"},
      {web("", "    services: { wbe: {} }\n"), "unknown_key", 7, "`web`"},
      {web("", "  staging: { listen: 127.0.0.1:8080 }\n"), "conflict", 7, "hosts"},
      {web("", "    health: { path: up }\n"), "bad_value", 7, "/up"},
      {web("", "    stop: { signal: TREM }\n"), "bad_value", 7, "TERM"},
      {"", "wrong_kind", 1, "service"},
      {"- a\n", "wrong_kind", 1, "service"},
      {"service: { run: x }\nservices: { a: {} }\n", "both_written", 2, ""},
      {"environments: { \"a/b\": {} }\n", "bad_name", 1, "letters"},
      {"service: { labels: {} }\n", "not_supported", 1, ""},
  };
}

TEST(Mistakes, EachHasItsPlaceAndRemedy) {
  for (const auto& m : mistakes()) {
    const auto found = errors(given(m.bytes));
    ASSERT_FALSE(found.empty()) << m.bytes;
    EXPECT_EQ(found[0].code, m.code) << m.bytes << text::render(found);
    EXPECT_EQ(found[0].place.line, m.line) << m.bytes << text::render(found);
    EXPECT_NE(found[0].hint.find(m.hint), std::string::npos) << text::render(found);
    EXPECT_TRUE(m.bytes.empty() || !found[0].excerpt.empty()) << m.bytes;
  }
}

TEST(Mistakes, AllAtOnce) {
  const auto all = errors(given(
      web("deploymnet: {}\nchaos_experiments: {}\n", "    replicas: many\n    strategy: canry\n")));
  EXPECT_EQ(all.size(), 4u) << text::render(all);
}

TEST(Mistakes, ManyEnvironmentsSayEachOnce) {
  std::string bytes = "service: { name: w, run: \"${nope}\" }\nenvironments:\n";
  for (int i = 0; i < 50; ++i) bytes += "  e" + std::to_string(i) + ": {}\n";
  EXPECT_EQ(errors(given(bytes)).size(), 1u);
}

TEST(Mistakes, NeverMoreThanTheLimit) {
  std::string bytes = web();
  for (int i = 0; i < 500; ++i) bytes += "qq" + std::to_string(i) + ": 1\n";
  const auto all = load(given(bytes));
  ASSERT_FALSE(all);
  EXPECT_LE(all.error().size(), 100u);
}

TEST(Mistakes, PairsAreBounded) {
  std::string bytes = "services:\n";
  for (int i = 0; i < 40; ++i) bytes += "  s" + std::to_string(i) + ": { run: x }\n";
  bytes += "environments:\n";
  for (int i = 0; i < 40; ++i) bytes += "  e" + std::to_string(i) + ": {}\n";
  EXPECT_EQ(errors(given(bytes))[0].code, "too_many");
}

TEST(Reference, LoadsAndNamesEveryKey) {
  const std::string text = read(std::string(SLIPWAY_SOURCE_DIR) + "/src/config/reference.yaml");
  Sources s = given(text, "reference.yaml");
  s.variables["SESSION_KEY"] = "x";
  const Config c = good(s);
  EXPECT_EQ(c.find("production", "web")->replicas.value, 3);
  for (const auto& section : sections())
    for (const auto& key : section.keys) {
      if (key.use == Use::later) continue;
      const bool named = text.find(key.name + ":") != std::string::npos ||
                         text.find("also: " + key.name) != std::string::npos ||
                         text.find(", " + key.name) != std::string::npos ||
                         text.find("- " + key.name + "\n") != std::string::npos ||
                         text.find("- " + key.name + " ") != std::string::npos;
      EXPECT_TRUE(named) << section.name << "." << key.name;
    }
}

}  // namespace
}  // namespace slipway::config
