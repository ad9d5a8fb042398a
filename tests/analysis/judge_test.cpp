#include "analysis/judge.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/prng.h"

namespace slipway::analysis {
namespace {

using namespace std::chrono_literals;

Criterion error_below(double limit) {
  return {.metric = Metric::error_rate, .name = "error_rate", .limit = limit, .text = "< limit"};
}

Criterion latency_below(double quantile, double ms) {
  return {.metric = Metric::latency, .name = "p99_latency", .quantile = quantile, .limit = ms};
}

// A ramp's stage: 5 %, then everything at once.
Charge ramp(std::vector<Criterion> criteria, Duration dwell = 10min) {
  return {.weight = 500, .dwell = dwell, .criteria = std::move(criteria), .ahead = {10'000}};
}

Charge bake(std::vector<Criterion> criteria, Duration dwell) {
  return {.weight = 10'000, .bake = true, .dwell = dwell, .criteria = std::move(criteria)};
}

Criterion both(Criterion c) {
  c.both_sides = true;
  return c;
}

Criterion relative(Metric metric, Compare compare, double limit, double quantile = 0.5) {
  return {.metric = metric, .compare = compare, .name = "x", .quantile = quantile, .limit = limit};
}

// Two versions under load: seconds of traffic into one judge.
// What is known of a stable that was healthy for so many requests.
Baseline known_stable(std::uint64_t requests, double errors, double ms = 20) {
  Block b;
  Prng prng{7};
  b.to = Instant(1s);
  b.stable.requests = requests;
  b.stable.errors = static_cast<std::uint64_t>(static_cast<double>(requests) * errors);
  for (std::uint64_t i = 0; i < requests; ++i)
    b.stable.latencies.add(ms * 1000.0 * (0.5 + prng.unit()));
  Baseline known;
  known.add(b);
  return known;
}

struct Stage {
  Judge judge;
  Instant now{};
  Prng prng{42};
  double stable_errors = 0.001, candidate_errors = 0.001;
  double stable_ms = 20, candidate_ms = 20;
  double rps = 200, weight = 0.05;

  explicit Stage(Charge charge, const Baseline& known = {})
      : judge(std::move(charge), Instant{}, known) {}

  Counts counts(double requests, double errors, double ms) {
    Counts c;
    c.requests = static_cast<std::uint64_t>(requests);
    c.over.assign(judge.charge.latency_limits_us.size(), 0);
    for (std::uint64_t i = 0; i < c.requests; ++i) {
      if (prng.unit() < errors) ++c.errors;
      const double us = ms * 1000.0 * (0.5 + prng.unit());
      c.latencies.add(us);
      for (std::size_t k = 0; k < c.over.size(); ++k)
        if (us > judge.charge.latency_limits_us[k]) ++c.over[k];
    }
    return c;
  }

  Block block(Duration span = 1s) {
    Block b;
    b.from = now;
    b.to = now + span;
    const double n = rps * to_seconds(span);
    b.candidate = counts(n * weight, candidate_errors, candidate_ms);
    if (weight < 1) b.stable = counts(n * (1 - weight), stable_errors, stable_ms);
    return b;
  }

  Verdict second() {
    judge.ingest(block());
    now += 1s;
    return judge.look(now);
  }

  // Seconds until the ruling is not hold; -1: never within `limit`.
  int until_decided(int limit) {
    for (int i = 1; i <= limit; ++i)
      if (second().ruling != Ruling::hold) return i;
    return -1;
  }
};

const slipway::analysis::Test& test_of(const Judge& judge, const std::string& name, Side side) {
  for (const auto& t : judge.tests)
    if (t.name == name && t.side == side) return t;
  ADD_FAILURE() << name << " is not tested";
  return judge.tests.front();
}

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
  EXPECT_EQ(f.engine, "R1");
  EXPECT_EQ(f.ruling, Ruling::fail);
  EXPECT_GE(f.evidence, f.needed);
  EXPECT_GT(f.candidate, 0.1);
}

TEST(Judge, ComparesWithStableInTheSameBlock) {
  Stage bad(ramp(default_criteria()));
  bad.candidate_errors = 0.2;
  EXPECT_GT(bad.until_decided(60), 0);
  const Verdict v = bad.judge.look(bad.now);
  EXPECT_EQ(v.findings.at(static_cast<std::size_t>(v.decided_by)).engine, "R2");

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
  EXPECT_EQ(f.engine, "fail_fast");
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
  EXPECT_EQ(f.unit, "ms");
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

// ---- the bake ------------------------------------------------------------------------------

TEST(Judge, TheBakeHoldsTheCandidateAgainstWhatStableWas) {
  const Baseline known = known_stable(20'000, 0.001);
  Stage good(bake(default_criteria(), 60s), known);
  good.weight = 1;
  EXPECT_EQ(good.judge.tests.at(0).engine, Engine::rate1);
  EXPECT_NEAR(good.judge.tests.at(0).p0, 0.0034, 0.001);
  EXPECT_EQ(good.until_decided(100), 60);
  EXPECT_EQ(good.judge.look(good.now).ruling, Ruling::pass);

  Stage bad(bake(default_criteria(), 60s), known);
  bad.weight = 1;
  bad.candidate_errors = 0.03;
  EXPECT_LT(bad.until_decided(100), 40);
  EXPECT_EQ(bad.judge.look(bad.now).ruling, Ruling::fail);

  Stage slow(bake(default_criteria(), 60s), known);
  slow.weight = 1;
  slow.candidate_ms = 40;
  EXPECT_LT(slow.until_decided(100), 40);
  EXPECT_EQ(slow.judge.look(slow.now).ruling, Ruling::fail);
}

TEST(Judge, WithoutABaselineTheBakeSaysWhatItCannotJudge) {
  const Judge judge(bake({default_criteria().front(), error_below(0.05)}, 30s), Instant{},
                    known_stable(400, 0));
  EXPECT_EQ(judge.tests.size(), 1u);
  ASSERT_EQ(judge.notes.size(), 1u);
  EXPECT_NE(judge.notes[0].find("400 requests"), std::string::npos);
}

TEST(Judge, TheBakeOfAGoodBaselineKeepsFailFast) {
  Stage nothing_known(bake(default_criteria(), 30s));
  nothing_known.weight = 1;
  nothing_known.candidate_errors = 0.97;
  EXPECT_EQ(nothing_known.until_decided(30), 3);
}

TEST(Judge, WithAHoldbackTheComparisonGoesOn) {
  Charge charge = bake(default_criteria(), 60s);
  charge.weight = 9'800;
  Stage s(charge);
  s.weight = 0.98;
  EXPECT_EQ(s.judge.tests.at(0).engine, Engine::rate2);
  EXPECT_EQ(s.until_decided(100), 60);
  EXPECT_EQ(s.judge.look(s.now).ruling, Ruling::pass);
}

// ---- the four states of data ---------------------------------------------------------------

TEST(Judge, WithoutTrafficItNeverPasses) {
  Charge charge = ramp({both(error_below(0.01))}, 10s);
  charge.deadline = 10min;
  Stage s(charge);
  Verdict v = s.judge.look(Instant(5min));
  EXPECT_EQ(v.ruling, Ruling::hold);  // no errors at all: a naive comparison passes
  EXPECT_EQ(v.data, DataState::no_data);
  EXPECT_EQ(v.observed, Duration(0));
  EXPECT_EQ(v.next, Instant(10min));
  v = s.judge.look(Instant(10min));
  EXPECT_EQ(v.ruling, Ruling::hold);  // on_no_data: hold
  s.judge.extend();
  EXPECT_EQ(s.judge.extensions, 1);
  EXPECT_EQ(s.judge.look(Instant(10min)).next, Instant(20min));
}

TEST(Judge, OnlyErrorsAreNoAnswer) {
  Stage s(bake(default_criteria(), 10s));
  s.rps = 1;
  s.weight = 1;
  s.candidate_errors = 1;
  for (int i = 0; i < 15; ++i) EXPECT_NE(s.second().ruling, Ruling::pass);
}

TEST(Judge, DwellCountsOnlyFreshData) {
  Charge charge = bake({error_below(0.01)}, 120s);
  charge.deadline = 1h;
  Stage s(charge);
  s.weight = 1;
  for (int i = 0; i < 30; ++i) s.second();
  Verdict v = s.judge.look(s.now);
  EXPECT_EQ(v.observed, Duration(30s));
  EXPECT_EQ(v.next, s.now + 60s + Duration(1));  // before the dwell the data would be stale
  v = s.judge.look(s.now + 40s);
  EXPECT_EQ(v.observed, Duration(70s));
  EXPECT_EQ(v.data, DataState::enough);
  v = s.judge.look(s.now + 10min);
  EXPECT_EQ(v.observed, Duration(90s));
  EXPECT_EQ(v.data, DataState::stale);
  EXPECT_EQ(v.ruling, Ruling::hold);
  s.now += 10min;
  v = s.second();
  EXPECT_EQ(v.data, DataState::enough);
  EXPECT_EQ(v.observed, Duration(90s));  // the silence counted its first minute and no more
  EXPECT_EQ(v.next, s.now + 30s);
  EXPECT_EQ(s.judge.look(s.now + 30s).ruling, Ruling::pass);
}

TEST(Judge, StaleEvidenceDoesNotPass) {
  Stage s(ramp(default_criteria(), 200s));
  s.rps = 2000;
  for (int i = 0; i < 150; ++i) s.second();  // everything is shown, but for the dwell
  const Verdict v = s.judge.look(s.now + 5min);
  EXPECT_EQ(v.data, DataState::stale);
  EXPECT_EQ(v.ruling, Ruling::hold);
}

TEST(Judge, StableMustBeSeenTooOutsideABake) {
  Charge charge = ramp({error_below(0.01)}, 10s);
  charge.deadline = 1h;
  Stage s(charge);
  for (int i = 0; i < 90; ++i) {
    Block b = s.block();
    b.stable = {};
    s.judge.ingest(b);
    s.now += 1s;
  }
  const Verdict v = s.judge.look(s.now);
  EXPECT_EQ(v.ruling, Ruling::hold);
  EXPECT_EQ(v.observed, Duration(0));
  EXPECT_EQ(v.data, DataState::stale);
}

TEST(Judge, TooLittleIsSaid) {
  Stage s(bake({error_below(0.01)}, 60s));
  s.weight = 1;
  s.rps = 1;
  EXPECT_EQ(s.second().data, DataState::too_little);
  for (int i = 0; i < 19; ++i) s.second();
  EXPECT_EQ(s.judge.look(s.now).data, DataState::enough);
}

TEST(Judge, BadDataHoldsAndIsForgottenWithTheNextGoodBlock) {
  Stage s(bake({error_below(0.01)}, 5s));
  s.weight = 1;
  for (int i = 0; i < 4; ++i) s.second();
  Block broken = s.block();
  broken.candidate.errors = broken.candidate.requests + 1;
  s.judge.ingest(broken);
  s.now += 1s;
  Verdict v = s.judge.look(s.now + 10s);
  EXPECT_EQ(v.data, DataState::bad);
  EXPECT_EQ(v.trouble, "201 errors of 200 requests of the candidate");
  EXPECT_EQ(v.ruling, Ruling::hold);
  EXPECT_EQ(s.judge.n_candidate, 800u);  // nothing of it was counted
  v = s.second();
  EXPECT_EQ(v.data, DataState::enough);
  EXPECT_EQ(v.ruling, Ruling::pass);

  Block back = s.block();
  back.from = Instant(1s);
  back.to = Instant(2s);
  s.judge.ingest(back);
  EXPECT_EQ(s.judge.look(s.now).data, DataState::bad);
  EXPECT_EQ(s.judge.look(s.now).trouble, "time went back");
}

TEST(Judge, DeadlinePolicyGoesByTheStateOfTheData) {
  const auto at_deadline = [](OnInconclusive none, OnInconclusive stale, OnInconclusive bad,
                              int what) {
    Charge charge = ramp({both(error_below(0.01))});
    charge.deadline = 5min;
    charge.on_no_data = none;
    charge.on_stale_data = stale;
    charge.on_bad_data = bad;
    Stage s(charge);
    if (what > 0) s.second();
    if (what > 1) {
      Block broken = s.block();
      broken.stable.errors = broken.stable.requests + 1;
      s.judge.ingest(broken);
    }
    EXPECT_EQ(s.judge.look(Instant(5min) - Duration(1)).ruling, Ruling::hold);
    return s.judge.look(Instant(5min)).ruling;
  };
  using enum OnInconclusive;
  EXPECT_EQ(at_deadline(rollback, hold, hold, 0), Ruling::fail);
  EXPECT_EQ(at_deadline(promote, hold, hold, 0), Ruling::pass);
  EXPECT_EQ(at_deadline(rollback, hold, promote, 1), Ruling::hold);
  EXPECT_EQ(at_deadline(hold, rollback, promote, 1), Ruling::fail);
  EXPECT_EQ(at_deadline(hold, promote, rollback, 1), Ruling::pass);
  EXPECT_EQ(at_deadline(promote, promote, rollback, 2), Ruling::fail);
}

TEST(Judge, TimeNobodyWatchedDoesNotCount) {
  Charge charge = bake({error_below(0.01)}, 60s);
  charge.deadline = 5min;
  Stage s(charge);
  s.weight = 1;
  for (int i = 0; i < 20; ++i) s.second();
  s.now += 5s;  // the agent dies 5 s after the last block and is away for 30 s
  s.now += 30s;
  s.judge.unobserved(30s, s.now);
  EXPECT_EQ(s.judge.deadline, Instant(5min + 30s));
  EXPECT_EQ(s.judge.look(s.now).observed, Duration(25s));
  Block b = s.block();
  b.from = Instant(20s);  // rows of the time away are counted, its seconds are not
  s.judge.ingest(b);
  s.now += 1s;
  EXPECT_EQ(s.judge.look(s.now).observed, Duration(26s));
}

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
