#include "views/drift.h"

#include <gtest/gtest.h>

#include "sample.h"
#include "views/board.h"

namespace slipway::views {
namespace {

Wanted as_it_runs(const Site& site) {
  const Copy& copy = site.copies.at(site.serving);
  return {.spec = copy.spec, .route = site.route, .replicas = copy.wanted};
}

TEST(Drift, WhatRunsAsConfiguredHasNone) {
  const Site site = sample::quiet();
  EXPECT_TRUE(drift_json(site, as_it_runs(site)).empty());
  EXPECT_TRUE(drift_json(Site{}, as_it_runs(site)).empty()) << "nothing runs";
}

TEST(Drift, EachSettingIsToldByItsName) {
  Site site = sample::quiet();
  site.copies.at(41).spec.edit().env = {{"LOG_LEVEL", "debug"}, {"OLD", "1"}, {"SAME", "x"}};
  Wanted wanted = as_it_runs(site);
  wanted.spec.edit().env = {{"LOG_LEVEL", "info"}, {"NEW", "2"}, {"SAME", "x"}};
  wanted.spec.edit().health.interval = 5s;
  wanted.replicas = 3;
  const auto drift = drift_json(site, wanted);
  ASSERT_EQ(drift.size(), 5U) << boost::json::serialize(drift);
  EXPECT_EQ(drift[0],
            (boost::json::value{{"what", "LOG_LEVEL"}, {"wanted", "info"}, {"found", "debug"}}));
  EXPECT_EQ(drift[1], (boost::json::value{{"what", "NEW"}, {"wanted", "2"}, {"found", nullptr}}));
  EXPECT_EQ(drift[2], (boost::json::value{{"what", "OLD"}, {"wanted", nullptr}, {"found", "1"}}));
  EXPECT_EQ(drift[3].at("what"), "health times");
  EXPECT_EQ(drift[4], (boost::json::value{{"what", "replicas"}, {"wanted", "3"}, {"found", "2"}}));
}

TEST(Drift, TheBoardAsksTheNewestConfiguration) {
  Board board;
  Wanted wanted = as_it_runs(sample::quiet());
  wanted.replicas = 7;
  board.wants([wanted](const SiteId&, const slipway::Release&) { return std::optional(wanted); });
  board.restore_site(std::make_shared<const Site>(sample::warming()));
  const auto status = board.status();
  const auto& service = status.at("environments").at(0).at("services").at(0);
  EXPECT_EQ(service.at("drift").at(0).at("wanted"), "7");
}

}  // namespace
}  // namespace slipway::views
