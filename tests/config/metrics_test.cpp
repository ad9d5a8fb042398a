// `metrics:`: sources of figures, and the criteria that name them.
#include <gtest/gtest.h>

#include "given.h"

namespace slipway::config {
namespace {

std::string prom(const std::string& more = "", const std::string& criteria = "") {
  return web("metrics:\n  checkout_errors: { source: prometheus, url: \"http://127.0.0.1:9090\", " +
             more + " }\n" + criteria);
}

TEST(Metrics, AGaugeAndItsDefaults) {
  const Config c =
      good(prom("query: 'rate(x{version=\"${version}\"}[1m])', unit: fraction, bad: up"));
  ASSERT_EQ(only(c).metrics.size(), 1u);
  const Metric& m = only(c).metrics[0];
  EXPECT_EQ(m.name, "checkout_errors");
  EXPECT_EQ(m.source, "prometheus");
  EXPECT_EQ(m.kind, "gauge");
  EXPECT_EQ(m.query, "rate(x{version=\"${version}\"}[1m])");
  EXPECT_EQ(m.unit, "fraction");
  EXPECT_EQ(m.bad, "up");
  EXPECT_EQ(m.interval, 15s);
  EXPECT_EQ(m.timeout, 5s);
  EXPECT_FALSE(m.rollback);
  EXPECT_TRUE(m.secrets.empty());
}

TEST(Metrics, EverySourceInItsShortestForm) {
  Sources s = given(web(
      "metrics:\n"
      "  a: { source: prometheus, url: \"http://p\", failed: 'f{v=\"${version}\"}', "
      "total: 't{v=\"${version}\"}', bad: up }\n"
      "  b: { source: prometheus, url: \"http://p\", histogram: 'h{v=\"${version}\"}', bad: up }\n"
      "  c: { source: http, url: \"http://h/${version}\", pointer: /rate, bad: up }\n"
      "  d: { source: sql, url: \"${REPORTS}\", query: \"select 1, 2 where v = '${version}'\", "
      "kind: counter, bad: up }\n"
      "  e: { source: command, command: [./orders, \"${version}\"], secrets: [KEY], bad: up }\n"
      "  f: { source: webhook, bad: up }\n"
      "  g: { source: datadog, query: \"avg:x{version:${version}}\", bad: up }\n"
      "  h: { source: newrelic, account: 7, query: \"SELECT 1 WHERE v = '${version}'\", bad: up }\n"
      "  i: { source: cloudwatch, region: eu-west-1, failed: \"SELECT 1 ${version}\", "
      "total: \"SELECT 2 ${version}\", bad: up }\n"));
  for (const char* name : {"REPORTS", "KEY", "DD_API_KEY", "DD_APP_KEY", "NEW_RELIC_API_KEY",
                           "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"})
    s.variables[name] = std::string("value-of-") + name;
  const Config c = good(s);
  const auto& all = only(c).metrics;
  ASSERT_EQ(all.size(), 9u);
  const char* kinds[] = {"counter", "histogram", "gauge", "counter", "gauge",
                         "count",   "gauge",     "gauge", "count"};
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].kind, kinds[i]) << all[i].name;
  EXPECT_EQ(all[3].url, "${REPORTS}");
  EXPECT_EQ(all[3].secrets, std::vector<std::string>{"REPORTS"});
  EXPECT_EQ(all[4].secrets, std::vector<std::string>{"KEY"});
  EXPECT_EQ(all[6].secrets, (std::vector<std::string>{"DD_API_KEY", "DD_APP_KEY"}));
  EXPECT_EQ(all[8].interval, 60s);
  EXPECT_EQ(all[8].delay, 120s);
  // The value of a variable is nowhere in what the file became.
  for (const auto& m : all)
    for (const auto& [key, text] : m.keys) EXPECT_EQ(text.find("value-of"), std::string::npos);
  EXPECT_EQ(show(c).find("value-of"), std::string::npos);
  EXPECT_NE(show(c).find("metrics." + only(c).metrics.at(0).name), std::string::npos);
}

TEST(Metrics, NamesOfTheFileAreFilledAndVariablesAreKept) {
  Sources s = given(
      web("metrics: { a: { source: http, url: \"http://${HOST}/${service}?v=${version}&k=${KEY}\", "
          "pointer: /x, bad: up, headers: { Authorization: \"Bearer ${TOKEN}\" } } }\n",
          "    env: { HOST: stats.internal }\n"));
  s.variables["KEY"] = "k";
  s.variables["TOKEN"] = "t";
  const Config config = good(s);
  const Metric& m = only(config).metrics.at(0);
  EXPECT_EQ(m.url, "http://stats.internal/web?v=${version}&k=${KEY}");
  EXPECT_EQ(m.headers[0].second, "Bearer ${TOKEN}");
  EXPECT_EQ(m.secrets, (std::vector<std::string>{"KEY", "TOKEN"}));

  s.variables.erase("TOKEN");
  EXPECT_EQ(errors(s).at(0).text, "Missing environment variables: TOKEN");
}

TEST(Metrics, MistakesNameTheirPlaceAndTheWayOut) {
  const std::string told = "query: 'x{v=\"${version}\"}'";
  const std::tuple<std::string, const char*, const char*> all[] = {
      {web("metrics: { a: { source: promtheus } }\n"), "bad_value", "`prometheus`"},
      {web("metrics: { a: { url: x } }\n"), "missing_key", "prometheus"},
      {web("metrics: [a]\n"), "wrong_kind", "source"},
      {prom(told + ", unit: bananas, bad: up"), "bad_value", ""},
      {prom(told + ", bad: sideways"), "bad_value", ""},
      {prom(told + ", bad: up, interval: 1ms"), "out_of_range", ""},
      {prom(told + ", bad: up, region: x"), "unknown_key", "leave it out"},
      {prom("query: up, bad: up"), "one_version", "${version}"},
      {prom("bad: up, failed: 'x{v=\"${version}\"}'"), "missing_key", "so many"},
      {prom("query: 'x{v=\"${version}${port}\"}', bad: up"), "bad_placeholder", "${version}"},
      {prom("query: 'x{v=\"${vresion}\"} ${version}', bad: up"), "missing_variables", ""},
      {prom(told + ", bad: up, color: red"), "unknown_key", ""},
      {web("metrics: { a: { source: sql, url: \"http://x\", query: \"${version}\", bad: up } }\n"),
       "bad_value", "postgresql://"},
      {web("metrics: { a: { source: http, url: \"http://x/${version}\", pointer: a.b, bad: up } "
           "}\n"),
       "bad_value", "RFC 6901"},
      {web("metrics: { error_rate: { source: webhook } }\n"), "bad_name", "such as"},
      {prom(told, "deployment: { rollback: { conditions: [\"checkout_eror > 5%\"] } }\n"),
       "unknown_metric", "`checkout_errors`"},
      {prom(told + ", unit: ms",
            "deployment: { rollback: { conditions: [\"checkout_errors > 5%\"] } }\n"),
       "invalid_value", "500ms"},
      {prom(told + ", unit: fraction, bad: up",
            "deployment: { rollback: { conditions: [\"checkout_errors < 5%\"] } }\n"),
       "wrong_direction", "bad: down"},
  };
  for (const auto& [text, code, hint] : all) {
    const auto d = error(text);
    EXPECT_EQ(d.code, code) << text << text::render(d);
    EXPECT_NE(d.hint.find(hint), std::string::npos) << text << text::render(d);
    if (d.code != std::string("missing_variables")) EXPECT_GE(d.place.line, 7) << text;
  }
}

TEST(Metrics, ASecretMayNotShowInACommand) {
  Sources s =
      given(web("metrics: { a: { source: command, command: [./x, \"${TOKEN}\"], bad: up } }\n"));
  s.variables["TOKEN"] = "t";
  EXPECT_EQ(errors(s).at(0).code, "secret_in_the_open");
}

TEST(Metrics, ComplaintsNeedNoEntry) {
  const Config c = good(fixture("001_canary_deployment.yaml"));
  ASSERT_EQ(only(c).metrics.size(), 2u);
  EXPECT_EQ(only(c).metrics[0].name, "complaints");
  EXPECT_EQ(only(c).metrics[0].source, "webhook");
  EXPECT_EQ(only(c).metrics[1].name, "tickets");
}

TEST(Metrics, WhatNobodyJudgesIsSaid) {
  EXPECT_TRUE(noted(good(prom("query: 'x{v=\"${version}\"}'")), "nothing says when"));
  EXPECT_FALSE(
      noted(good(prom("query: 'x{v=\"${version}\"}'",
                      "deployment: { rollback: { conditions: [\"checkout_errors > 100\"] } }\n")),
            "nothing says when"));
}

TEST(Metrics, OnlyTheServicesItNames) {
  const Config c = good(
      "services: { web: { run: [./w] }, api: { run: [./a] } }\n"
      "metrics: { a: { source: webhook, bad: up, services: [api] } }\n"
      "environments: { production: {} }\n");
  EXPECT_EQ(c.find("production", "web")->metrics.size(), 0u);
  EXPECT_EQ(c.find("production", "api")->metrics.size(), 1u);
}

// Requirement H1: the set of rules for `rollback: { automatic: true }` alone.
TEST(Metrics, AutomaticRollbackBringsItsOwnRules) {
  const Config c = good(fixture("003_canary_deployment.yaml"));
  const auto& t = only(c).triggers;
  ASSERT_EQ(t.size(), 4u);
  EXPECT_EQ(t[0].text, "error_rate > baseline * 1.5");
  EXPECT_EQ(t[3].text, "cpu_utilization > 0.90");
  EXPECT_EQ(t[3].place.line, 26);
  EXPECT_TRUE(noted(c, "`cpu_utilization` has no source"));
  const Config own = good(
      web("deployment: { rollback: { automatic: true, conditions: [\"error_rate > 5%\"] } }\n"));
  EXPECT_EQ(only(own).triggers.size(), 1u);
}

}  // namespace
}  // namespace slipway::config
