#include "plan/criteria.h"

#include <gtest/gtest.h>

#include "effective.h"

namespace slipway::plan {
namespace {

using analysis::Compare;
using analysis::Criterion;
using analysis::Metric;

Criterion one(const config::CriterionText& text) {
  const Criteria c = compile_criteria({text});
  for (const auto& e : c.errors) ADD_FAILURE() << e.text;
  EXPECT_EQ(c.list.size(), 1u) << text.metric << text.text;
  return c.list.empty() ? Criterion{} : c.list.front();
}

std::string refusal(const config::CriterionText& text) {
  const Criteria c = compile_criteria({text});
  EXPECT_TRUE(c.list.empty()) << text.metric << text.text;
  if (c.errors.size() != 1) return "";
  EXPECT_EQ(c.errors[0].place.line, text.place.line);
  EXPECT_FALSE(c.errors[0].hint.empty());
  return c.errors[0].code;
}

void expect(const Criterion& c, Metric metric, Compare compare, double limit) {
  EXPECT_EQ(c.metric, metric);
  EXPECT_EQ(c.compare, compare);
  EXPECT_NEAR(c.limit, limit, 1e-12);
}

TEST(Criteria, AbsoluteRates) {
  for (const char* text : {"< 1%", "<1%", "<= 1 %", "< 0.01"})
    expect(one(success("error_rate", text)), Metric::error_rate, Compare::absolute, 0.01);
  expect(one(condition("> 5%", "error_rate")), Metric::error_rate, Compare::absolute, 0.05);
  expect(one(condition("error_rate > 5%")), Metric::error_rate, Compare::absolute, 0.05);
  expect(one(condition("Error Rate > 5%")), Metric::error_rate, Compare::absolute, 0.05);
  const Criterion c = one(success("error_rate", "< 1%"));
  EXPECT_EQ(c.text, "< 1%");
  EXPECT_EQ(c.origin, "slipway.yaml:31");
  EXPECT_TRUE(c.both_sides);
  EXPECT_FALSE(one(condition("> 5%", "error_rate")).both_sides);
}

TEST(Criteria, SuccessRatesAreErrorRates) {
  expect(one(condition("success_rate < 0.95")), Metric::error_rate, Compare::absolute, 0.05);
  expect(one(condition("< 95%", "success_rate")), Metric::error_rate, Compare::absolute, 0.05);
  expect(one(success("success_rate", "> 99%")), Metric::error_rate, Compare::absolute, 0.01);
}

TEST(Criteria, Latencies) {
  for (const char* name :
       {"p99_latency", "latency_p99", "p99", "P99 latency", "p99-response-time"}) {
    const Criterion c = one(success(name, "< 500ms"));
    expect(c, Metric::latency, Compare::absolute, 500);
    EXPECT_NEAR(c.quantile, 0.99, 1e-12) << name;
    EXPECT_EQ(c.name, "p99_latency");
  }
  for (const char* name : {"response_time", "latency"}) {
    const Criterion c = one(condition("> 1000ms", name));
    expect(c, Metric::latency, Compare::absolute, 1000);
    EXPECT_EQ(c.quantile, 0.5);
  }
  expect(one(condition("p90_latency > 1.5s")), Metric::latency, Compare::absolute, 1500);
  EXPECT_NEAR(one(condition("p999 > 2s")).quantile, 0.999, 1e-12);
}

TEST(Criteria, RelativeToStable) {
  for (const char* text :
       {"error_rate > baseline * 1.5", "error_rate > 1.5x baseline", "error_rate > 1.5 * baseline",
        "error_rate > baseline × 1.5", "error_rate > stable * 1.5", "error_rate > 1.5x"})
    expect(one(condition(text)), Metric::error_rate, Compare::ratio, 1.5);
  expect(one(condition("p99 > 2x")), Metric::latency, Compare::ratio, 2);
  expect(one(condition("latency_p99 > baseline * 2.0")), Metric::latency, Compare::ratio, 2);
}

TEST(Criteria, IncreasesArePointsOfRatesAndRelativeOfTimes) {
  expect(one(condition("Error rate increase > 2%")), Metric::error_rate, Compare::increase, 0.02);
  const Criterion c = one(condition("Response time increase > 20%"));
  expect(c, Metric::latency, Compare::increase, 0.2);
  EXPECT_EQ(c.text, "increase > 20%");
  EXPECT_EQ(c.quantile, 0.5);
}

TEST(Criteria, WhatHasNoSourceIsSaidToHoldNothing) {
  const Criteria c =
      compile_criteria({condition("User complaints or support tickets"),
                        condition("> 0.90", "cpu_utilization"), condition("memory > 80%")});
  EXPECT_TRUE(c.list.empty());
  EXPECT_TRUE(c.queries.empty());
  ASSERT_EQ(c.warnings.size(), 4u);
  EXPECT_EQ(c.warnings[2].first, "not_measured");
  EXPECT_NE(c.warnings[2].second.find("holds nothing"), std::string::npos);
  EXPECT_TRUE(c.errors.empty());
}

config::Metric metric(const std::string& name, const std::string& kind, const std::string& unit,
                      const std::string& bad) {
  config::Metric m;
  m.name = name;
  m.source = "prometheus";
  m.kind = kind;
  m.unit = unit;
  m.bad = bad;
  m.interval = 15s;
  m.timeout = 5s;
  m.secrets = {"TOKEN"};
  m.place = {"slipway.yaml", 50, 3, 1};
  return m;
}

TEST(Criteria, MetricsOfOnesOwn) {
  const auto counter = metric("checkout_errors", "counter", "", "up");
  Criteria c = compile_criteria({condition("checkout_errors > 5%")}, {counter});
  ASSERT_EQ(c.list.size(), 1u);
  expect(c.list[0], Metric::external, Compare::absolute, 0.05);
  EXPECT_EQ(c.list[0].source, "checkout_errors");
  EXPECT_EQ(c.list[0].fresh, 60s);
  ASSERT_EQ(c.queries.size(), 1u);
  EXPECT_EQ(c.queries[0].name, "checkout_errors");
  EXPECT_EQ(c.queries[0].kind, MetricKind::counter);
  ASSERT_EQ(c.queries[0].secrets.size(), 1u);
  EXPECT_EQ(c.queries[0].secrets[0].name, "TOKEN");

  // Two criteria of one metric ask it once.
  c = compile_criteria({condition("checkout_errors > 5%"), condition("checkout_errors > 2x")},
                       {counter});
  EXPECT_EQ(c.list.size(), 2u);
  EXPECT_EQ(c.queries.size(), 1u);

  const auto gauge = metric("throughput", "gauge", "", "down");
  c = compile_criteria({condition("throughput decrease > 20%")}, {gauge});
  expect(c.list.at(0), Metric::gauge, Compare::increase, -0.2);
  EXPECT_TRUE(c.list[0].bad_below);
  EXPECT_FALSE(c.list[0].rollback);

  const auto slow = metric("pay_time", "gauge", "s", "up");
  c = compile_criteria({success("pay_time", "< 500ms")}, {slow});
  expect(c.list.at(0), Metric::gauge, Compare::absolute, 500);
  EXPECT_EQ(c.queries.at(0).scale, 1000);
  EXPECT_TRUE(c.list[0].both_sides);
}

TEST(Criteria, AMetricThatNobodyNamesIsJudgedByWhatIsUsual) {
  const auto up = metric("checkout_errors", "counter", "", "up");
  const auto down = metric("throughput", "gauge", "", "down");
  Criteria c = compile_criteria({}, {up, down});
  ASSERT_EQ(c.list.size(), 2u);
  expect(c.list[0], Metric::external, Compare::ratio, 1.5);
  expect(c.list[1], Metric::gauge, Compare::increase, -0.25);
  EXPECT_EQ(c.list[0].origin, "slipway.yaml:50");
  EXPECT_TRUE(compile_criteria({}, {up, down}, false).list.empty()) << "`defaults: off`";
  EXPECT_TRUE(compile_criteria({}, {metric("x", "gauge", "", "")}).list.empty());
}

// Each criterion on a histogram counts beyond a bound of its own.
TEST(Criteria, HistogramsAreRatesBeyondABound) {
  auto m = metric("pay_time", "histogram", "", "up");
  m.quantile = 0.95;
  const Criteria c =
      compile_criteria({condition("pay_time > 500ms"), condition("pay_time > 2x baseline")}, {m});
  ASSERT_EQ(c.list.size(), 2u);
  expect(c.list[0], Metric::external, Compare::absolute, 0.05);
  expect(c.list[1], Metric::external, Compare::increase, 0);
  ASSERT_EQ(c.queries.size(), 2u);
  EXPECT_EQ(c.queries[0].limit, 500);
  EXPECT_EQ(c.queries[0].scale, 1000) << "seconds, unless a unit is written";
  EXPECT_EQ(c.queries[1].limit, 0);
  EXPECT_EQ(c.queries[1].factor, 2);
  EXPECT_NE(c.list[0].source, c.list[1].source);
}

TEST(Criteria, TwoReadingsAreRefusedWithBoth) {
  EXPECT_EQ(refusal(success("error_rate", "< 1")), "two_readings");
  EXPECT_EQ(refusal(success("error_rate", "1%")), "two_readings");
  EXPECT_EQ(refusal(success("p99_latency", "< 500")), "two_readings");
  EXPECT_EQ(refusal(condition("error_rate increase > 2")), "two_readings");
  EXPECT_EQ(refusal(condition("error_rate increase > 1.5x")), "two_readings");
  const auto c = compile_criteria({success("error_rate", "< 1")});
  EXPECT_NE(c.errors[0].text.find("as 1% or as 100%"), std::string::npos) << c.errors[0].text;
}

TEST(Criteria, NonsenseIsRefused) {
  EXPECT_EQ(refusal(success("error_rate", "> 5%")), "wrong_direction");
  EXPECT_EQ(refusal(condition("error_rate < 5%")), "wrong_direction");
  EXPECT_EQ(refusal(condition("success_rate > 99%")), "wrong_direction");
  EXPECT_EQ(refusal(condition("error_rate > 0%")), "out_of_range");
  EXPECT_EQ(refusal(condition("error_rate > 100%")), "out_of_range");
  EXPECT_EQ(refusal(condition("error_rate > banana")), "invalid_value");
  EXPECT_EQ(refusal(condition("error_rate > baseline * 0.5")), "out_of_range");
  EXPECT_EQ(refusal(condition("p99 > -5ms")), "invalid_value");
  EXPECT_EQ(refusal(condition("p99 > nanms")), "invalid_value");
  EXPECT_EQ(refusal(condition("response_time increase > 100ms")), "invalid_value");
  EXPECT_EQ(refusal(condition("the moon is full")), "unknown_sentence");
  EXPECT_EQ(refusal(condition("checkout_errors > 5%")), "unknown_criterion");
  EXPECT_EQ(refusal(condition("")), "unknown_sentence");
}

TEST(Criteria, ARepetitionCountsOnce) {
  const Criteria c =
      compile_criteria({condition("error_rate > 5%"), condition("success_rate < 0.95"),
                        success("error_rate", "< 5%"), condition("error_rate > 6%")});
  EXPECT_EQ(c.list.size(), 2u);
}

}  // namespace
}  // namespace slipway::plan
