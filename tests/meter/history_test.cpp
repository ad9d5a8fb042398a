// What the meter knows beside the open block: the hour before, bursts, one client.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/prng.h"
#include "meter/gaps.h"
#include "meter/latency.h"
#include "meter/meter.h"
#include "rows.h"

namespace slipway::meter {
namespace {

using Past = Fixture;

TEST_F(Past, OneClientsErrorsCountOnceWhenClientsStayWithTheirVersion) {
  for (const bool by_client : {false, true}) {
    Meter fresh;
    File rows;
    Watch of = watch;
    of.by_client = by_client;
    fresh.watch(kSite, of, {kInode, 0}, at(0));
    for (int i = 0; i < 20; ++i) {
      Row row = rows.row("v2", i < 12);
      row.bucket = i < 9 ? 77 : 100 + i;  // nine of the twelve are of one client
      fresh.add(row, kInode);
    }
    for (int i = 0; i < 10; ++i) fresh.add(rows.row("v1"), kInode);
    const auto closed = fresh.tick(at(1), wall(1));
    ASSERT_EQ(closed.size(), 1u);
    EXPECT_EQ(closed[0].second.block.candidate.requests, 20u);
    EXPECT_EQ(closed[0].second.block.candidate.errors, by_client ? 4u : 12u);
    EXPECT_EQ(closed[0].second.tally.candidate_failed, 12u);  // the receipt counts what users saw
  }
}

TEST_F(Past, TheFirstBlockSaysWhatStableWasInTheHourBefore) {
  for (int i = 0; i < 3000; ++i) meter.add(file.row("v1", i % 100 == 0, 20'000), kInode);
  add(50, "v0");
  meter.watch(kSite, watch, {kInode, file.offset()}, at(0));
  add(10, "v1");
  add(1, "v2");
  const auto closed = meter.tick(at(1), wall(1));
  ASSERT_EQ(closed.size(), 1u);
  ASSERT_TRUE(closed[0].second.before.has_value());
  EXPECT_EQ(closed[0].second.before->requests, 3000u);
  EXPECT_EQ(closed[0].second.before->errors, 30u);
  EXPECT_TRUE(analysis::is_armed(closed[0].second.before->latencies, 0.99));
  EXPECT_EQ(closed[0].second.block.stable.requests, 10u);  // and no row is counted twice
  add(10, "v1");
  add(1, "v2");
  EXPECT_FALSE(meter.tick(at(2), wall(2)).at(0).second.before.has_value());
}

TEST_F(Past, BurstsOfInstancesAreSaidWithEachBlock) {
  const auto hour_of = [](bool bursts) {
    Meter fresh;
    File rows;
    Prng prng{5};
    for (int second = 0; second < 2400; ++second) {
      for (int i = 0; i < 20; ++i) {
        const bool burst = bursts && i % 4 == 0 && second % 300 < 5;
        Row row = rows.row("v1", burst ? prng.below(2) == 0 : prng.below(500) == 0);
        row.server = "s" + std::to_string(1 + i % 4);
        fresh.add(row, kInode);
      }
      rows.wait(0.98);
    }
    fresh.watch(kSite, {.stable = "v1", .candidate = "v2"}, {kInode, rows.offset()}, at(0));
    for (int i = 0; i < 10; ++i) fresh.add(rows.row("v1"), kInode);
    fresh.add(rows.row("v2"), kInode);
    return fresh.tick(at(1), wall(1)).at(0).second.block.dispersion;
  };
  const auto calm = hour_of(false), bursty = hour_of(true);
  ASSERT_EQ(bursty.size(), 4u);
  EXPECT_GT(bursty[0], 3);
  EXPECT_TRUE(calm.empty() || calm[0] < 1.5);
}

TEST_F(Past, TrafficOfTheLastHourIsKnownForEverySite) {
  for (int i = 0; i < 600; ++i) {
    add(1, "v1", i % 50 == 0);
    file.wait(0.499);
  }
  const auto traffic = meter.traffic();
  ASSERT_EQ(traffic.size(), 1u);
  EXPECT_EQ(traffic[0].second.requests, 600u);
  EXPECT_EQ(traffic[0].second.errors, 12u);
  EXPECT_NEAR(traffic[0].second.per_second, 2, 0.4);
}

}  // namespace
}  // namespace slipway::meter
