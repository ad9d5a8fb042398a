// Special lanes, other sources, and what the judge is made of.
#include "stage.h"

namespace slipway::analysis {
namespace {

// ---- special lanes -------------------------------------------------------------------------

TEST(Judge, ABrokenStableIsNoReasonToGoBack) {
  const Baseline broken = known_stable(5'000, 0.05);
  Stage same(ramp({both(error_below(0.01))}, 60s), broken);
  same.stable_errors = same.candidate_errors = 0.05;
  ASSERT_EQ(same.judge.notes.size(), 1u);
  EXPECT_NE(same.judge.notes[0].find("rescue lane"), std::string::npos);
  same.rps = 2000;
  EXPECT_GE(same.until_decided(1200), 60);
  EXPECT_EQ(same.judge.look(same.now).ruling, Ruling::pass);

  Stage worse(ramp({both(error_below(0.01))}, 60s), broken);
  worse.stable_errors = 0.05;
  worse.candidate_errors = 0.2;
  EXPECT_GT(worse.until_decided(600), 0);
  EXPECT_EQ(worse.judge.look(worse.now).ruling, Ruling::fail);
  EXPECT_TRUE(worse.judge.next(ramp({both(error_below(0.01))}), worse.now).tests.back().rescued);
}

// Where no margins of a step are asked for, the limit that stable breaks is what shows it.
TEST(Judge, ARescuedStageEndsWithoutMarginsOfItsStep) {
  const auto stage = [](double limit, double stable, double candidate) {
    Charge charge = ramp({both(error_below(limit))}, 30s);
    charge.risk_budget = 0;
    Stage s(charge, known_stable(5'000, std::max(stable, 2 * limit)));
    EXPECT_EQ(s.judge.notes.size(), 1U);
    s.stable_errors = stable;
    s.candidate_errors = candidate;
    s.rps = 400;
    return s;
  };
  // The outage is over, and still stands among what is known of stable.
  Stage over = stage(0.05, 0, 0);
  EXPECT_GE(over.until_decided(60), 30);
  EXPECT_EQ(over.judge.look(over.now).ruling, Ruling::pass);
  Stage lasts = stage(0.3, 0.6, 0.6);
  EXPECT_GE(lasts.until_decided(60), 30);
  EXPECT_EQ(lasts.judge.look(lasts.now).ruling, Ruling::pass);
  EXPECT_TRUE(lasts.judge.next(ramp({both(error_below(0.3))}), lasts.now).tests.back().rescued);
  Stage worse = stage(0.05, 0.1, 0.3);
  EXPECT_GT(worse.until_decided(300), 0);
  EXPECT_EQ(worse.judge.look(worse.now).ruling, Ruling::fail);

  Charge slow = ramp({both(latency_below(0.9, 10))}, 30s);
  slow.risk_budget = 0;
  Stage late(slow, known_stable(5'000, 0, 20));
  late.rps = 1000;
  EXPECT_GE(late.until_decided(300), 30);
  EXPECT_EQ(late.judge.look(late.now).ruling, Ruling::pass);
}

TEST(Judge, AStageWithoutCriteriaIsOverWhenItWasWatched) {
  Stage s(Charge{.weight = 500, .dwell = 30s, .criteria = std::vector<Criterion>()});
  ASSERT_TRUE(s.judge.tests.empty());
  EXPECT_EQ(s.until_decided(60), 30);
  EXPECT_EQ(s.judge.look(s.now).ruling, Ruling::pass);
}

TEST(Judge, AnAbsoluteLimitCanLetStablesOutagePass) {
  Criterion c = error_below(0.01);
  const auto ruled = [&](bool only_if_stable_ok) {
    c.only_if_stable_ok = only_if_stable_ok;
    Stage s(ramp({c}));
    s.stable_errors = s.candidate_errors = 0.2;
    s.until_decided(120);
    return s.judge.look(s.now).ruling;
  };
  EXPECT_EQ(ruled(false), Ruling::fail);
  EXPECT_EQ(ruled(true), Ruling::hold);
  c.only_if_stable_ok = true;
  Stage s(ramp({c}));
  s.candidate_errors = 0.2;
  EXPECT_LE(s.until_decided(60), 30);
}

TEST(Judge, AColdCandidateIsNotJudgedYet) {
  Charge charge = ramp({error_below(0.01)});
  charge.warmup = 10s;
  Stage s(charge);
  s.candidate_errors = 0.5;
  for (int i = 0; i < 10; ++i) ASSERT_EQ(s.second().ruling, Ruling::hold);
  EXPECT_EQ(s.judge.tests.at(0).n_candidate, 0u);
  s.candidate_errors = 0;
  for (int i = 0; i < 60; ++i) ASSERT_EQ(s.second().ruling, Ruling::hold);
  EXPECT_LE(s.judge.look(s.now).observed, Duration(60s));

  Stage dead(charge);
  dead.rps = 200;
  dead.candidate_errors = 1;  // it has to answer once to be cold
  EXPECT_EQ(dead.until_decided(20), 3);
}

TEST(Judge, WhatHangsCountsAsFailedOnce) {
  Charge charge = ramp({default_criteria().front()});
  charge.fail_fast = false;
  Stage s(charge, known_stable(30'000, 0));
  int failed = -1;
  for (int i = 0; i < 60 && failed < 0; ++i) {
    Block b = s.block();
    b.stable.started = b.stable.requests;
    b.candidate = {};
    b.candidate.started = 10;
    s.judge.ingest(b);
    s.now += 1s;
    if (s.judge.look(s.now).ruling == Ruling::fail) failed = i;
  }
  EXPECT_GT(failed, 2);
  EXPECT_LT(failed, 20);
  const std::uint64_t errors = s.judge.x_candidate;
  Block late = s.block();  // then all of them time out
  late.candidate.requests = late.candidate.errors = errors;
  late.candidate.latencies = {};
  s.judge.ingest(late);
  EXPECT_EQ(s.judge.x_candidate, errors);
}

// A candidate without an answer closes its blocks late, and evidence of one block is bounded: all
// that is given to it from then on has to count, too.
TEST(Judge, WhatHangsGoesOnToCount) {
  Charge charge = ramp({default_criteria().front()});
  charge.fail_fast = false;
  Stage s(charge, known_stable(30'000, 0));
  for (int i = 0; i < 30; ++i) {
    Block b = s.block();
    b.stable.started = b.stable.requests;
    b.candidate.started = b.candidate.requests = 15;
    s.judge.ingest(b);
    s.now += 1s;
  }
  const Instant hangs = s.now;
  Ruling ruling = Ruling::hold;
  while (ruling == Ruling::hold && s.now - hangs < 60s) {
    Block b = s.block();
    b.to += 2s;
    b.stable.started = b.stable.requests;
    b.candidate = {};
    b.candidate.started = 45;
    s.judge.ingest(b);
    s.now += 3s;
    ruling = s.judge.look(s.now).ruling;
  }
  EXPECT_EQ(ruling, Ruling::fail);
  EXPECT_LE(s.now - hangs, Duration(24s));
  EXPECT_GE(s.judge.x_candidate, 150U);
}

TEST(Judge, AGaugeHoldsAndTakesBackOnlyWhenAsked) {
  Criterion cpu{.metric = Metric::gauge,
                .compare = Compare::increase,
                .name = "cpu",
                .limit = 0.25,
                .text = "increase < 25%",
                .source = "cpu"};
  const auto ruled = [&](bool rollback, double ratio) {
    cpu.rollback = rollback;
    Stage s(ramp({default_criteria().front(), cpu}, 60s));
    s.rps = 2000;
    Ruling r = Ruling::hold;
    for (int i = 1; i <= 1500 && r == Ruling::hold; ++i) {
      if (i % 15 == 0) {
        s.judge.ingest(Reading{.name = "cpu",
                               .from = s.now - 15s,
                               .to = s.now,
                               .stable = 0.4,
                               .candidate = 0.4 * ratio});
      }
      r = s.second().ruling;
    }
    return r;
  };
  EXPECT_EQ(ruled(false, 1.0), Ruling::pass);
  EXPECT_EQ(ruled(false, 1.5), Ruling::hold);
  EXPECT_EQ(ruled(true, 1.5), Ruling::fail);
}

TEST(Judge, AReadingThatLiesIsBadDataAndOneThatIsMissingStale) {
  Criterion tickets{.metric = Metric::external,
                    .name = "tickets",
                    .limit = 0.01,
                    .text = "< 1%",
                    .source = "tickets"};
  Charge charge = ramp({default_criteria().front(), tickets}, 10s);
  for (const auto& [reading, text] :
       {std::pair{Reading{.name = "tickets", .trouble = "the counter was reset"},
                  "tickets: the counter was reset"},
        std::pair{Reading{.name = "tickets", .n_candidate = 3, .x_candidate = 4},
                  "tickets: more bad ones than there were"}}) {
    Stage s(charge);
    s.second();
    Reading r = reading;
    r.to = s.now;
    s.judge.ingest(r);
    EXPECT_EQ(s.judge.look(s.now).data, DataState::bad);
    EXPECT_EQ(s.judge.look(s.now).trouble, text);
  }
  Stage silent(charge);
  silent.rps = 5000;
  for (int i = 0; i < 120; ++i) ASSERT_EQ(silent.second().ruling, Ruling::hold);
  EXPECT_EQ(silent.judge.look(silent.now).data, DataState::stale);
}

TEST(Judge, NotANumberIsBadData) {
  Criterion cpu{.metric = Metric::gauge, .name = "cpu", .limit = 0.9, .source = "cpu"};
  Stage s(ramp({default_criteria().front(), cpu}));
  s.second();
  s.judge.ingest(Reading{.name = "cpu",
                         .from = s.now,
                         .to = s.now,
                         .stable = std::numeric_limits<double>::quiet_NaN(),
                         .candidate = 1});
  EXPECT_EQ(s.judge.look(s.now).trouble, "cpu: not a number");
  s.judge.ingest(Reading{.name = "cpu", .from = s.now, .to = s.now, .stable = 1, .candidate = -1});
  EXPECT_EQ(s.judge.look(s.now).trouble, "cpu: negative");
}

// ---- what it is made of --------------------------------------------------------------------

TEST(Judge, AnEmptyGroupGivesItsWeightAway) {
  // One error criterion decides at ln(1/alpha); beside a latency one it needs ln 2 more.
  const Judge alone(ramp({error_below(0.01)}), Instant{});
  EXPECT_NEAR(alone.look(Instant{}).findings.at(0).needed, 4.605, 0.001);
  const Judge beside(ramp({error_below(0.01), latency_below(0.99, 500)}), Instant{});
  EXPECT_NEAR(beside.look(Instant{}).findings.at(0).needed, 5.298, 0.001);
}

TEST(Judge, WhatIsWrittenReplacesTheDefaultOfItsStatistic) {
  const auto all = with_defaults({error_below(0.01), latency_below(0.99, 500)});
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[2].name, "p50_latency");
  EXPECT_EQ(all[3].name, "p90_latency");
  auto parts = all;
  share_budget(parts);
  EXPECT_DOUBLE_EQ(parts[0].weight, 0.5);
  EXPECT_DOUBLE_EQ(parts[1].weight, 0.5 / 3);
  Criterion tickets{.metric = Metric::external, .name = "t", .source = "t"};
  parts = all;
  parts.push_back(tickets);
  share_budget(parts);
  EXPECT_DOUBLE_EQ(parts[0].weight, 0.5);
  EXPECT_DOUBLE_EQ(parts[1].weight, 0.1);
  EXPECT_DOUBLE_EQ(parts[4].weight, 0.2);
}

TEST(Judge, ACopyGoesOnToTheSameState) {
  Charge charge = ramp(with_defaults({both(error_below(0.05)), latency_below(0.99, 500)}), 1h);
  charge.latency_limits_us = {500'000};
  charge.warmup = 5s;
  Stage s(charge);
  s.candidate_errors = 0.03;
  std::vector<Block> blocks;
  for (int i = 0; i < 200; ++i) {
    blocks.push_back(s.block());
    s.now += 1s;
  }
  Judge whole = s.judge, first = s.judge;
  for (const Block& b : blocks) whole.ingest(b);
  for (std::size_t i = 0; i < 77; ++i) first.ingest(blocks[i]);
  Judge again = first;
  for (std::size_t i = 77; i < blocks.size(); ++i) again.ingest(blocks[i]);
  EXPECT_EQ(again, whole);
  EXPECT_EQ(again.look(s.now), whole.look(s.now));
  EXPECT_NE(first, whole);
}

}  // namespace
}  // namespace slipway::analysis
