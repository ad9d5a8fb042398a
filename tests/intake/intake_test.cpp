#include "intake/intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "intake/version.h"

namespace slipway::intake {
namespace {

using testing::HasSubstr;

config::Effective effective(const std::string& environment, const std::string& service) {
  config::Effective e;
  e.service = service;
  e.environment = environment;
  e.folder = "/srv";
  e.run.value = {"./releases/${version}/server", "--port", "${port}"};
  e.listen.value = "127.0.0.1:8080";
  e.replicas.value = 2;
  e.strategy.value = "canary";
  return e;
}

// One project, and what its sites are.
struct House {
  config::Config config;
  std::map<SiteId, Site> sites;

  explicit House(std::vector<std::string> services = {"web"}) {
    config.services = services;
    config.environments = {"staging", "production"};
    config.digest = "sha256:revision";
    for (const auto& e : config.environments)
      for (const auto& s : services) config.effective[{e, s}] = effective(e, s);
  }

  config::Effective& web() { return config.effective.at({"production", "web"}); }

  FindSite find() {
    return [this](const SiteId& id) -> const Site* {
      const auto found = sites.find(id);
      return found == sites.end() ? nullptr : &found->second;
    };
  }

  // The releases that succeeded, the newest serves with two ready instances.
  Site& ran(std::vector<std::string> versions, const std::string& environment = "production") {
    Site& site = sites[{"web", environment}];
    site.id = {"web", environment};
    std::uint32_t number = 0;
    for (const auto& v : versions) {
      const Release release{"web", v, "sha256:" + v, ""};
      Past past{.number = ++number, .release = release};
      past.spec.edit().argv = {"old-" + v};
      past.spec.edit().artifact = "releases/" + v;
      past.spec.edit().digest = release.digest;
      site.past.push_back(past);
      site.digests.emplace_back(v, release.digest);
      site.copies[number] =
          Copy{.number = number, .release = release, .spec = past.spec, .wanted = 2};
      for (std::uint32_t i = 1; i <= 2; ++i) {
        const std::uint32_t id = number * 10 + i;
        site.instances[id] = Instance{.id = id, .copy = number, .phase = InstancePhase::ready};
      }
      if (v != versions.back()) site.copies[number].warm_until = Instant(std::chrono::hours(1));
    }
    site.serving = number;
    return site;
  }

  auto admit(const Request& r) { return intake::admit(r, config, find()); }
};

Request deploy(const std::string& version = "v2") {
  return {.act = Act::deploy, .environment = "production", .version = version};
}

Request rollback(const std::string& to = "") {
  return {.act = Act::rollback, .environment = "production", .version = to};
}

TEST(Admit, FillsTheRequestAndSaysWhatToLookAt) {
  House house;
  const auto a = house.admit(deploy());
  ASSERT_TRUE(a) << a.error().text;
  EXPECT_EQ(a->site, (SiteId{"web", "production"}));
  EXPECT_EQ(a->request.service, "web");
  EXPECT_EQ(a->request.strategy, "canary");
  EXPECT_EQ(a->request.when_busy, WhenBusy::queue);
  EXPECT_EQ(a->look.artifact, "./releases/v2");
  EXPECT_EQ(a->look.argv.at(0), "./releases/v2/server");
  EXPECT_EQ(a->look.directory, "/srv");
}

TEST(Admit, UnknownNamesSuggestTheNearest) {
  House house;
  Request r = deploy();
  r.environment = "prodution";
  auto a = house.admit(r);
  ASSERT_FALSE(a);
  EXPECT_EQ(a.error().code, "unknown_environment");
  EXPECT_EQ(a.error().http, 422);
  EXPECT_THAT(a.error().mistakes.at(0).hint, HasSubstr("`production`"));
  EXPECT_THAT(a.error().mistakes.at(0).rendered, HasSubstr("error: there is no environment"));
  r = deploy();
  r.service = "wep";
  a = house.admit(r);
  ASSERT_FALSE(a);
  EXPECT_EQ(a.error().code, "unknown_service");
  EXPECT_THAT(a.error().mistakes.at(0).hint, HasSubstr("`web`"));
  r = deploy();
  r.environment = "";
  EXPECT_EQ(house.admit(r).error().code, "environment_needed");
}

TEST(Admit, SeveralServicesNeedAName) {
  House house({"web", "api"});
  const Refusal needed = house.admit(deploy()).error();
  EXPECT_EQ(needed.code, "service_needed");
  EXPECT_THAT(needed.mistakes.at(0).hint, HasSubstr("not supported yet"));
  Request r = deploy();
  r.environment = "production/api";
  const auto a = house.admit(r);
  ASSERT_TRUE(a);
  EXPECT_EQ(a->site, (SiteId{"api", "production"}));
}

TEST(Admit, Versions) {
  House house;
  for (const char* good : {"v2", "1.4.0", "0a1b2c3d", "1.0.0-rc.1+b_7"})
    EXPECT_TRUE(house.admit(deploy(good))) << good;
  for (const char* bad : {"-v2", ".1", "a b", "a/b", "v2\n", "ü"})
    EXPECT_EQ(house.admit(deploy(bad)).error().code, "invalid_version") << bad;
  EXPECT_TRUE(is_version(std::string(128, 'a')));
  EXPECT_FALSE(is_version(std::string(129, 'a')));
  EXPECT_EQ(house.admit(deploy("")).error().code, "version_needed");

  house.web().versions_semantic = true;
  EXPECT_TRUE(house.admit(deploy("1.4.0")));
  EXPECT_EQ(house.admit(deploy("0a1b2c3d")).error().code, "invalid_version");
}

TEST(Admit, SemanticVersions) {
  for (const char* good : {"1.0.0", "v1.2.3", "0.0.0", "1.0.0-alpha.1", "1.0.0-0.3.7", "1.0.0--",
                           "1.0.0+001", "1.0.0-rc.1+exp.sha-5114f85"})
    EXPECT_TRUE(is_semantic(good)) << good;
  for (const char* bad : {"1", "1.2", "1.2.3.4", "01.2.3", "1.2.3-01", "1.2.3-", "1.2.3+", "1..3",
                          "1.2.x", "", "v", "1.2.3-a..b"})
    EXPECT_FALSE(is_semantic(bad)) << bad;
}

TEST(Admit, MissingSecretsToTheLetter) {
  House house;
  house.web().missing = {"DATABASE_URL", "API_KEY"};
  const auto a = house.admit(deploy());
  ASSERT_FALSE(a);
  EXPECT_EQ(a.error().code, "missing_secrets");
  EXPECT_EQ(a.error().text, "Missing environment variables: DATABASE_URL, API_KEY");
}

TEST(Admit, WhatIsNotSupportedIsNamed) {
  House house;
  Request r = deploy();
  r.strategy = "shadow";
  auto a = house.admit(r);
  ASSERT_FALSE(a);
  EXPECT_EQ(a.error().code, "not_supported");
  EXPECT_EQ(a.error().http, 501);
  EXPECT_EQ(a.error().mistakes.at(0).at, "--strategy");
  r.strategy = "canari";
  a = house.admit(r);
  EXPECT_EQ(a.error().code, "unknown_strategy");
  EXPECT_THAT(a.error().mistakes.at(0).hint, HasSubstr("`canary`"));
  r.strategy = "blueGreen";
  EXPECT_EQ(house.admit(r)->request.strategy, "blue_green");

  house.web().platform = "kubernetes";
  house.web().origins["platform"] = {"slipway.yaml", 7, 15, 10};
  a = house.admit(deploy());
  ASSERT_FALSE(a);
  EXPECT_EQ(a.error().http, 501);
  EXPECT_EQ(a.error().mistakes.at(0).at, "slipway.yaml:7:15");
  EXPECT_THAT(a.error().text, HasSubstr("kubernetes"));
}

TEST(Admit, AServiceMustSayHowItRuns) {
  House house;
  house.web().run.value.clear();
  EXPECT_EQ(house.admit(deploy()).error().code, "no_run");
}

TEST(Admit, AfterAnotherEnvironment) {
  House house;
  house.web().after = "staging";
  auto a = house.admit(deploy());
  ASSERT_FALSE(a);
  EXPECT_EQ(a.error().code, "not_released_before");
  EXPECT_EQ(a.error().http, 409);
  house.ran({"v1"}, "staging");
  EXPECT_FALSE(house.admit(deploy()));
  house.ran({"v1", "v2"}, "staging");
  EXPECT_TRUE(house.admit(deploy()));
}

TEST(Admit, RollbackNeedsSomethingToGoBackTo) {
  House house;
  EXPECT_EQ(house.admit(rollback()).error().code, "nothing_to_roll_back_to");
  Site& site = house.ran({"v1"});
  EXPECT_EQ(house.admit(rollback()).error().code, "nothing_to_roll_back_to");
  site.live.emplace();  // a live one is what is undone
  EXPECT_TRUE(house.admit(rollback()));
  house.sites.clear();
  house.ran({"v1", "v2", "v3"});
  const auto a = house.admit(rollback());
  ASSERT_TRUE(a);
  EXPECT_EQ(a->request.version, "v2");
  EXPECT_EQ(a->look.argv.at(0), "old-v2");
  EXPECT_EQ(house.admit(rollback("v1"))->request.version, "v1");
  EXPECT_EQ(house.admit(rollback("v9")).error().code, "nothing_to_roll_back_to");
  house.web().missing = {"A"};  // the old release has its values
  EXPECT_TRUE(house.admit(rollback()));
}

TEST(Admit, RestartTakesWhatServes) {
  House house;
  Request r{.act = Act::restart, .environment = "production"};
  EXPECT_EQ(house.admit(r).error().code, "nothing_runs");
  house.ran({"v1", "v2"});
  EXPECT_EQ(house.admit(r)->request.version, "v2");
}

TEST(Admit, RetryTakesTheEndedRelease) {
  House house;
  Site& site = house.ran({"v1"});
  Deployment ended;
  ended.number = 5;
  ended.state = State::rolled_back;
  ended.request = deploy("v2");
  ended.request.strategy = "rolling";
  site.last = ended;
  const Request r{.act = Act::retry, .number = 5};
  const auto a = house.admit(r);
  ASSERT_TRUE(a) << a.error().text;
  EXPECT_EQ(a->request.act, Act::retry);
  EXPECT_EQ(a->request.version, "v2");
  EXPECT_EQ(a->request.environment, "production");
  EXPECT_EQ(a->request.strategy, "rolling");
  site.live = ended;
  site.live->number = 6;
  site.live->state = State::running;
  const auto live = house.admit({.act = Act::retry, .number = 6});
  ASSERT_FALSE(live);
  EXPECT_EQ(live.error().code, "wrong_state");
  EXPECT_EQ(live.error().state, "running");
  EXPECT_EQ(house.admit({.act = Act::retry, .number = 99}).error().code, "not_found");
}

TEST(Compile, ThePlanOfADeployment) {
  House house;
  Site& site = house.ran({"v1"});
  const auto a = house.admit(deploy());
  const auto plan =
      compile(a->request, house.config, site, {.digest = "sha256:v2", .commit = "c0"});
  ASSERT_TRUE(plan) << plan.error().text;
  EXPECT_EQ(plan->strategy, Strategy::canary);
  EXPECT_EQ(plan->from.version, "v1");
  EXPECT_EQ(plan->to, (Release{"web", "v2", "sha256:v2", "c0"}));
  EXPECT_EQ(plan->spec->digest, "sha256:v2");
  EXPECT_EQ(plan->revision, "sha256:revision");
  EXPECT_EQ(plan->environment, "production");
  EXPECT_EQ(plan->floor, 2);
}

TEST(Compile, AFirstReleaseHasNoFrom) {
  House house;
  Site site;
  site.id = {"web", "production"};
  const auto plan = compile(house.admit(deploy())->request, house.config, site, {});
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->from.version.empty());
  EXPECT_EQ(plan->steps.back().verb, Verb::shift);
}

TEST(Compile, OneVersionOneDigest) {
  House house;
  Site& site = house.ran({"v1", "v2"});
  const auto plan =
      compile(house.admit(deploy("v1"))->request, house.config, site, {.digest = "sha256:changed"});
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, "digest_mismatch");
  EXPECT_TRUE(
      compile(house.admit(deploy("v1"))->request, house.config, site, {.digest = "sha256:v1"}));
}

// Where its tag points now does not matter: what it was is looked for, and that it moved is said.
TEST(Admit, AnImageThatIsKnownIsLookedForByItsDigest) {
  House house;
  house.ran({"v1"});
  house.web().platform = "docker";
  house.web().container.image.value = "r.example/web";
  house.web().container.port = 8080;
  EXPECT_EQ(house.admit(deploy("v1"))->look.digest, "sha256:v1");
  EXPECT_EQ(house.admit(deploy("v2"))->look.digest, "");
  house.web().platform = "local";
  EXPECT_EQ(house.admit(deploy("v1"))->look.digest, "");
}

TEST(Compile, WhatWasSeenOnTheWayIsAWarningOfThePlan) {
  House house;
  Site& site = house.ran({"v1"});
  const World seen{.digest = "sha256:v2", .warnings = {{"tag_moved", "it is another now"}}};
  const auto plan = compile(house.admit(deploy())->request, house.config, site, seen);
  ASSERT_TRUE(plan);
  ASSERT_FALSE(plan->warnings.empty());
  EXPECT_EQ(plan->warnings.back().first, "tag_moved");
}

TEST(Compile, AReleaseThatCannotStartIsRefusedWithItsRemedy) {
  House house;
  Site& site = house.ran({"v1"});
  const auto plan = compile(house.admit(deploy())->request, house.config, site,
                            {.problem = "./releases/v2/server is not executable",
                             .hint = "chmod +x ./releases/v2/server"});
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, "release_unusable");
  EXPECT_THAT(plan.error().text, HasSubstr("not executable"));
  EXPECT_EQ(plan.error().mistakes.at(0).hint, "chmod +x ./releases/v2/server");
}

TEST(Compile, RollbackToAWarmCopyNeedsNoLook) {
  House house;
  Site& site = house.ran({"v1", "v2"});
  const auto r = house.admit(rollback())->request;
  const auto plan = compile(r, house.config, site, {.problem = "its files are gone"});
  ASSERT_TRUE(plan) << plan.error().text;
  EXPECT_EQ(plan->reuse, 1u);
  EXPECT_EQ(plan->steps.front().verb, Verb::shift);
  EXPECT_EQ(plan->spec->argv.at(0), "old-v1");
  EXPECT_EQ(plan->to.digest, "sha256:v1");
  EXPECT_EQ(plan->from.version, "v2");
}

TEST(Compile, RollbackToAColdReleaseStartsItAsItWas) {
  House house;
  Site& site = house.ran({"v1", "v2"});
  site.copies.erase(1);
  const auto r = house.admit(rollback())->request;
  EXPECT_EQ(compile(r, house.config, site, {.problem = "gone"}).error().code, "release_unusable");
  EXPECT_EQ(compile(r, house.config, site, {.digest = "sha256:other"}).error().code,
            "digest_mismatch");
  const auto plan = compile(r, house.config, site, {.digest = "sha256:v1"});
  ASSERT_TRUE(plan);
  EXPECT_FALSE(plan->reuse);
  EXPECT_EQ(plan->steps.front().verb, Verb::check);
  EXPECT_EQ(plan->spec->argv.at(0), "old-v1");
}

TEST(Compile, MistakesOfThePlanKeepTheirPlaces) {
  House house;
  house.web().triggers = {{"", "error_rate < 5%", true, {"slipway.yaml", 9, 7, 3}},
                          {"p99", "> 500", true, {"slipway.yaml", 10, 7, 3}}};
  Site& site = house.ran({"v1"});
  const auto plan = compile(house.admit(deploy())->request, house.config, site, {});
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, "wrong_direction");
  ASSERT_EQ(plan.error().mistakes.size(), 2u);
  EXPECT_EQ(plan.error().mistakes[1].at, "slipway.yaml:10:7");
  EXPECT_THAT(plan.error().mistakes[0].rendered, HasSubstr("slipway.yaml:9:7: error:"));
  EXPECT_THAT(plan.error().text, HasSubstr("and 1 more"));
}

}  // namespace
}  // namespace slipway::intake
