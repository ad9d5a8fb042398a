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

TEST(Criteria, OthersAreSaidToHoldNothing) {
  const Criteria c =
      compile_criteria({condition("User complaints or support tickets"),
                        condition("> 0.90", "cpu_utilization"), condition("memory > 80%")});
  ASSERT_EQ(c.list.size(), 1u);
  EXPECT_EQ(c.list[0].metric, Metric::external);
  ASSERT_EQ(c.warnings.size(), 3u);
  EXPECT_EQ(c.warnings[1].first, "not_measured");
  EXPECT_NE(c.warnings[1].second.find("holds nothing"), std::string::npos);
  EXPECT_TRUE(c.errors.empty());
}

TEST(Criteria, TwoReadingsAreRefusedWithBoth) {
  EXPECT_EQ(refusal(success("error_rate", "< 1")), "two_readings");
  EXPECT_EQ(refusal(success("error_rate", "1%")), "two_readings");
  EXPECT_EQ(refusal(success("p99_latency", "< 500")), "two_readings");
  EXPECT_EQ(refusal(condition("error_rate increase > 2")), "two_readings");
  EXPECT_EQ(refusal(condition("error_rate increase > 1.5x")), "two_readings");
  const auto c = compile_criteria({success("error_rate", "< 1")});
  EXPECT_NE(c.errors[0].hint.find("1%"), std::string::npos);
  EXPECT_NE(c.errors[0].hint.find("100%"), std::string::npos);
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
  EXPECT_EQ(refusal(condition("the moon is full")), "unknown_criterion");
  EXPECT_EQ(refusal(condition("checkout_errors > 5%")), "unknown_criterion");
  EXPECT_EQ(refusal(condition("")), "unknown_criterion");
}

TEST(Criteria, ARepetitionCountsOnce) {
  const Criteria c =
      compile_criteria({condition("error_rate > 5%"), condition("success_rate < 0.95"),
                        success("error_rate", "< 5%"), condition("error_rate > 6%")});
  EXPECT_EQ(c.list.size(), 2u);
}

}  // namespace
}  // namespace slipway::plan
