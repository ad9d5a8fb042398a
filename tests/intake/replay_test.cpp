// A recorded deployment judged again: the same policy gives the same verdicts at the same moments,
// another one differs where it should.
#include "intake/replay.h"

#include <gtest/gtest.h>

namespace slipway::intake {
namespace {

using analysis::Ruling;

config::Config policy(const std::string& more) {
  config::Sources s;
  s.folder = "/srv/web";
  s.bytes =
      "service: { name: web, run: [./server] }\n"
      "environments: { production: { listen: 127.0.0.1:8080 } }\n"
      "canary_deployment:\n  stages:\n"
      "  - { name: initial, traffic_percentage: 10, duration: 5m }\n"
      "  - { name: all, traffic_percentage: 100, duration: 5m }\n" +
      more;
  auto config = config::load(s);
  EXPECT_TRUE(config) << (config ? "" : text::render(config.error()));
  return config ? *config : config::Config{};
}

const SiteId kSite{"web", "production"};

// Ten minutes of a canary at 10 %, of which `bad` of each second's ten requests fail from `since`.
struct Recorded {
  Deployment d;
  std::vector<Event> events;

  Recorded(const config::Config& config, double bad_share, Duration since) {
    d.number = 42;
    d.plan.strategy = Strategy::canary;
    d.plan.from = {"web", "v1", "", ""};
    d.plan.to = {"web", "v2", "", ""};
    auto plan = intake::plan_of(d, kSite, config);
    EXPECT_TRUE(plan);
    d.plan = *plan;
    d.progress.edit().resize(d.plan.steps.size());
    d.requested = Instant(1s);
    d.ended_at = Instant(10min);
    std::size_t judge = 0;
    while (d.plan.steps[judge].verb != Verb::judge) ++judge;
    d.progress.edit()[judge].started = Instant(10s);
    d.progress.edit()[judge].ended = Instant(10min);
    double owed = 0;
    for (int s = 11; s < 600; ++s) {
      Counted c;
      c.block.from = Instant(std::chrono::seconds(s - 1));
      c.block.to = Instant(std::chrono::seconds(s));
      c.block.stable.requests = 90;
      c.block.candidate.requests = 10;
      c.block.stable.latencies.add(20'000, 90);
      c.block.candidate.latencies.add(20'000, 10);
      if (std::chrono::seconds(s) >= since) owed += 10 * bad_share;
      c.block.candidate.errors = static_cast<std::uint64_t>(owed);
      owed -= static_cast<double>(c.block.candidate.errors);
      events.push_back({c.block.to, Wall(c.block.to.time_since_epoch()), c});
    }
  }
};

Replayed again(const Recorded& r, const config::Config& other) {
  auto plan = intake::plan_of(r.d, kSite, other);
  EXPECT_TRUE(plan);
  auto replayed = replay(r.d, r.events, *plan);
  EXPECT_TRUE(replayed) << (replayed ? "" : replayed.error().text);
  return replayed ? *replayed : Replayed{};
}

TEST(Replay, TheSamePolicyGivesTheSameVerdicts) {
  const auto config = policy("");
  const Recorded r(config, 0.2, 2min);
  const Replayed out = again(r, config);
  ASSERT_EQ(out.stages.size(), 1u);
  EXPECT_EQ(out.stages[0].was.ruling, Ruling::fail);
  EXPECT_TRUE(out.stages[0].same());
  EXPECT_TRUE(out.stages[0].was.verdict.verdict == out.stages[0].would.verdict.verdict);
  EXPECT_TRUE(out.notes.empty());
}

// The stage ends at the event that decides it, and so does the record.
TEST(Replay, WhatDecidedIsPartOfTheStage) {
  const auto config = policy("");
  Recorded r(config, 0.2, 2min);
  const Instant decided = again(r, config).stages.at(0).was.at;
  for (auto& p : r.d.progress.edit())
    if (p.started != Instant{}) p.ended = decided;
  r.d.ended_at = decided + 30s;
  const Replayed out = again(r, config);
  EXPECT_EQ(out.stages.at(0).was.ruling, Ruling::fail);
  EXPECT_EQ(out.stages[0].was.at, decided);
  EXPECT_TRUE(out.stages[0].same());
}

TEST(Replay, ALaxerPolicyLetsItPass) {
  const Recorded r(policy(""), 0.05, 2min);
  const Replayed out =
      again(r, policy("analysis: { defaults: off }\n"
                      "deployment: { rollback: { conditions: [\"error_rate > 50%\"] } }\n"));
  ASSERT_EQ(out.stages.size(), 1u);
  EXPECT_EQ(out.stages[0].was.ruling, Ruling::fail);
  EXPECT_NE(out.stages[0].would.ruling, Ruling::fail);
  EXPECT_FALSE(out.stages[0].same());
}

TEST(Replay, AStricterBudgetTakesLonger) {
  const auto lax = policy("analysis: { false_rollback_budget: 10% }\n");
  const auto strict = policy("analysis: { false_rollback_budget: 0.0001% }\n");
  const Recorded r(lax, 0.03, 2min);
  const Replayed out = again(r, strict);
  ASSERT_EQ(out.stages.size(), 1u);
  EXPECT_EQ(out.stages[0].was.ruling, Ruling::fail);
  const auto& would = out.stages[0].would;
  EXPECT_TRUE(would.ruling != Ruling::fail || would.at > out.stages[0].was.at);
}

TEST(Replay, WhatWasNotCountedThenIsSaid) {
  const Recorded r(policy(""), 0, 0s);
  const Replayed out =
      again(r, policy("metrics: { orders: { source: webhook, bad: up } }\n"
                      "deployment: { rollback: { conditions: [\"p99_latency > 500ms\"] } }\n"));
  ASSERT_EQ(out.notes.size(), 2u);
  EXPECT_NE(out.notes[0].find("±1 %"), std::string::npos);
  EXPECT_NE(out.notes[1].find("`orders` was not asked then"), std::string::npos);
}

TEST(Replay, NothingToJudgeIsSaid) {
  Recorded r(policy(""), 0, 0s);
  auto plan = intake::plan_of(r.d, kSite, policy(""));
  r.events.clear();
  EXPECT_FALSE(replay(r.d, r.events, *plan));
  for (auto& p : r.d.progress.edit()) p.started = Instant{};
  EXPECT_NE(replay(r.d, r.events, *plan).error().text.find("no stage"), std::string::npos);
}

}  // namespace
}  // namespace slipway::intake
