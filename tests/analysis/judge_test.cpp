#include "analysis/judge.h"

#include <gtest/gtest.h>

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

Criterion relative(Metric metric, Compare compare, double limit, double quantile = 0.5) {
  return {.metric = metric, .compare = compare, .name = "x", .quantile = quantile, .limit = limit};
}

// Two versions under load: seconds of traffic into one judge.
struct Stage {
  Judge judge;
  Instant now{};
  Prng prng{42};
  double stable_errors = 0.001, candidate_errors = 0.001;
  double stable_ms = 20, candidate_ms = 20;
  double rps = 200, weight = 0.05;

  explicit Stage(Charge charge) : judge(std::move(charge), Instant{}) {}

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

TEST(Judge, TwentyPercentErrorsAtFivePercentFailsWithinSeconds) {
  Stage s({.dwell = 10min, .criteria = {error_below(0.01)}});
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

TEST(Judge, DefaultCriterionComparesWithStableInTheSameBlock) {
  Stage bad({.dwell = 10min});
  bad.candidate_errors = 0.2;
  EXPECT_GT(bad.until_decided(60), 0);
  const Verdict v = bad.judge.look(bad.now);
  EXPECT_EQ(v.findings.at(0).engine, "R2");

  Stage shared({.dwell = 2min});
  shared.candidate_errors = shared.stable_errors = 0.2;  // an outage of both is not the candidate's
  EXPECT_EQ(shared.until_decided(200), 120);
  EXPECT_EQ(shared.judge.look(shared.now).ruling, Ruling::pass);
}

TEST(Judge, HealthyPassesExactlyAtItsDwell) {
  Stage s({.dwell = 60s, .criteria = {error_below(0.01)}});
  EXPECT_EQ(s.until_decided(200), 60);
  const Verdict v = s.judge.look(s.now);
  EXPECT_EQ(v.ruling, Ruling::pass);
  EXPECT_EQ(v.data, DataState::enough);
  EXPECT_EQ(v.observed, Duration(60s));
}

TEST(Judge, OneErrorOfThirtyRequestsDoesNotRollBack) {
  Stage s({.dwell = 30s, .criteria = {error_below(0.01)}});
  s.rps = 20;
  s.stable_errors = s.candidate_errors = 0;
  for (int i = 0; i < 29; ++i) {
    Block b = s.block();
    if (i == 3) b.candidate.errors = 1;
    s.judge.ingest(b);
    s.now += 1s;
    ASSERT_EQ(s.judge.look(s.now).ruling, Ruling::hold);
  }
  EXPECT_EQ(s.second().ruling, Ruling::pass);
  EXPECT_EQ(s.judge.x_candidate, 1u);
  EXPECT_EQ(s.judge.n_candidate, 30u);
}

TEST(Judge, AThreeSecondBlipFromCalmCannotFail) {
  Stage s({.dwell = 1h, .deadline = 2h, .criteria = {error_below(0.01)}});
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
  Stage s({.dwell = 10min});
  s.rps = 140;  // seven a second
  s.candidate_errors = 1;
  EXPECT_EQ(s.until_decided(20), 3);
  const Verdict v = s.judge.look(s.now);
  const Finding& f = v.findings.at(static_cast<std::size_t>(v.decided_by));
  EXPECT_EQ(f.engine, "fail_fast");
  EXPECT_EQ(f.x_candidate, 21u);

  Stage off({.dwell = 10min, .fail_fast = false});
  off.rps = 140;
  off.candidate_errors = 1;
  EXPECT_GT(off.until_decided(20), 3);
}

TEST(Judge, AbsoluteLatencyIsCountedAtTheLimitOfThePlan) {
  const auto charge = [] {
    return Charge{.dwell = 10min,
                  .criteria = {latency_below(0.99, 500)},
                  .latency_limits_us = {100'000, 500'000}};
  };
  Stage slow(charge());
  slow.candidate_ms = 450;  // 225 to 675 ms: a good third is too slow
  const int after = slow.until_decided(120);
  EXPECT_GT(after, 0);
  EXPECT_LE(after, 30);
  const Verdict v = slow.judge.look(slow.now);
  const Finding& f = v.findings.at(static_cast<std::size_t>(v.decided_by));
  EXPECT_EQ(f.unit, "ms");
  EXPECT_GT(f.candidate, 500);
  EXPECT_LT(f.stable, 100);

  Stage good(charge());
  EXPECT_EQ(good.until_decided(599), -1);
  EXPECT_EQ(good.second().ruling, Ruling::pass);
}

TEST(Judge, RelativeLatencyNeedsAnArmedQuantile) {
  Stage s({.dwell = 10min, .criteria = {relative(Metric::latency, Compare::increase, 0.2)}});
  s.candidate_ms = 40;
  const int after = s.until_decided(120);
  EXPECT_GT(after, 0);
  EXPECT_LE(after, 30);
  EXPECT_EQ(s.judge.tests.at(0).x_candidate > 0, true);

  Stage few({.dwell = 10min, .criteria = {relative(Metric::latency, Compare::ratio, 2, 0.99)}});
  few.rps = 20;  // 19 stable a second: 2,000 are not there within 100 s
  few.candidate_ms = 100;
  EXPECT_EQ(few.until_decided(100), -1);
  EXPECT_EQ(few.judge.tests.at(0).n_candidate, 0u);
}

TEST(Judge, IncreaseOfARateIsInPercentagePoints) {
  const auto judge_of = [](double errors) {
    Stage s({.dwell = 5min, .criteria = {relative(Metric::error_rate, Compare::increase, 0.02)}});
    s.candidate_errors = errors;
    const int after = s.until_decided(600);
    return std::pair(after, s.judge.look(s.now).ruling);
  };
  EXPECT_EQ(judge_of(0.015).second, Ruling::pass);
  EXPECT_EQ(judge_of(0.15).second, Ruling::fail);
}

TEST(Judge, InABakeOnlyAbsoluteCriteriaAndFailFastJudge) {
  Charge charge{.bake = true,
                .dwell = 30s,
                .criteria = {error_below(0.05), relative(Metric::error_rate, Compare::ratio, 1.5)}};
  Stage s(charge);
  s.weight = 1;
  EXPECT_EQ(s.judge.tests.size(), 1u);
  EXPECT_EQ(s.until_decided(60), 30);
  EXPECT_EQ(s.judge.look(s.now).ruling, Ruling::pass);

  Stage bad(charge);
  bad.weight = 1;
  bad.candidate_errors = 0.3;
  const int after = bad.until_decided(30);
  EXPECT_GT(after, 0);
  EXPECT_EQ(bad.judge.look(bad.now).ruling, Ruling::fail);

  Stage nothing_written({.bake = true, .dwell = 30s});
  nothing_written.weight = 1;
  nothing_written.candidate_errors = 0.97;
  EXPECT_EQ(nothing_written.until_decided(30), 3);
}

TEST(Judge, WithoutTrafficItNeverPasses) {
  Stage s({.dwell = 10s, .deadline = 10min, .criteria = {error_below(0.01)}});
  Verdict v = s.judge.look(Instant(5min));
  EXPECT_EQ(v.ruling, Ruling::hold);
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
  Stage s({.dwell = 10s});
  s.rps = 20;
  s.candidate_errors = 1;
  s.stable_errors = 1;
  for (int i = 0; i < 15; ++i) EXPECT_NE(s.second().ruling, Ruling::pass);
}

TEST(Judge, DwellCountsOnlyFreshData) {
  Stage s({.dwell = 120s, .deadline = 1h, .criteria = {error_below(0.01)}});
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

TEST(Judge, StableMustBeSeenTooOutsideABake) {
  Stage s({.dwell = 10s, .deadline = 1h, .criteria = {error_below(0.01)}});
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
  Stage s({.dwell = 60s, .criteria = {error_below(0.01)}});
  s.rps = 20;
  EXPECT_EQ(s.second().data, DataState::too_little);
  for (int i = 0; i < 19; ++i) s.second();
  EXPECT_EQ(s.judge.look(s.now).data, DataState::enough);
}

TEST(Judge, BadDataHoldsAndIsForgottenWithTheNextGoodBlock) {
  Stage s({.dwell = 5s, .criteria = {error_below(0.01)}});
  for (int i = 0; i < 4; ++i) s.second();
  Block broken = s.block();
  broken.candidate.errors = broken.candidate.requests + 1;
  s.judge.ingest(broken);
  s.now += 1s;
  Verdict v = s.judge.look(s.now + 10s);
  EXPECT_EQ(v.data, DataState::bad);
  EXPECT_EQ(v.ruling, Ruling::hold);
  EXPECT_EQ(s.judge.n_candidate, 40u);  // nothing of it was counted
  v = s.second();
  EXPECT_EQ(v.data, DataState::enough);
  EXPECT_EQ(v.ruling, Ruling::pass);

  Block back = s.block();
  back.from = Instant(1s);
  back.to = Instant(2s);
  s.judge.ingest(back);
  EXPECT_EQ(s.judge.look(s.now).data, DataState::bad);
}

TEST(Judge, DeadlinePolicyGoesByTheStateOfTheData) {
  const auto at_deadline = [](OnInconclusive none, OnInconclusive stale, bool traffic) {
    Stage s({.dwell = 10min,
             .deadline = 5min,
             .criteria = {error_below(0.01)},
             .on_no_data = none,
             .on_stale_data = stale});
    if (traffic) s.second();
    EXPECT_EQ(s.judge.look(Instant(5min) - Duration(1)).ruling, Ruling::hold);
    return s.judge.look(Instant(5min)).ruling;
  };
  using enum OnInconclusive;
  EXPECT_EQ(at_deadline(rollback, hold, false), Ruling::fail);
  EXPECT_EQ(at_deadline(promote, hold, false), Ruling::pass);
  EXPECT_EQ(at_deadline(rollback, hold, true), Ruling::hold);
  EXPECT_EQ(at_deadline(hold, rollback, true), Ruling::fail);
  EXPECT_EQ(at_deadline(hold, promote, true), Ruling::pass);
}

TEST(Judge, TimeNobodyWatchedDoesNotCount) {
  Stage s({.dwell = 60s, .deadline = 5min, .criteria = {error_below(0.01)}});
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
  EXPECT_EQ(s.judge.n_candidate, 210u);
}

TEST(Judge, ACopyGoesOnToTheSameState) {
  Stage s({.dwell = 1h,
           .deadline = 2h,
           .criteria = {error_below(0.05), latency_below(0.99, 500),
                        relative(Metric::latency, Compare::ratio, 2)},
           .latency_limits_us = {500'000}});
  s.candidate_errors = 0.03;
  std::vector<Block> blocks;
  for (int i = 0; i < 60; ++i) {
    blocks.push_back(s.block());
    s.now += 1s;
  }
  Judge whole = s.judge, first = s.judge;
  for (const Block& b : blocks) whole.ingest(b);
  for (std::size_t i = 0; i < 30; ++i) first.ingest(blocks[i]);
  Judge again = first;
  for (std::size_t i = 30; i < 60; ++i) again.ingest(blocks[i]);
  EXPECT_EQ(again, whole);
  EXPECT_EQ(again.look(s.now), whole.look(s.now));
  EXPECT_NE(first, whole);
}

TEST(Judge, AnEmptyGroupGivesItsWeightAway) {
  // One error criterion decides at ln(1/alpha); beside a latency one it needs ln 2 more.
  Stage alone({.criteria = {error_below(0.01)}}),
      both({.criteria = {error_below(0.01), latency_below(0.99, 500)},
            .latency_limits_us = {500'000}});
  EXPECT_NEAR(alone.judge.look({}).findings.at(0).needed, 4.605170185988091, 1e-12);
  EXPECT_NEAR(both.judge.look({}).findings.at(0).needed, 4.605170185988091 + 0.6931471805599453,
              1e-12);
}

TEST(Judge, ExternalSignalsDecideNothingYet) {
  Stage s({.dwell = 5s, .criteria = {{.metric = Metric::external, .name = "complaints"}}});
  EXPECT_EQ(s.judge.tests.size(), 1u);  // the default
  EXPECT_EQ(s.until_decided(10), 5);
}

}  // namespace
}  // namespace slipway::analysis
