// Whose doing it is when nobody answers: what the users of a scene lose, and what of it is called
// ours.
#include <gtest/gtest.h>

#include "sim/drivers.h"

namespace slipway::sim {
namespace {

// One instance that has been well for a minute, or none of whose requests anybody answers.
struct Street {
  Street() : scene({.rps = 1000}, 1, 0s) {
    scene.processes[1] = {.instance = 1, .version = "v1", .port = 20'001};
    scene.attended = 0s;
    scene.set_route(route(true), 0s);
    scene.pass(60s);
  }
  static Route route(bool ready) {
    Route out;
    out.slots.push_back({.slot = 0,
                         .copy = 1,
                         .version = "v1",
                         .weight = 10'000,
                         .servers = {{.instance = 1, .port = 20'001, .ready = ready}}});
    return out;
  }
  // How many requests are called ours until then.
  std::uint64_t caused_until(Duration now) {
    const std::uint64_t before = scene.truth.caused;
    scene.pass(now);
    return scene.truth.caused - before;
  }
  Scene scene;
};

TEST(Scene, AHealthyServerThatIsPutAsideIsOurs) {
  Street s;
  EXPECT_EQ(s.caused_until(61s), 0U);
  s.scene.set_route(Street::route(false), 61s);
  EXPECT_GT(s.caused_until(62s), 0U);
}

TEST(Scene, AGapThatWasSaidIsNotOursUntilTheProxyHasItsServersAgain) {
  Street s;
  s.scene.say_gap(true, false, 60s);
  s.scene.set_route(Street::route(false), 61s);
  EXPECT_EQ(s.caused_until(62s), 0U);
  s.scene.say_gap(false, true, 62s);  // its way back is under way
  EXPECT_EQ(s.caused_until(63s), 0U);
  s.scene.set_route(Street::route(true), 63s);
  s.scene.pass(64s);
  s.scene.set_route(Street::route(false), 64s);  // and now nobody has said a gap
  EXPECT_GT(s.caused_until(65s), 0U);
}

TEST(Scene, ADrainOfASaidGapThatComesLateIsNotOurs) {
  Street s;
  s.scene.say_gap(true, false, 60s);
  s.scene.say_gap(false, true, 61s);  // superseded: the drain is on its way, and the way back
  s.scene.set_route(Street::route(false), 62s);
  EXPECT_EQ(s.caused_until(63s), 0U);
}

TEST(Scene, AGapThatIsForgottenIsOurs) {
  Street s;
  s.scene.say_gap(true, false, 60s);
  s.scene.set_route(Street::route(false), 61s);
  s.scene.say_gap(false, false, 62s);
  s.scene.pass(78s);
  EXPECT_GT(s.caused_until(80s), 0U);
}

TEST(Scene, AGapThatWasOverBeforeItsPlanExcusesNothing) {
  Street s;
  s.scene.say_gap(true, false, 60s);
  s.scene.say_gap(false, false, 61s);
  s.scene.set_route(Street::route(false), 62s);
  EXPECT_GT(s.caused_until(63s), 0U);
}

TEST(Scene, AnInstanceThatNobodyCouldTakeOverIsMissedOnlyForAsLong) {
  Street s;
  s.scene.set_route(Street::route(true), 60s);
  s.scene.processes[1].ill = true;
  s.scene.processes[1].changed = 60s;
  s.scene.set_route(Street::route(false), 61s);
  s.scene.processes[1].ill = false;  // well again, and the takeover is made to fail
  s.scene.unseen_until[1] = 150s;
  s.scene.pass(100s);
  EXPECT_EQ(s.caused_until(160s), 0U);
  s.scene.pass(166s);
  EXPECT_GT(s.caused_until(170s), 0U);
}

TEST(Scene, OnePutAsideWhileItWasWellIsOursWhoeverCouldSeeIt) {
  Street s;
  s.scene.unseen_until[1] = 150s;
  s.scene.set_route(Street::route(false), 61s);
  EXPECT_GT(s.caused_until(62s), 0U);
}

TEST(Scene, RecordedUsersComeAsTheyCame) {
  Demand demand;
  demand.recorded = {{.until = 10s, .rps = 5}, {.until = 30s, .rps = 50}};
  EXPECT_EQ(demand.rate_at(0s), 5);
  EXPECT_EQ(demand.rate_at(10s), 50);
  EXPECT_EQ(demand.rate_at(29s), 50);
  EXPECT_EQ(demand.rate_at(31s), 5);  // over and over
  Scene scene(demand, 1, 0s);
  scene.begin_demand(12s);
  EXPECT_EQ(scene.rate(13s), 5);
}

}  // namespace
}  // namespace slipway::sim
