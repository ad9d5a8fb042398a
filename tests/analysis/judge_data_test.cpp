// The bake, and the four states of data.
#include "stage.h"

namespace slipway::analysis {
namespace {

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

}  // namespace
}  // namespace slipway::analysis
