#include "views/series.h"

#include <gtest/gtest.h>

#include "sample.h"
#include "views/board.h"

namespace slipway::views {
namespace {

Published counted(std::uint64_t lsn, double from, double to, std::uint64_t stable,
                  std::uint64_t candidate, std::uint64_t errors) {
  Site site = sample::judging();
  sample::move_to(site, to);
  Counted c;
  c.block.from = sample::at(from);
  c.block.to = sample::at(to);
  c.block.stable.requests = stable;
  c.block.stable.latencies.add(1200, static_cast<std::uint32_t>(stable));
  c.block.candidate.requests = candidate;
  c.block.candidate.errors = errors;
  c.block.candidate.latencies.add(2500, static_cast<std::uint32_t>(candidate));
  Published p;
  p.lsn = lsn;
  p.event.at = site.now;
  p.event.wall = site.wall;
  p.event.what = c;
  p.before = p.after = std::make_shared<const Site>(std::move(site));
  return p;
}

TEST(Series, APointIsWhatBothVersionsAnswered) {
  SeriesList list;
  EXPECT_EQ(list.add(counted(1, 50, 51, 95, 5, 1)), 42U);
  const auto point = to_json(list.find(42)->back());
  EXPECT_EQ(point.at("at"), "2026-11-21T10:00:51.000Z");
  EXPECT_EQ(point.at("for_ms"), 1000);
  EXPECT_EQ(point.at("requests"), (boost::json::array{95, 5}));
  EXPECT_EQ(point.at("error_rate"), (boost::json::array{0.0, 0.2}));
  EXPECT_EQ(point.at("share"), (boost::json::array{500, 500.0}));
  EXPECT_NEAR(point.at("p99_ms").at(1).as_double(), 2.5, 0.05);
  const auto one = to_json(list.find(42)->back(), {"errors"});
  EXPECT_EQ(one.size(), 3U);
}

TEST(Series, AVersionWithoutRequestsHasNoValues) {
  SeriesList list;
  list.add(counted(1, 50, 51, 0, 0, 0));
  const auto point = to_json(list.find(42)->back());
  EXPECT_TRUE(point.at("error_rate").at(0).is_null());
  EXPECT_TRUE(point.at("p99_ms").at(1).is_null());
  EXPECT_TRUE(point.at("share").at(1).is_null());
}

TEST(Series, ALongOneIsThinnedAndLosesNoRequest) {
  SeriesList list;
  constexpr int kBlocks = 5000;
  for (int n = 0; n < kBlocks; ++n) list.add(counted(1, n, n + 1, 9, 1, n % 10 == 0));
  const auto& points = *list.find(42);
  EXPECT_LE(points.size(), kPointsKept);
  EXPECT_GE(points.size(), kPointsKept / 4);
  std::uint64_t requests = 0, errors = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    requests += points[i].stable.requests + points[i].candidate.requests;
    errors += points[i].candidate.errors;
    if (i > 0) {
      EXPECT_LT(points[i - 1].at, points[i].at);
    }
  }
  EXPECT_EQ(requests, kBlocks * 10U);
  EXPECT_EQ(errors, kBlocks / 10U);
}

TEST(Series, ThoseWhoWatchHearOfEachBlock) {
  Board board;
  EXPECT_EQ(board.newest_pulse(), 0U);
  board.fold(counted(1, 50, 51, 95, 5, 0));
  const auto event = board.newest_event();
  board.fold(counted(2, 51, 52, 95, 5, 0));
  ASSERT_EQ(board.pulses(0).size(), 2U);
  const auto late = board.pulses(1);
  ASSERT_EQ(late.size(), 1U);
  EXPECT_EQ(late[0].type, "step.progress");
  EXPECT_EQ(late[0].deployment, "web-production-42");
  EXPECT_EQ(board.newest_event(), event) << "counts are no events that are kept";
  EXPECT_TRUE(board.wait(event, 1, 0s));
  EXPECT_FALSE(board.wait(event, 2, 0s));
  EXPECT_EQ(board.series(42, {})->at("points").as_array().size(), 2U);
  EXPECT_FALSE(board.series(7, {}));
}

}  // namespace
}  // namespace slipway::views
