// The blocks of the requirement documents, byte for byte.
#include "given.h"

namespace slipway::config {
namespace {

TEST(Fixture, DeploymentNeedsItsWebhook) {
  Sources s = given(fixture("000_deployment.yaml"));
  const auto missing = errors(s);
  ASSERT_EQ(missing.size(), 1u);
  EXPECT_EQ(missing[0].text, "Missing environment variables: SLACK_WEBHOOK_URL");
  EXPECT_EQ(missing[0].place.line, 0);

  s.variables["SLACK_WEBHOOK_URL"] = "";
  EXPECT_EQ(errors(s).size(), 1u) << "empty is missing";

  s.variables["SLACK_WEBHOOK_URL"] = "https://hooks.example/1";
  const Config c = good(s);
  EXPECT_EQ(c.services, std::vector<std::string>{"shop"});
  EXPECT_EQ(c.environments, (std::vector<std::string>{"staging", "production"}));
  const Effective& e = *c.find("production", "shop");
  EXPECT_EQ(e.strategy.value, "blue_green");
  EXPECT_EQ(e.strategy.origin.line, 2);
  EXPECT_TRUE(e.canary_enabled);
  EXPECT_TRUE(e.approval.required);
  EXPECT_TRUE(e.rollback_on_failure);
  EXPECT_TRUE(c.find("staging", "shop")->auto_deploy);
  EXPECT_EQ(e.health.timeout, 30s);
  EXPECT_EQ(e.health.interval, 5s);
  EXPECT_EQ(e.health.unhealthy_threshold, 5);
  EXPECT_EQ(e.health.start_timeout, 150s);
  EXPECT_TRUE(e.run.value.empty());
  ASSERT_TRUE(noted(c, "`notifications`"));
  EXPECT_EQ(noted(c, "`notifications`")->code, "not_supported");
  EXPECT_FALSE(noted(c, "approval_required")) << "it has its effect";
  EXPECT_TRUE(noted(c, "no `service`"));
}

TEST(Fixture, Environments) {
  const Config c = good(fixture("001_environments.yaml"));
  EXPECT_EQ(c.environments.size(), 3u);
  EXPECT_EQ(c.find("production", "shop")->replicas.value, 3);
  EXPECT_EQ(c.find("staging", "shop")->values.at("database").value, "staging_postgres");
  EXPECT_TRUE(noted(c, "environments.production.auto_scaling"));
  EXPECT_TRUE(noted(c, "environments.development.resources` has no effect"));
}

void expect_phases(const Config& c) {
  const Effective& e = only(c);
  ASSERT_EQ(e.stages.size(), 4u);
  const double percents[] = {5, 25, 50, 100};
  const Duration durations[] = {30min, 30min, 1h, 5min};
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(e.stages[i].percent, percents[i]);
    EXPECT_EQ(e.stages[i].duration, durations[i]);
  }
  EXPECT_EQ(e.strategy.value, "canary") << "the only strategy section there is";
  ASSERT_EQ(e.triggers.size(), 4u);
  EXPECT_EQ(e.triggers[0].text, "Error rate increase > 2%");
  EXPECT_TRUE(e.triggers[0].bad_when_true);
  EXPECT_EQ(e.triggers[1].text, "Response time increase > 20%");
  EXPECT_TRUE(noted(c, "read as stages"));
  EXPECT_EQ(e.triggers[2].text, "complaints");
  EXPECT_EQ(e.triggers[3].text, "tickets");
}

TEST(Fixture, CanaryInSentences) {
  expect_phases(good(fixture("001_canary_deployment.yaml")));
  const Config both = good(fixture("001_canary_deployment.yaml") + web());
  expect_phases(both);
  EXPECT_EQ(only(both).service, "web");
}

TEST(Fixture, BlueGreenInSentences) {
  for (const auto& more : {std::string(), web()}) {
    const Config c = good(fixture("001_blue_green_deployment.yaml") + more);
    EXPECT_EQ(only(c).strategy.value, "blue_green");
    EXPECT_EQ(only(c).monitor, 5min);
    EXPECT_TRUE(noted(c, "`blue_green_deployment.process` is kept as a note"));
    EXPECT_TRUE(noted(c, "blue-green in effect"));
  }
}

TEST(Fixture, BlueGreenStrategy) {
  for (const auto& more : {std::string(), web()}) {
    const Config c = good(fixture("003_deployment_strategy.yaml") + more);
    const Effective& e = only(c);
    EXPECT_EQ(e.strategy.value, "blue_green");
    ASSERT_EQ(e.smoke.size(), 2u);
    EXPECT_EQ(e.smoke[0].endpoint, "/health");
    EXPECT_EQ(e.smoke[1].expected_response, "${version}");
    ASSERT_EQ(e.triggers.size(), 2u);
    EXPECT_EQ(e.triggers[1].metric, "response_time");
    EXPECT_EQ(e.triggers[1].text, "> 1000ms");
    ASSERT_TRUE(noted(c, "cannot hold for DNS"));
    EXPECT_EQ(noted(c, "cannot hold for DNS")->place.line, 15);
    EXPECT_TRUE(noted(c, "target_group_swap"));
  }
}

TEST(Fixture, CanaryStages) {
  for (const auto& more : {std::string(), web()}) {
    const Config c = good(fixture("003_canary_deployment.yaml") + more);
    const Effective& e = only(c);
    ASSERT_EQ(e.stages.size(), 3u);
    EXPECT_EQ(e.stages[1].duration, 30min);
    EXPECT_EQ(e.stages[2].duration, 1h);
    ASSERT_EQ(e.stages[2].criteria.size(), 2u) << "those of the stage before";
    EXPECT_EQ(e.stages[2].criteria[0].place.line, 13);
    EXPECT_FALSE(e.stages[2].criteria[0].bad_when_true);
    EXPECT_TRUE(noted(c, "`cpu_utilization` has no source"));
  }
}

TEST(Fixture, StagesInMilliseconds) {
  const Config c = good(given(fixture("000_canary_stages.ts"), "000_canary_stages.ts"));
  const Effective& e = only(c);
  ASSERT_EQ(e.stages.size(), 4u);
  EXPECT_EQ(e.stages[0].duration, 10min);
  EXPECT_EQ(e.stages[2].duration, 1h);
  EXPECT_EQ(e.stages[3].duration, 5min) << "0 at 100 % is the bake";
}

TEST(Fixture, ScriptsOfEnvironmentsAndSecrets) {
  Sources s = given(fixture("000_environment_configs.ts"), "e.ts");
  EXPECT_EQ(errors(s)[0].text,
            "Missing environment variables: STAGING_DATABASE_URL, STAGING_REDIS_URL, DATABASE_URL, "
            "REDIS_URL");
  for (const char* n : {"STAGING_DATABASE_URL", "STAGING_REDIS_URL", "DATABASE_URL", "REDIS_URL"})
    s.variables[n] = "x://" + std::string(n);
  const Config c = good(s);
  EXPECT_EQ(c.find("staging", "shop")->values.at("database").value, "x://STAGING_DATABASE_URL");
  EXPECT_EQ(c.find("development", "shop")->values.at("apiUrl").value, "http://localhost:4000");

  EXPECT_EQ(errors(given(fixture("000_required_secrets.ts"), "r.ts"))[0].text,
            "Missing environment variables: DATABASE_URL, REDIS_URL, JWT_SECRET, OPENAI_API_KEY, "
            "ANTHROPIC_API_KEY, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY");
}

TEST(Foreign, IsNamedAsWhatItIs) {
  const std::pair<const char*, const char*> files[] = {
      {"004_k8s_deployment.yaml", "a Kubernetes manifest (Deployment)"},
      {"004_docker-compose.yaml", "a docker-compose file"},
      {"003_argo_rollout.yaml", "an Argo Rollout"},
      {"003_flagger_canary.yaml", "a Flagger Canary"},
      {"000_github_workflow.yaml", "a GitHub Actions workflow"},
      {"003_codedeploy_appspec.json", "a CodeDeploy AppSpec"}};
  for (const auto& [name, what] : files) {
    const auto all = errors(given(fixture(name), name));
    ASSERT_EQ(all.size(), 1u) << name << text::render(all);
    EXPECT_EQ(all[0].code, "foreign_file") << text::render(all[0]);
    EXPECT_NE(all[0].text.find(what), std::string::npos) << all[0].text;
    EXPECT_EQ(all[0].hint, std::string("slipway import ") + name);
  }
}

TEST(Foreign, AlsoWithSeveralDocuments) {
  const auto all = errors(given("apiVersion: v1\nkind: Service\n---\napiVersion: v1\nkind: Pod\n"));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].code, "foreign_file");
}

TEST(Later, IsRefusedByNameAndPlace) {
  const auto all = errors(given(fixture("003_chaos_experiments.yaml")));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].code, "not_supported");
  EXPECT_EQ(all[0].text, "`chaos_experiments` is not supported yet");
  EXPECT_EQ(all[0].place.line, 1);
}

}  // namespace
}  // namespace slipway::config
