#include "views/deployment.h"

#include <gtest/gtest.h>

#include "golden.h"
#include "sample.h"
#include "views/explain.h"
#include "views/receipt.h"
#include "views/waits.h"

namespace slipway::views {
namespace {

boost::json::object live(const Site& site) { return deployment_json(*site.live, site.id, &site); }

TEST(Deployment, Warming) { expect_golden(live(sample::warming()), "warming"); }
TEST(Deployment, Judging) { expect_golden(live(sample::judging()), "judging"); }
TEST(Deployment, GoingBack) { expect_golden(live(sample::going_back()), "going_back"); }

TEST(Deployment, RolledBack) {
  const Site site = sample::rolled_back();
  expect_golden(deployment_json(*site.last, site.id, &site), "rolled_back");
}

TEST(Deployment, ExplainsItself) {
  const Site site = sample::rolled_back();
  expect_golden(explain_json(*site.last, site.id, &site), "explain");
}

TEST(Deployment, WhatEndsAStepIsExplainedOnce) {
  const Site site = sample::rolled_back();
  Deployment d = *site.last;
  const Because passed{"judge_passed", {{"stage", "final"}, {"observed_s", "2"}}};
  d.story.clear();
  d.story.push_back({{}, {}, "judge.verdict", passed});
  d.story.push_back({{}, {}, "step.ended", passed});
  d.story.push_back({{}, {}, "judge.verdict", passed});
  EXPECT_EQ(explain_json(d, site.id, &site).at("sentences").as_array().size(), 2U);
}

TEST(Deployment, LongAgoStillTellsItsEnd) {
  const Site site = sample::rolled_back();
  const auto o = deployment_json(*site.last, site.id, nullptr);
  EXPECT_EQ(o.at("weights"), (boost::json::value{{"v1", 10000}}));
  EXPECT_TRUE(o.at("served").is_null());
  Deployment good = *site.last;
  good.state = State::succeeded;
  EXPECT_EQ(deployment_json(good, site.id, nullptr).at("weights"),
            (boost::json::value{{"v2", 10000}}));
  good.state = State::failed;
  good.progress.edit()[3].state = StepState::done;
  EXPECT_EQ(deployment_json(good, site.id, nullptr).at("weights"),
            (boost::json::value{{"v1", 9500}, {"v2", 500}}));
}

TEST(Deployment, TwoCopiesOfOneVersionHaveTwoNames) {
  Site site = sample::judging();
  site.copies[42].release.version = "v1";
  site.live->plan.to.version = "v1";
  EXPECT_EQ(live(site).at("weights"), (boost::json::value{{"v1", 9500}, {"v1#42", 500}}));
  EXPECT_TRUE(live(site).at("receipt").at("versions").as_object().contains("v1#42"));
}

TEST(Receipt, CausedIsWhatTheDeploymentDid) {
  Deployment d = *sample::going_back().live;
  // 61 of 503 against 9 of 9497: floor(61 − 0.4767) = 60; 2 direct, 1 lost.
  EXPECT_EQ(caused(d), 63U);
  d.plan.from = {};
  EXPECT_EQ(caused(d), 3U) << "a first release has nothing to be compared with";
  d = *sample::going_back().live;
  d.receipt.stable_5xx = 9497;
  EXPECT_EQ(caused(d), 3U) << "never below what was direct";
  d.receipt.stable_5xx = 0;
  d.receipt.caused_direct = 61;  // the same rows counted both ways
  d.receipt.failed = 61;
  EXPECT_EQ(caused(d), 62U);
}

TEST(Status, Quiet) { expect_golden(service_json(sample::quiet()), "status_quiet"); }

TEST(Status, BeforeTheFirstRelease) {
  const auto o = empty_service_json({"web", "staging"});
  EXPECT_TRUE(o.at("version").is_null());
  EXPECT_TRUE(o.at("live").is_null());
  EXPECT_TRUE(o.at("last").is_null());
  EXPECT_EQ(o.at("health"), "none");
}

TEST(Status, HealthAndTrouble) {
  Site site = sample::quiet();
  EXPECT_EQ(service_json(site).at("health"), "healthy");
  EXPECT_EQ(service_json(site).at("served"), (boost::json::value{{"v1", 10000}}));
  Instance& i = site.instances.begin()->second;
  i.phase = InstancePhase::crashed;
  i.trouble = "exit status 1";
  i.tail = {"starting", "panic: no database"};
  i.restart_at = sample::at(8);
  const auto o = service_json(site);
  EXPECT_EQ(o.at("health"), "degraded");
  EXPECT_EQ(o.at("trouble").at(0).at("text"),
            "instance 1 of v1 is crashed: exit status 1; starts again at 2026-11-21T10:00:08.000Z; "
            "last line: panic: no database");
  site.down = true;
  EXPECT_EQ(service_json(site).at("health"), "down");
  site.quarantine = "weights sum to 10,000";
  site.disk_critical = true;
  std::string codes;
  const auto broken = service_json(site);
  for (const auto& t : broken.at("trouble").as_array())
    codes += std::string(t.at("code").as_string()) + " ";
  EXPECT_EQ(codes, "down quarantined disk_critical instance ");
}

}  // namespace
}  // namespace slipway::views
