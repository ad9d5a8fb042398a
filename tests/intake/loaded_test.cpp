// From the bytes of a configuration to a plan, by the real loader.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "intake/intake.h"

namespace slipway::intake {
namespace {

std::expected<Plan, Refusal> plan_of(const std::string& rest, Request r = {}) {
  config::Sources sources;
  sources.folder = "/srv/shop";
  sources.bytes = R"(
service:
  name: web
  run: ./releases/${version}/server --port ${port}
  health: { path: /up }
environments:
  production:
    listen: 127.0.0.1:8080
    replicas: 4
)" + rest;
  const auto config = config::load(sources);
  if (!config) {
    ADD_FAILURE() << text::render(config.error());
    return std::unexpected(Refusal{});
  }
  Site site;
  site.id = {"web", "production"};
  site.serving = 1;
  site.copies[1] = Copy{.number = 1, .release = {"web", "v1", "", ""}, .wanted = 4};
  r.environment = "production";
  if (r.version.empty()) r.version = "v2";
  const auto admitted = admit(r, *config, [&](const SiteId&) { return &site; });
  if (!admitted) return std::unexpected(admitted.error());
  return compile(admitted->request, *config, site, {.digest = "sha256:two"});
}

TEST(Loaded, TheLeastFileIsABlueGreenRelease) {
  const auto plan = plan_of("");
  ASSERT_TRUE(plan) << plan.error().text;
  EXPECT_EQ(plan->strategy, Strategy::blue_green);
  EXPECT_EQ(plan->replicas, 4);
  EXPECT_EQ(plan->spec->artifact, "./releases/v2");
  EXPECT_EQ(plan->spec->argv.at(0), "./releases/v2/server --port ${port}");
  EXPECT_TRUE(plan->spec->shell);
  EXPECT_EQ(plan->spec->directory, "/srv/shop");
  EXPECT_EQ(plan->steps.size(), 6u);
  EXPECT_EQ(plan->route.health_path, "/up");
}

TEST(Loaded, ACanaryWithItsCriteria) {
  const auto plan = plan_of(R"(
canary_deployment:
  stages:
    - { name: initial, traffic_percentage: 5, duration: 10m,
        success_criteria: { error_rate: "< 1%", p99_latency: "< 500ms" } }
    - { name: final, traffic_percentage: 100, duration: 1h }
  rollback: { automatic: true }
)");
  ASSERT_TRUE(plan) << plan.error().text;
  EXPECT_EQ(plan->strategy, Strategy::canary);
  std::vector<analysis::Charge> charges;
  for (const Step& s : plan->steps)
    if (s.verb == Verb::judge) charges.push_back(s.charge);
  ASSERT_EQ(charges.size(), 2u);
  ASSERT_EQ(charges[0].criteria.size(), 7u) << "as written, and beside stable by default";
  EXPECT_EQ(charges[0].criteria[0].limit, 0.01);
  EXPECT_EQ(charges[0].dwell, Duration(10min));
  EXPECT_EQ(charges[1].latency_limits_us, std::vector<double>{500'000});
  EXPECT_TRUE(charges[1].bake);
}

TEST(Loaded, SentencesOfATriggerList) {
  const auto plan = plan_of(R"(
canary_deployment:
  phases:
    phase_1: "Deploy to 5% of users"
    phase_2: "Monitor key metrics for 30 minutes"
    phase_3: "Expand to 25% of users if metrics are healthy"
    phase_4: "Continue to 50%, then 100% based on performance"
  rollback_triggers:
    - "Error rate increase > 2%"
    - "Response time increase > 20%"
    - "User complaints or support tickets"
)");
  ASSERT_TRUE(plan) << plan.error().text;
  for (const Step& s : plan->steps) {
    if (s.verb != Verb::judge) continue;
    ASSERT_GE(s.charge->criteria.size(), 2u);
    EXPECT_EQ(s.charge->criteria[0].compare, analysis::Compare::increase);
    EXPECT_EQ(s.charge->criteria[1].metric, analysis::Metric::latency);
  }
}

TEST(Loaded, AnotherStrategyOfTheRequest) {
  const auto plan = plan_of("", {.strategy = "rolling"});
  ASSERT_TRUE(plan) << plan.error().text;
  EXPECT_EQ(plan->strategy, Strategy::rolling);
  EXPECT_EQ(plan->floor, 3);
}

}  // namespace
}  // namespace slipway::intake
