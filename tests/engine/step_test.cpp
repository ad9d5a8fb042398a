// What transcripts cannot say: broken invariants are named, and refusals leave the site as it was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "base/limits.h"
#include "transcript.h"

namespace slipway::engine {
namespace {

using testing::HasSubstr;
using testing::Not;

const char* const kCanary = "plan canary\nrelease v1\nrequest deploy v2\nauto\n";

std::string broken(const Site& before, const Site& after, const std::vector<Given>& given) {
  try {
    check_invariants(standing_of(before), after, given);
  } catch (const InvariantBroken& e) {
    return e.what();
  }
  return "";
}

Site live_canary() {
  Transcript t;
  t.run(kCanary);
  return t.site();
}

Given given(Command c) { return {1, 1, std::move(c), {"test", {}}}; }

TEST(Invariants, HoldInAGoodState) {
  const Site site = live_canary();
  EXPECT_EQ(broken(site, site, {}), "");
}

TEST(Invariants, OneWeightsSumToAll) {
  const Site site = live_canary();
  Route route = route_of(site);
  route.slots[0].weight -= 1;
  EXPECT_THAT(broken(site, site, {given(Shift{route})}), HasSubstr("invariant 1"));
}

TEST(Invariants, OneNoTrafficToTheUnhealthy) {
  const Site before = live_canary();
  Site after = before;
  Site sick = before;
  for (Site* site : {&sick, &after}) {
    for (auto& [id, i] : site->instances) {
      if (i.copy == 2) i.healthy = false;
    }
  }
  after.copies.at(2).weight = 2'500;
  after.copies.at(1).weight = 7'500;
  EXPECT_THAT(broken(sick, after, {given(Shift{route_of(after)})}), HasSubstr("invariant 1"));
}

TEST(Invariants, TwoOnlyAShiftMovesTraffic) {
  const Site before = live_canary();
  Site after = before;
  after.copies.at(2).weight = 10'000;
  after.copies.at(1).weight = 0;
  EXPECT_THAT(broken(before, after, {}), HasSubstr("invariant 2"));
}

TEST(Invariants, ThreeTheFloorStands) {
  const Site site = live_canary();
  EXPECT_THAT(broken(site, site, {given(Drain{{}, {1, 2}, 5s})}), HasSubstr("invariant 3"));
}

// Also on the way back, where the floor does not count.
TEST(Invariants, ThreeTheLastHealthyCopyStays) {
  Site before = live_canary();
  before.live->state = State::rolling_back;
  Drain all{{}, {}, 5s};
  Site after = before;
  for (auto& [id, i] : after.instances) {
    all.instances.push_back(id);
    i.phase = InstancePhase::draining;
  }
  EXPECT_THAT(broken(before, after, {given(all)}), HasSubstr("the last healthy copy is retired"));
  before.live->stable = 0;  // the first release may be given up whole
  EXPECT_THAT(broken(before, after, {given(all)}), Not(HasSubstr("the last healthy")));
}

TEST(Invariants, ThreeNothingIsStoppedUndrained) {
  const Site site = live_canary();
  EXPECT_THAT(broken(site, site, {given(StopInstance{3, 15, 5s})}), HasSubstr("invariant 3"));
}

TEST(Invariants, FourEveryLiveDeploymentHasANextEvent) {
  const Site before = live_canary();
  Site after = before;
  after.awaiting.clear();
  after.live->judge.reset();
  EXPECT_THAT(broken(before, after, {}), HasSubstr("invariant 4"));
}

TEST(Invariants, FiveTheWayBackStays) {
  const Site before = live_canary();
  Site after = before;
  after.copies.erase(1);
  for (std::uint32_t id : {1U, 2U}) after.instances.erase(id);
  EXPECT_THAT(broken(before, after, {}), HasSubstr("invariant 5"));
}

TEST(Invariants, SixEffectsAreInTheState) {
  const Site site = live_canary();
  EXPECT_THAT(broken(site, site, {given(RunSmoke{3, 9'003, {}})}), HasSubstr("invariant 6"));
}

TEST(Invariants, SevenOneIsLive) {
  const Site before = live_canary();
  Site after = before;
  after.queued = after.live;
  EXPECT_THAT(broken(before, after, {}), HasSubstr("invariant 7"));
}

TEST(Step, TimeNeverGoesBack) {
  Site site;
  site.now = Instant(5s);
  EXPECT_THROW(step(site, Event{Instant(4s), {}, Due{}}), InvariantBroken);
}

TEST(Step, PendingIsNoEvent) {
  Transcript t;
  t.run("request deploy v1\n");
  const Awaited look = t.site().awaiting.front();
  EXPECT_THROW(t.happen(Answered{look.id, look.attempt, Pending{}}), InvariantBroken);
}

TEST(Step, AnAnswerNobodyAwaitsMovesNothing) {
  Transcript t;
  t.run(kCanary);
  Site before = t.site();
  t.happen(Answered{9'999, 1, Done{}});
  before.wall = t.site().wall;
  EXPECT_EQ(t.site(), before);
}

TEST(Step, AnAnswerOfAnEarlierAttemptMovesNothing) {
  Transcript t;
  t.run("request deploy v1\n");
  const Awaited look = t.site().awaiting.front();
  t.happen(Answered{look.id, look.attempt, Failed{{Fault::unavailable, "busy"}, true, {}}});
  ASSERT_EQ(t.site().awaiting.front().id, look.id);  // and is tried again
  ASSERT_NE(t.site().awaiting.front().retry_at, kNever);
  Site before = t.site();
  t.happen(Answered{look.id, look.attempt, Done{}});  // late
  before.wall = t.site().wall;
  EXPECT_EQ(t.site(), before);
  t.run("wait 2\n");
  ASSERT_EQ(t.site().awaiting.front().attempt, look.attempt + 1);
  before = t.site();
  t.happen(Answered{look.id, look.attempt, Done{}});
  before.now = t.site().now;
  before.wall = t.site().wall;
  EXPECT_EQ(t.site(), before);
}

TEST(Step, WhatIsAwaitedHasAsMuchTimeLeftAfterARestart) {
  Transcript t;
  t.run("request deploy v1\n");
  Site site = t.site();
  const Awaited look = site.awaiting.front();
  step(site, {site.now + 1h, site.wall + 1h, Resumed{1h}});
  ASSERT_EQ(site.awaiting.front().id, look.id);
  EXPECT_EQ(site.awaiting.front().deadline, look.deadline + 1h);
}

TEST(Step, ARefusedVerbMovesNothing) {
  Transcript t;
  t.run(kCanary);
  Site before = t.site();
  t.run("ask approve\nask resume\nask skip step=5\n");
  before.wall = t.site().wall;
  EXPECT_EQ(t.site(), before);
}

TEST(Step, ASkipThatCannotBeSaysWhy) {
  Transcript t;
  t.run(kCanary);
  const auto said = [&](int n) {
    Request r;
    r.act = Act::skip;
    r.step = n;
    Site site = t.site();
    std::string text;
    for (const auto& given : step(site, {site.now, site.wall, Asked{r, 9}}))
      if (const auto* answer = std::get_if<Answer>(&given.command)) text += answer->text;
    return text;
  };
  EXPECT_NE(said(99).find("no step 99"), std::string::npos) << said(99);
  EXPECT_NE(said(1).find("is over"), std::string::npos) << said(1);
  EXPECT_NE(said(5).find("cannot be skipped: only a check"), std::string::npos) << said(5);
}

TEST(Step, NothingIsDueAtRest) {
  Transcript t;
  t.run("release v1\n");
  EXPECT_EQ(next_due(t.site()), kNever);
}

TEST(Step, RestartsSlowDownAndAreBounded) {
  Transcript t;
  t.run("release v1\n");
  std::vector<Duration> waits;
  for (int n = 0; n < 9; ++n) {
    t.happen(Exited{1, 1, {}});
    waits.push_back(next_due(t.site()) - t.now());
    t.run(fmt::format("wait {}\nauto health\n", waits.back() / 1s));
  }
  EXPECT_EQ(waits.front(), 1s);
  EXPECT_EQ(waits[1], 2s);
  EXPECT_EQ(waits[4], 16s);
  EXPECT_EQ(waits.back(), 60s);
}

TEST(Step, TheStoryIsBounded) {
  Transcript t;
  t.run(kCanary);
  for (int n = 0; n < 600; ++n) t.run("ask pause\nask resume\n");
  EXPECT_LE(t.site().live->story.size(), limits::kStory);
  EXPECT_EQ(t.site().live->story.front().type, "deployment.requested");
}

// The proxy may have taken it back while nobody watched; whoever watches now says what is out.
TEST(Step, WhatTheProxyTookOutIsToldAnewAfterARestart) {
  Site site = live_canary();
  const std::uint32_t id = site.instances.begin()->first;
  step(site, {site.now, site.wall, Ejected{id, true, "L7STS"}});
  EXPECT_TRUE(site.instances.at(id).ejected);
  step(site, {site.now + 5s, site.wall + 5s, Resumed{5s}});
  EXPECT_FALSE(site.instances.at(id).ejected);
}

}  // namespace
}  // namespace slipway::engine
