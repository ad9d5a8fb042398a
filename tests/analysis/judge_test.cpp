// What takes a release back, and what lets it pass.
#include "stage.h"

namespace slipway::analysis {
namespace {

// ---- what takes a release back -------------------------------------------------------------

TEST(Judge, TwentyPercentErrorsAtFivePercentFailsWithinSeconds) {
  Stage s(ramp({error_below(0.01)}));
  s.candidate_errors = 0.2;
  const int after = s.until_decided(60);
  EXPECT_GT(after, 3);
  EXPECT_LE(after, 20);
  const Verdict v = s.judge.look(s.now);
  ASSERT_EQ(v.ruling, Ruling::fail);
  const Finding& f = v.findings.at(static_cast<std::size_t>(v.decided_by));
  EXPECT_EQ(f.subject->engine, "R1");
  EXPECT_EQ(f.ruling, Ruling::fail);
  EXPECT_GE(f.evidence, f.needed);
  EXPECT_GT(f.candidate, 0.1);
}

TEST(Judge, ComparesWithStableInTheSameBlock) {
  Stage bad(ramp(default_criteria()));
  bad.candidate_errors = 0.2;
  EXPECT_GT(bad.until_decided(60), 0);
  const Verdict v = bad.judge.look(bad.now);
  EXPECT_EQ(v.findings.at(static_cast<std::size_t>(v.decided_by)).subject->engine, "R2");

  Stage shared(ramp({default_criteria().front()}));
  for (int i = 0; i < 300; ++i) {  // an outage of both is not the candidate's
    shared.candidate_errors = shared.stable_errors = i > 100 && i < 220 ? 0.2 : 0.001;
    ASSERT_NE(shared.second().ruling, Ruling::fail) << i;
  }
}

TEST(Judge, OneErrorOfThirtyRequestsDoesNotRollBack) {
  Stage s(ramp({error_below(0.01)}, 30s));
  s.rps = 20;
  s.stable_errors = s.candidate_errors = 0;
  for (int i = 0; i < 30; ++i) {
    Block b = s.block();
    if (i == 3) b.candidate.errors = 1;
    s.judge.ingest(b);
    s.now += 1s;
    ASSERT_EQ(s.judge.look(s.now).ruling, Ruling::hold);
  }
  EXPECT_EQ(s.judge.x_candidate, 1u);
  EXPECT_EQ(s.judge.n_candidate, 30u);
}

TEST(Judge, AThreeSecondBlipFromCalmCannotFail) {
  Stage s(ramp({error_below(0.01)}, 1h));
  s.rps = 2000;
  for (int i = 0; i < 30; ++i) ASSERT_EQ(s.second().ruling, Ruling::hold);
  s.candidate_errors = 0.8;  // below what fail_fast takes
  for (int i = 0; i < 3; ++i) ASSERT_EQ(s.second().ruling, Ruling::hold) << i;
  s.candidate_errors = 0.001;
  for (int i = 0; i < 60; ++i) ASSERT_EQ(s.second().ruling, Ruling::hold) << i;
  s.candidate_errors = 0.8;  // a lasting one does, although the blip took evidence
  EXPECT_GT(s.until_decided(20), 3);
  EXPECT_EQ(s.judge.look(s.now).ruling, Ruling::fail);
}

TEST(Judge, TotalFailureIsFast) {
  Stage s(ramp(default_criteria()));
  s.rps = 140;  // seven a second
  s.candidate_errors = 1;
  EXPECT_EQ(s.until_decided(20), 3);
  const Verdict v = s.judge.look(s.now);
  const Finding& f = v.findings.at(static_cast<std::size_t>(v.decided_by));
  EXPECT_EQ(f.subject->engine, "fail_fast");
  EXPECT_EQ(f.x_candidate, 21u);

  Charge without = ramp(default_criteria());
  without.fail_fast = false;
  Stage off(without);
  off.rps = 140;
  off.candidate_errors = 1;
  EXPECT_GT(off.until_decided(20), 3);
}

TEST(Judge, AbsoluteLatencyIsCountedAtTheLimitOfThePlan) {
  Charge charge = ramp({both(latency_below(0.99, 500))}, 60s);
  charge.latency_limits_us = {100'000, 500'000};
  Stage slow(charge);
  slow.candidate_ms = 450;  // 225 to 675 ms: a good third is too slow
  const int after = slow.until_decided(120);
  EXPECT_GT(after, 0);
  EXPECT_LE(after, 30);
  const Verdict v = slow.judge.look(slow.now);
  const Finding& f = v.findings.at(static_cast<std::size_t>(v.decided_by));
  EXPECT_EQ(f.subject->unit, "ms");
  EXPECT_GT(f.candidate, 500);
  EXPECT_LT(f.stable, 100);

  Stage good(charge);
  EXPECT_GE(good.until_decided(599), 60);
  EXPECT_EQ(good.judge.look(good.now).ruling, Ruling::pass);
}

TEST(Judge, RelativeLatencyNeedsAnArmedQuantile) {
  Stage s(ramp({relative(Metric::latency, Compare::increase, 0.2)}));
  s.candidate_ms = 40;
  const int after = s.until_decided(120);
  EXPECT_GT(after, 0);
  EXPECT_LE(after, 30);

  Charge charge = ramp({relative(Metric::latency, Compare::ratio, 2, 0.99)});
  Stage few(charge);
  few.rps = 20;  // 19 stable a second: 2,000 are not there within 100 s
  few.candidate_ms = 100;
  EXPECT_EQ(few.until_decided(100), -1);
  EXPECT_EQ(few.judge.tests.at(0).n_candidate, 0u);

  Stage known(charge, known_stable(3000, 0));  // what was before the deployment arms it at once
  known.rps = 20;
  known.candidate_ms = 100;
  known.second();
  EXPECT_EQ(known.judge.tests.at(0).n_candidate, 1u);
}

TEST(Judge, TheThresholdFollowsStableEachMinute) {
  Stage s(ramp({relative(Metric::latency, Compare::ratio, 1.25)}, 2h));
  for (int i = 0; i < 30; ++i) s.second();
  const auto y = s.judge.tests.at(0).y;
  s.stable_ms = s.candidate_ms = 60;  // everybody becomes slower
  for (int i = 0; i < 29; ++i) s.second();
  EXPECT_EQ(s.judge.tests.at(0).y, y);
  for (int i = 0; i < 1800; ++i) ASSERT_NE(s.second().ruling, Ruling::fail) << i;
  const double us = Histogram::bound(s.judge.tests.at(0).y);
  EXPECT_NEAR(us, 60'000, 3'000);  // with half lives of ten minutes the old ones no longer count
}

TEST(Judge, IncreaseOfARateIsInPercentagePoints) {
  const auto ruled = [](double errors) {
    Stage s(ramp({relative(Metric::error_rate, Compare::increase, 0.02)}, 5min));
    s.candidate_errors = errors;
    s.until_decided(1200);
    return s.judge.look(s.now).ruling;
  };
  EXPECT_NE(ruled(0.015), Ruling::fail);
  EXPECT_EQ(ruled(0.15), Ruling::fail);
}

TEST(Judge, BurstsOfStablesInstancesTemperTheEvidence) {
  const auto needed = [](std::vector<double> dispersion) {
    Stage s(ramp({default_criteria().front()}));
    s.candidate_errors = 0.1;
    for (int i = 1; i <= 300; ++i) {
      Block b = s.block();
      b.dispersion = dispersion;
      s.judge.ingest(b);
      s.now += 1s;
      if (s.judge.look(s.now).ruling == Ruling::fail) return i;
    }
    return 0;
  };
  const int plain = needed({}), same = needed({1, 1, 1, 1}), bursty = needed({10, 1, 1, 1});
  EXPECT_EQ(plain, same);
  EXPECT_GT(bursty, 2 * plain);
}

TEST(Judge, ErrorsThatReturnFirstAreNoEvidence) {
  Charge charge = ramp({default_criteria().front()});
  const auto after_first_seconds = [&](bool floor) {
    charge.exposure_floor = floor;
    Judge judge(charge, Instant{});
    for (int i = 0; i < 3; ++i) {
      Block b;
      b.from = Instant(Duration(1s) * i);
      b.to = b.from + 1s;
      b.stable.requests = 950;
      b.stable.errors = 3;
      b.candidate.requests = b.candidate.errors = 1;  // 49 more are still being answered
      judge.ingest(b);
    }
    return ln_evidence(judge.tests.at(0));
  };
  EXPECT_LT(after_first_seconds(true), after_first_seconds(false) - 1);
}

// ---- what lets it pass ---------------------------------------------------------------------

TEST(Judge, PassesOnlyWhenItWasShownSafe) {
  Stage s(ramp(default_criteria(), 60s));
  const int after = s.until_decided(400);
  // 10 requests a second, about 1,240 are needed before all of the traffic.
  EXPECT_GT(after, 60);
  EXPECT_LT(after, 220);
  const Verdict v = s.judge.look(s.now);
  EXPECT_EQ(v.ruling, Ruling::pass);
  EXPECT_EQ(v.data, DataState::enough);

  Stage fast(ramp(default_criteria(), 60s));
  fast.rps = 2000;
  EXPECT_EQ(fast.until_decided(400), 60);  // its dwell, not before
}

TEST(Judge, ANaiveComparisonWouldPassTooEarly) {
  Stage s(ramp({both(error_below(0.01))}, 20s));
  s.candidate_errors = 0;
  for (int i = 0; i < 40; ++i) {
    const Verdict v = s.second();
    ASSERT_EQ(v.ruling, Ruling::hold) << i;  // 0 errors of 400: 1 % is not ruled out
    EXPECT_EQ(v.data, DataState::too_little);
  }
}

TEST(Judge, WithoutASafeTestItNeverPasses) {
  Charge charge{.weight = 500, .dwell = 30s, .deadline = 10min, .criteria = {error_below(0.01)}};
  Stage s(charge);
  EXPECT_EQ(s.until_decided(599), -1);
}

TEST(Judge, OnTheMarginItEndsByItsPolicy) {
  Charge charge = ramp({both(error_below(0.02))}, 30s);
  charge.deadline = 20min;
  for (const auto& [action, ruling] : {std::pair{OnInconclusive::hold, Ruling::hold},
                                       std::pair{OnInconclusive::promote, Ruling::pass},
                                       std::pair{OnInconclusive::rollback, Ruling::fail}}) {
    charge.on_inconclusive = action;
    Stage s(charge);
    s.candidate_errors = s.stable_errors = 0.02;
    ASSERT_EQ(s.until_decided(1190), -1);
    EXPECT_EQ(s.judge.look(s.now).data, DataState::enough);  // not too little: it is on the edge
    s.now = Instant(20min);
    EXPECT_EQ(s.judge.look(s.now).ruling, ruling);
  }
}

TEST(Judge, EvidenceGoesOnFromStageToStage) {
  Charge first = ramp(default_criteria(), 10s);
  first.ahead = {2'500, 10'000};
  Stage s(first);
  ASSERT_GT(s.until_decided(300), 0);
  Charge second = ramp(default_criteria(), 10s);
  second.weight = 2'500;
  Judge next = s.judge.next(second, s.now);
  EXPECT_EQ(test_of(next, "error_rate", Side::harm).evidence,
            test_of(s.judge, "error_rate", Side::harm).evidence);
  const auto& safe = test_of(next, "error_rate", Side::safe);
  EXPECT_EQ(safe.step, 10'000);
  EXPECT_GT(safe.n_candidate, 100u);  // it ran from the start
  EXPECT_EQ(next.n_candidate, 0u);    // the stage's own counts begin anew
  EXPECT_EQ(next.look(s.now).data, DataState::no_data);
}

}  // namespace
}  // namespace slipway::analysis
