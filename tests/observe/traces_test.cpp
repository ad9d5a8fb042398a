#include "observe/traces.h"

#include <gtest/gtest.h>

#include "observe/trace.h"

namespace slipway::observe {
namespace {

TEST(Traces, ACollectorsAddress) {
  EXPECT_EQ(traces_url("http://c:4318"), "http://c:4318/v1/traces");
  EXPECT_EQ(traces_url("http://c:4318/"), "http://c:4318/v1/traces");
  EXPECT_EQ(traces_url("https://c/otlp/v1/traces"), "https://c/otlp/v1/traces");
  EXPECT_EQ(traces_url(""), "");
}

TEST(Traces, HeadersOfTheVariable) {
  EXPECT_EQ(otlp_headers("a=1, b=two%20words ,=x,c"),
            (std::vector<std::string>{"a: 1", "b: two words"}));
  EXPECT_TRUE(otlp_headers("a=x%0d%0aEvil: 1").empty());
  EXPECT_TRUE(otlp_headers("").empty());
}

Deployment one_that_was_taken_back() {
  Deployment d;
  d.number = 7;
  d.state = State::rolled_back;
  d.requested_wall = Wall(1'000s);
  d.ended_wall = Wall(1'030s);
  d.plan.to.version = "v2";
  auto& steps = d.plan.steps.edit();
  steps.resize(3);
  steps[1].verb = Verb::judge;
  steps[1].name = "initial";
  auto& progress = d.progress.edit();
  progress.resize(3);
  progress[0] = {
      .state = StepState::done, .started_wall = Wall(1'001s), .ended_wall = Wall(1'002s)};
  progress[1] = {.state = StepState::failed, .started_wall = Wall(1'002s)};
  d.story.push_back({.wall = Wall(1'030s), .type = "deployment.ended"});
  return d;
}

TEST(Trace, StepsThatBeganAreSpans) {
  const SiteId web{"web", "production"};
  const Deployment d = one_that_was_taken_back();
  const auto whole = trace_json(web, d, "1.2.3");
  const auto& spans = whole.at("resourceSpans").at(0).at("scopeSpans").at(0).at("spans").as_array();
  ASSERT_EQ(spans.size(), 3U);
  const auto& root = spans[0].as_object();
  EXPECT_EQ(root.at("startTimeUnixNano"), "1000000000000");
  EXPECT_EQ(root.at("status").at("code"), 2);
  EXPECT_FALSE(root.contains("parentSpanId"));
  EXPECT_EQ(root.at("traceId").as_string().size(), 32U);
  EXPECT_EQ(root.at("events").at(0).at("name"), "deployment.ended");
  EXPECT_EQ(spans[2].at("name"), "judge initial");
  EXPECT_EQ(spans[2].at("parentSpanId"), root.at("spanId"));
  EXPECT_EQ(spans[2].at("endTimeUnixNano"), "1030000000000") << "it ended with the deployment";
  EXPECT_EQ(spans[2].at("status").at("code"), 2);
  EXPECT_NE(spans[1].at("spanId"), spans[2].at("spanId"));
  EXPECT_EQ(whole, trace_json(web, d, "1.2.3")) << "told the same way after a restart";
}

}  // namespace
}  // namespace slipway::observe
