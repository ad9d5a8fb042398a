// The simulated agent does what the real one is there for, and a seed is a run.
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/scenario.h"

namespace slipway::sim {
namespace {

const SiteId kWeb{"web", "production"};

Simulation::Setup setup_of(const std::string& config, const std::string& v2,
                           std::uint64_t seed = 1) {
  Simulation::Setup setup{.config = config_named(config), .seed = seed};
  setup.demand.rps = 500;
  setup.behaviours["v2"] = parse_behaviour(v2).value();
  return setup;
}

void release(Simulation& s, const std::string& version) {
  s.ask({.act = Act::deploy, .by = "ana", .environment = "production", .version = version});
  s.run_until(s.elapsed() + 100ms);
  EXPECT_TRUE(s.rest(1h));
}

const Deployment& last(Simulation& s) { return s.ended.back().deployment; }

std::string troubles(const Simulation& s) { return s.troubles.empty() ? "" : s.troubles.front(); }

TEST(World, AGoodReleaseIsPromotedUnderEveryStrategy) {
  for (const char* config : {"blue_green", "cold", "canary", "rolling", "recreate", "steps"}) {
    // Of good ones that roll about three in a hundred end undecided by chance; this seed's does
    // not.
    Simulation s(setup_of(config, "good", 2));
    release(s, "v1");
    release(s, "v2");
    ASSERT_EQ(s.ended.size(), 2U) << config;
    EXPECT_EQ(last(s).state, State::succeeded) << config << ": " << last(s).because.code.get();
    s.check_rest();
    EXPECT_EQ(troubles(s), "") << config;
    EXPECT_GT(last(s).receipt.requests, 0U) << config;
  }
}

TEST(World, ErrorsOfTheCandidateAreTakenBackBeforeManyUsersAreHurt) {
  Simulation s(setup_of("defaults", "errors=20%"));
  release(s, "v1");
  const std::uint64_t failed = s.scene(kWeb).truth.failed;
  release(s, "v2");
  EXPECT_EQ(last(s).state, State::rolled_back);
  EXPECT_EQ(last(s).because.code, "judge_failed");
  EXPECT_LT(s.scene(kWeb).truth.failed - failed, 200U);
  s.check_rest();
  EXPECT_EQ(troubles(s), "");
}

TEST(World, ACandidateThatCrashesOrNeverGetsReadyIsTakenBack) {
  for (const char* fault : {"crash after 4s", "never ready", "cannot start"}) {
    Simulation s(setup_of("canary", fault));
    release(s, "v1");
    release(s, "v2");
    EXPECT_EQ(last(s).state, State::rolled_back) << fault;
    s.check_rest();
    EXPECT_EQ(troubles(s), "") << fault;
  }
}

TEST(World, WithoutFaultsNoReleaseFailsARequest) {
  for (const auto& config : {"blue_green", "canary", "rolling"}) {
    Simulation::Setup setup = setup_of(config, "good");
    for (const char* v : {"v1", "v2"}) setup.behaviours[v].errors = 0;
    Simulation s(setup);
    release(s, "v1");
    const std::uint64_t before = s.scene(kWeb).truth.failed;  // nothing served when it began
    release(s, "v2");
    EXPECT_EQ(s.scene(kWeb).truth.failed, before) << config;
  }
}

TEST(World, KilledAtEveryRecordItComesToTheSameEnd) {
  for (const char* config : {"canary", "rolling"}) {
    Scenario calm{.config = config, .rps = 300};
    calm.releases["v2"] = "good";
    Happening first{.at = 100ms}, second{.at = 20s};
    first.request = {.act = Act::deploy, .by = "ana", .version = "v1"};
    second.request = {.act = Act::deploy, .by = "ana", .version = "v2"};
    calm.happenings = {first, second};
    const Outcomes good = play(calm);
    ASSERT_TRUE(good.troubles.empty()) << good.troubles.front();
    ASSERT_EQ(good.serving, "v2");
    int forgotten = 0;
    for (std::uint64_t n = 1; n <= good.appends; ++n) {
      for (const auto at :
           {Death::At::before_write, Death::At::before_sync, Death::At::after_sync}) {
        Scenario killed = calm;
        killed.deaths[n] = {at, 1s};
        const Outcomes out = play(killed);
        ASSERT_TRUE(out.troubles.empty()) << text_of(killed) << out.troubles.front();
        forgotten += out.deployments < 2;
      }
    }
    // A request that was not written down, or not yet planned, is the asker's to repeat.
    EXPECT_LE(forgotten, 16);
    for (std::uint64_t n = 1; n <= good.commands; ++n) {
      Scenario killed = calm;
      killed.deaths[Simulation::kDispatch + n] = {Death::At::dispatch, 1s};
      const Outcomes out = play(killed);
      ASSERT_TRUE(out.troubles.empty()) << text_of(killed) << out.troubles.front();
      forgotten += out.serving != "v2";
    }
    EXPECT_LE(forgotten, 22);
  }
}

TEST(World, ASeedIsTheSameRunBitByBit) {
  const Scenario scenario = drawn(7, 8);
  const Outcomes a = play(scenario, true);
  const Outcomes b = play(scenario, true);
  EXPECT_GT(a.trace.size(), 200U);
  EXPECT_EQ(a.trace, b.trace);
  EXPECT_NE(a.trace, play(drawn(8, 8), true).trace);
}

TEST(World, AScenarioReadsBackAsItWasWritten) {
  const Scenario scenario = drawn(11, 12);
  const auto read = parse_scenario(text_of(scenario));
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(text_of(*read), text_of(scenario));
  EXPECT_EQ(play(*read, true).trace, play(scenario, true).trace);
  EXPECT_FALSE(parse_scenario("slip 3 sideways 1"));
}

}  // namespace
}  // namespace slipway::sim
