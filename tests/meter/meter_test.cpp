#include "meter/meter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/prng.h"
#include "meter/gaps.h"
#include "meter/latency.h"
#include "rows.h"

namespace slipway::meter {
namespace {

using Blocks = Fixture;

// The sequence `block_builder` of the analysis page's vectors: [n_c, x_c, n_s, x_s] a tick.
TEST_F(Blocks, CloseByArrivalsAndTimeAlone) {
  const int ticks[][4] = {{0, 0, 9, 0}, {0, 0, 11, 1}, {1, 0, 8, 0}, {1, 1, 2, 0}, {0, 0, 2, 0},
                          {0, 0, 2, 0}, {2, 0, 0, 0},  {0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0},
                          {0, 0, 0, 0}, {0, 0, 0, 0},  {0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0},
                          {0, 0, 1, 0}, {0, 0, 0, 0},  {3, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0},
                          {0, 0, 0, 0}, {0, 0, 0, 0},  {0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0},
                          {0, 0, 0, 0}, {0, 0, 6, 0}};
  const std::map<int, std::array<int, 5>> closed = {
      {2, {1, 0, 28, 1, 3}}, {5, {1, 1, 6, 0, 3}}, {15, {2, 0, 1, 0, 10}}, {26, {3, 0, 6, 0, 11}}};
  meter.watch(kSite, watch, {}, at(0));
  int i = 0;
  for (const auto& t : ticks) {
    add(t[0], "v2", t[1]);
    add(t[2], "v1", t[3]);
    const auto out = meter.tick(at(i + 1), wall(i + 1));
    const auto expected = closed.find(i);
    ASSERT_EQ(out.size(), expected == closed.end() ? 0U : 1U) << i;
    if (!out.empty()) {
      const auto& b = out[0].second.block;
      EXPECT_TRUE(out[0].second.judged);
      const std::array<int, 5> got = {
          static_cast<int>(b.candidate.requests), static_cast<int>(b.candidate.errors),
          static_cast<int>(b.stable.requests), static_cast<int>(b.stable.errors),
          static_cast<int>(to_seconds(b.to - b.from))};
      EXPECT_EQ(got, expected->second) << i;
    }
    ++i;
  }
}

TEST_F(Blocks, InABakeOneRequestIsEnough) {
  watch.bake = true;
  meter.watch(kSite, watch, {}, at(0));
  add(1, "v2");
  const auto out = meter.tick(at(1), wall(1));
  ASSERT_EQ(out.size(), 1U);
  EXPECT_TRUE(out[0].second.judged);
}

TEST_F(Blocks, StableAloneGrowsTheReceiptEachFiveSeconds) {
  meter.watch(kSite, watch, {}, at(0));
  int closed = 0;
  for (int s = 1; s <= 20; ++s) {
    add(10, "v1");
    for (const auto& [site, counted] : meter.tick(at(s), wall(s))) {
      EXPECT_FALSE(counted.judged);
      EXPECT_EQ(counted.tally.requests, 50U);
      ++closed;
    }
  }
  EXPECT_EQ(closed, 4);
}

// It hangs: no row tells of it, the proxy's own count does.
TEST_F(Blocks, RequestsWithoutAnAnswerCloseABlockAfterThreeSeconds) {
  meter.watch(kSite, watch, {}, at(0));
  for (int s = 1; s <= 3; ++s) {
    add(90, "v1");
    meter.given(kSite.name(), "v1", 90);
    meter.given(kSite.name(), "v2", 10);
    meter.given("shop-production", "v2", 1000);
    const auto out = meter.tick(at(s), wall(s));
    ASSERT_EQ(out.size(), s == 3 ? 1U : 0U) << s;
    if (out.empty()) continue;
    EXPECT_TRUE(out[0].second.judged);
    EXPECT_EQ(out[0].second.block.candidate.started, 30U);
    EXPECT_EQ(out[0].second.block.candidate.requests, 0U);
    EXPECT_EQ(out[0].second.block.stable.started, 270U);
  }
  add(90, "v1");
  EXPECT_TRUE(meter.tick(at(4), wall(4)).empty());  // the count begins anew with each block
}

TEST_F(Blocks, TheCandidateAloneIsJudgedByItself) {
  meter.watch(kSite, watch, {}, at(0));
  for (int s = 1; s <= 2; ++s) {
    add(100, "v2", 50);
    EXPECT_TRUE(meter.tick(at(s), wall(s)).empty());
  }
  const auto out = meter.tick(at(3), wall(3));
  ASSERT_EQ(out.size(), 1U);
  EXPECT_TRUE(out[0].second.judged);
  EXPECT_EQ(out[0].second.block.candidate.errors, 100U);
}

TEST_F(Blocks, CountClosesWhateverIsThere) {
  meter.watch(kSite, watch, {}, at(0));
  add(1, "v1");
  const auto out = meter.count(kSite, at(0.5), wall(0.5));
  ASSERT_TRUE(out);
  EXPECT_FALSE(out->judged);
  EXPECT_EQ(out->tally.requests, 1U);
  EXPECT_EQ(out->position, (RowPosition{kInode, file.offset()}));
  EXPECT_FALSE(meter.count({"other", "production"}, at(1), wall(1)));
}

TEST_F(Blocks, TalliesBySideKindAndServer) {
  meter.watch(kSite, watch, {}, at(0));
  add(3, "v1", 1);
  Row row = file.row("v2", false, 7000);
  row.server = "fb1";
  row.served = "v1";
  meter.add(row, kInode);
  const std::int64_t first_error = row.end_us;
  row = file.row("v2", false, 500'000);
  row.server = "<NOSRV>";
  row.termination = "SC--";
  row.status = 503;
  const std::int64_t start = row.end_us - row.total_us;
  meter.add(row, kInode);
  row = file.row("v2", false, 7000);
  row.termination = "CD--";
  meter.add(row, kInode);
  const auto out = meter.count(kSite, at(1), wall(1));
  ASSERT_TRUE(out);
  const Tally& t = out->tally;
  EXPECT_EQ(t.requests, 6U);
  EXPECT_EQ(t.ok, 3U);
  EXPECT_EQ(t.left, 1U);
  EXPECT_EQ(t.failed, 2U);
  EXPECT_EQ(t.dropped, 1U);
  EXPECT_EQ(t.no_server, 1U);
  EXPECT_EQ(t.stable_requests, 3U);
  EXPECT_EQ(t.stable_failed, 1U);
  EXPECT_EQ(t.candidate_requests, 3U);
  EXPECT_EQ(t.candidate_failed, 0U) << "the one without a server is counted by itself";
  EXPECT_EQ(t.stable_served, 4U);
  EXPECT_EQ(t.candidate_served, 2U);
  EXPECT_EQ(t.first_candidate_error, Wall(Duration(first_error)));
  EXPECT_EQ(t.last_candidate_start, Wall(Duration(row.end_us - row.total_us)));
  EXPECT_GT(row.end_us - row.total_us, start);
  EXPECT_EQ(out->block.candidate.errors, 2U);
  EXPECT_EQ(out->block.candidate.left, 1U);
  EXPECT_EQ(out->block.candidate.over, (std::vector<std::uint64_t>{3, 1}));
  EXPECT_EQ(out->block.stable.over, (std::vector<std::uint64_t>{0, 0}));
  EXPECT_EQ(out->block.candidate.latencies.count(), 3U);
}

TEST_F(Blocks, RowsBeforeThePositionAreNotCountedAgain) {
  add(5, "v1");
  const std::uint64_t counted = file.offset();
  Meter after;  // of the next agent, which reads the file from its start
  after.watch(kSite, watch, {kInode, counted}, at(0));
  File same;
  for (int i = 0; i < 8; ++i) after.add(same.row("v1"), kInode);
  EXPECT_EQ(after.count(kSite, at(1), wall(1))->tally.requests, 3U);
  after.add(File().row("v1"), kInode + 1);  // another file: all of it
  EXPECT_EQ(after.count(kSite, at(2), wall(2))->tally.requests, 1U);
}

TEST_F(Blocks, OnlyRecordedRowsMayBeFreed) {
  meter.watch(kSite, watch, {kInode, 0}, at(0));
  add(1, "v1");
  EXPECT_EQ(meter.position().offset, 0U);
  const auto block = meter.count(kSite, at(1), wall(1));
  EXPECT_EQ(meter.position().offset, 0U);
  meter.recorded(kSite, block->position);
  EXPECT_EQ(meter.position().offset, 100U);
  Row other = file.row("v1");
  other.site = "api-production";
  meter.add(other, kInode);  // nobody's: it holds nothing up
  EXPECT_EQ(meter.position().offset, 200U);
  add(1, "v1");
  EXPECT_EQ(meter.position().offset, 100U);
}

TEST_F(Blocks, TheMinuteBeforeIsKeptForEverySite) {
  add(3, "v1");
  file.wait(2);
  meter.add(file.row("v1", false, 1'500'000), kInode);  // waited 1.5 s, nobody else was answered
  add(3, "v1");
  meter.watch(kSite, watch, {}, at(0));
  add(3, "v1");
  auto block = meter.count(kSite, at(1), wall(1));
  ASSERT_TRUE(block->has_gap_before);
  EXPECT_EQ(block->gap_before, Duration(1'500'000));
  EXPECT_LE(block->tally.longest_gap, Duration(1000));
  add(1, "v1");
  EXPECT_FALSE(meter.count(kSite, at(2), wall(2))->has_gap_before);
}

TEST_F(Blocks, AWatchThatChangesLosesNothing) {
  meter.watch(kSite, watch, {}, at(0));
  add(4, "v1");
  watch.bake = true;
  meter.watch(kSite, watch, {}, at(1));
  add(1, "v2");
  const auto out = meter.tick(at(2), wall(2));
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].second.tally.requests, 5U);
  EXPECT_EQ(out[0].second.block.stable.requests, 4U);
}

TEST(Latency, BucketsAreThoseOfTheHistogram) {
  Prng prng(11);
  for (int i = 0; i < 20'000; ++i) {
    const double x = std::exp(prng.unit() * std::log(6e8));
    const auto us = static_cast<std::int64_t>(x);
    analysis::Histogram expected;
    expected.add(static_cast<double>(us));
    ASSERT_EQ(latency_bucket(us), expected.buckets.at(0).first) << us;
  }
}

// ---- against a twin that is simple enough to be right ------------------------------------------

struct Served {
  std::int64_t start, end;
  bool answered;
};

std::int64_t gap_by_definition(const std::vector<Served>& rows) {
  std::int64_t largest = -1, before = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].answered) continue;
    std::int64_t since = rows[i].start;
    for (std::size_t j = 0; j < rows.size(); ++j) {
      // Unanswered before end(i): it ends later, or ended in this silence without an answer.
      const bool later = j >= i;
      const bool unanswered = !rows[j].answered && rows[j].end >= before;
      if (later || unanswered) since = std::min(since, rows[j].start);
    }
    if (before != 0) since = std::max(since, before);
    largest = std::max(largest, rows[i].end - since);
    before = rows[i].end;
  }
  return largest;
}

TEST(Gaps, AreThoseOfTheDefinition) {
  Prng prng(3);
  for (int round = 0; round < 400; ++round) {
    std::vector<Served> rows;
    std::int64_t now = 1'000'000'000;
    const auto spread = 1 + prng.below(5000);
    for (std::uint64_t i = 0, n = 1 + prng.below(60); i < n; ++i) {
      const auto start = now += static_cast<std::int64_t>(1 + prng.below(3000));
      const auto total =
          static_cast<std::int64_t>(prng.below(10) == 0 ? prng.below(40'000) : prng.below(spread));
      rows.push_back({start, start + total, prng.below(5) != 0});
    }
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Served& a, const Served& b) { return a.end < b.end; });
    for (std::size_t i = 1; i < rows.size(); ++i)  // distinct ends: the order is then one
      rows[i].end = std::max(rows[i].end, rows[i - 1].end + 1);
    Gaps gaps;
    std::int64_t largest = -1;
    for (const auto& row : rows) {
      gaps.row(row.start, row.end, row.answered);
      if (prng.below(4) != 0) continue;  // blocks close anywhere
      bool any = false;
      const auto gap = gaps.take(any);
      if (any) largest = std::max(largest, gap);
    }
    bool any = false;
    const auto gap = gaps.take(any);
    if (any) largest = std::max(largest, gap);
    ASSERT_EQ(largest, gap_by_definition(rows)) << round;
  }
}

// Whatever the ticks, nothing is lost and nothing is counted twice.
TEST(Meter, BlocksAddUpToTheRows) {
  Prng prng(5);
  for (int round = 0; round < 100; ++round) {
    Meter meter;
    File file;
    Watch watch{
        .stable = "v1", .candidate = "v2", .latency_limits_us = {2000}, .bake = prng.below(2) == 0};
    meter.watch(kSite, watch, {}, at(0));
    std::uint64_t rows = 0, failed = 0, errors = 0, over = 0, candidate = 0;
    std::uint64_t got_rows = 0, got_failed = 0, got_errors = 0, got_over = 0, got_candidate = 0;
    std::uint64_t latencies = 0;
    const auto take = [&](const Counted& c) {
      got_rows += c.tally.requests;
      got_failed += c.tally.failed;
      got_candidate += c.block.candidate.requests;
      got_errors += c.block.candidate.errors + c.block.stable.errors;
      got_over += c.block.candidate.over[0] + c.block.stable.over[0];
      latencies += c.block.candidate.latencies.count() + c.block.stable.latencies.count();
    };
    for (int s = 1; s < 40; ++s) {
      for (std::uint64_t i = 0, n = prng.below(12); i < n; ++i) {
        const bool is_candidate = prng.below(8) == 0, bad = prng.below(10) == 0;
        Row row =
            file.row(is_candidate ? "v2" : "v1", bad, static_cast<std::int64_t>(prng.below(4000)));
        row.retries = prng.below(20) == 0;
        ++rows;
        candidate += is_candidate;
        failed += bad;
        errors += bad || row.retries > 0;
        over += row.total_us > 2000;
        meter.add(row, kInode);
      }
      for (const auto& [site, counted] : meter.tick(at(s), wall(s))) take(counted);
    }
    take(*meter.count(kSite, at(41), wall(41)));
    ASSERT_EQ(got_rows, rows);
    ASSERT_EQ(latencies, rows);
    ASSERT_EQ(got_failed, failed);
    ASSERT_EQ(got_candidate, candidate);
    ASSERT_EQ(got_errors, errors);
    ASSERT_EQ(got_over, over);
  }
}

}  // namespace
}  // namespace slipway::meter
