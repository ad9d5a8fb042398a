// A past release's blocks as the users of a simulation.
#include <gtest/gtest.h>

#include "api/simulation.h"

namespace slipway::api {
namespace {

RecordedTraffic traffic_of(std::string_view points) {
  const auto series =
      boost::json::parse(R"({"id": "web-production-7", "points": )" + std::string(points) + "}");
  return read_series(series.as_object());
}

TEST(RecordedTraffic, BlocksBecomePiecesOfTheSameRate) {
  const auto t = traffic_of(R"([
    {"for_ms": 2000, "requests": [180, 20], "errors": [0, 5], "p50_ms": [10.0, 30.0]},
    {"for_ms": 500, "requests": [25, 25], "errors": [1, 5], "p50_ms": [30.0, 50.0]}])");
  EXPECT_EQ(t.id, "web-production-7");
  ASSERT_EQ(t.pieces.size(), 2U);
  EXPECT_DOUBLE_EQ(t.pieces[0].rps, 100);
  EXPECT_DOUBLE_EQ(t.pieces[1].seconds, 0.5);
  EXPECT_DOUBLE_EQ(t.requests_per_second(), 100);
  EXPECT_DOUBLE_EQ(t.good().error_share(), 1.0 / 205);
  EXPECT_NEAR(t.stable.latency_ms, (180 * 10 + 25 * 30) / 205.0, 1e-9);
  EXPECT_EQ(t.candidate_words(), "errors=22.2222%,latency=41ms");
}

TEST(RecordedTraffic, AFirstReleaseHasOnlyItsOwn) {
  const auto t = traffic_of(
      R"([{"for_ms": 1000, "requests": [0, 50], "errors": [0, 0], "p50_ms": [null, 12.0]}])");
  EXPECT_DOUBLE_EQ(t.good().latency_ms, 12);
  EXPECT_DOUBLE_EQ(t.good().error_share(), 0);
}

TEST(RecordedTraffic, WhatIsNoBlockIsPassedOver) {
  const auto t =
      traffic_of(R"([7, {}, {"for_ms": 0, "requests": [5, 5]}, {"for_ms": 1000, "requests": 3}])");
  EXPECT_EQ(t.requests_per_second(), 0);
  EXPECT_EQ(t.stable.requests, 0);
}

}  // namespace
}  // namespace slipway::api
