#include "views/dora.h"

#include <gtest/gtest.h>

#include "sample.h"

namespace slipway::views {
namespace {

constexpr double kHour = 3600;

Change change(std::uint32_t number, const char* version, State state, double asked, double ended,
              const char* environment = "production") {
  Change c;
  c.site = {"web", environment};
  c.number = number;
  c.version = version;
  c.state = state;
  c.requested = c.started = sample::wall(asked);
  c.ended = sample::wall(ended);
  c.exposed = 10;
  return c;
}

boost::json::object report(const std::vector<Change>& all, const char* environment = "production") {
  return dora_json(
      all,
      {.since = sample::wall(0), .until = sample::wall(48 * kHour), .environment = environment});
}

TEST(Dora, OfNothingIsNull) {
  const auto r = report({});
  EXPECT_EQ(r.at("deployments"), 0);
  for (const char* figure :
       {"lead_time_ms", "change_failure_rate", "time_to_restore_ms", "success_rate"})
    EXPECT_TRUE(r.at(figure).is_null()) << figure;
  EXPECT_EQ(r.at("days").as_array().size(), 3U) << "10:00 to 10:00 touches three days";
}

TEST(Dora, LeadTimeBeginsWhereAVersionWasFirstAskedFor) {
  const auto r = report({change(1, "v1", State::succeeded, 0, kHour, "staging"),
                         change(2, "v1", State::succeeded, 2 * kHour, 3 * kHour)});
  EXPECT_EQ(r.at("deployments"), 1);
  EXPECT_EQ(r.at("deployments_per_day"), 0.5);
  EXPECT_EQ(r.at("lead_time_ms"), 3 * 3'600'000);
  EXPECT_EQ(r.at("deployment_time_ms"), 3'600'000);
}

TEST(Dora, OneTakenBackFailedFromFirstHarmToTrafficBack) {
  Change bad = change(3, "v2", State::rolled_back, 100, 200);
  bad.first_harm = sample::wall(150);
  bad.traffic_back = sample::wall(158);
  bad.caused = 7;
  const auto r = report({change(2, "v1", State::succeeded, 0, 50), bad});
  EXPECT_EQ(r.at("changes"), 2);
  EXPECT_EQ(r.at("change_failure_rate"), 0.5);
  EXPECT_EQ(r.at("time_to_restore_ms"), 8000);
  EXPECT_EQ(r.at("zero_downtime_rate"), 0.5);
  EXPECT_EQ(r.at("days").at(0).at("failed"), 1);
}

TEST(Dora, OneThatNeverBecameReadyDidNotSucceed) {
  Change unready = change(2, "v2", State::rolled_back, 0, 10);
  unready.exposed = 0;
  Change given_up = change(3, "v3", State::aborted, 0, 10);
  given_up.exposed = 0;
  const auto r = report({change(1, "v1", State::succeeded, 0, 50), unready, given_up,
                         change(4, "v4", State::superseded, 0, 10)});
  EXPECT_EQ(r.at("success_rate"), 0.5)
      << "superseded, and aborted before any user met it: not asked";
  EXPECT_EQ(r.at("changes"), 1) << "no user met it: no change";
}

TEST(Dora, OneUndoneLaterFailedToo) {
  Change back = change(3, "v1", State::succeeded, 500, 530);
  back.kind = Kind::rollback;
  back.of = 2;
  const auto r = report({change(1, "v1", State::succeeded, 0, 50),
                         change(2, "v2", State::succeeded, 100, 200), back});
  EXPECT_EQ(r.at("deployments"), 2) << "a rollback is no deployment";
  EXPECT_EQ(r.at("failed"), 1);
  EXPECT_EQ(r.at("time_to_restore_ms"), 30'000);
}

TEST(Dora, WhatNoUserMetIsNoChange) {
  Change early = change(2, "v2", State::aborted, 0, 10);
  early.exposed = 0;
  Change outside = change(4, "v4", State::succeeded, 47 * kHour, 49 * kHour);
  const auto r = report({early, change(3, "v3", State::superseded, 0, 10), outside});
  EXPECT_EQ(r.at("changes"), 0);
}

}  // namespace
}  // namespace slipway::views
