// Every check of a simulation can fail: the world is spoiled behind the agent's back, and it says
// so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/scenario.h"

namespace slipway::sim {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

const SiteId kSpoiled{"web", "production"};

Simulation::Setup one_release() {
  Simulation::Setup setup{.config = config_named("blue_green"), .seed = 3};
  setup.demand.rps = 200;
  return setup;
}

void ask_for(Simulation& s, const std::string& version) {
  s.ask({.act = Act::deploy, .by = "ana", .environment = "production", .version = version});
  s.run_until(s.elapsed() + 100ms);
}

// A site at rest, spoiled, and what the checks say then.
std::vector<std::string> found_after(const std::function<void(Scene&)>& spoil) {
  Simulation s(one_release());
  ask_for(s, "v1");
  EXPECT_TRUE(s.rest(1h));
  EXPECT_THAT(s.troubles, IsEmpty());
  spoil(s.scene(kSpoiled));
  s.check_rest();
  return s.troubles;
}

RouteSlot& slot_in_use(Scene& scene) {
  for (RouteSlot& slot : scene.route.slots) {
    if (slot.weight > 0) return slot;
  }
  ADD_FAILURE() << "nothing has weight";
  return scene.route.slots.front();
}

TEST(Checks, NothingIsSaidOfASoundSite) {
  EXPECT_THAT(found_after([](Scene&) {}), IsEmpty());
}

TEST(Checks, AnInstanceThatWasLeftRunning) {
  const auto found = found_after(
      [](Scene& scene) { scene.processes[99] = Process{.instance = 99, .version = "v0"}; });
  EXPECT_THAT(found, Contains(HasSubstr("instance 99 of v0 was left running")));
}

TEST(Checks, AProxyWithOtherWeights) {
  const auto found = found_after([](Scene& scene) { slot_in_use(scene).weight = 5000; });
  EXPECT_THAT(found, Contains(HasSubstr("the proxy does not give v1 its 10000 basis points")));
}

TEST(Checks, AServerThatStaysPutAside) {
  const auto found =
      found_after([](Scene& scene) { slot_in_use(scene).servers.front().ready = false; });
  EXPECT_THAT(found, Contains(HasSubstr("gets no requests")));
}

TEST(Checks, RequestsThatNeedNotHaveFailed) {
  const auto found = found_after([](Scene& scene) {
    scene.truth.caused = 3;
    scene.truth.first_cause = "spoiled";
  });
  EXPECT_THAT(found, Contains(HasSubstr("3 requests failed that need not: spoiled")));
}

TEST(Checks, HealthyServersThatAreTakenOut) {
  Simulation s(one_release());
  ask_for(s, "v1");
  ASSERT_TRUE(s.rest(1h));
  s.run_until(s.elapsed() + 30s);
  Route none = s.scene(kSpoiled).route;
  for (RouteSlot& slot : none.slots) {
    for (RouteServer& server : slot.servers) server.ready = false;
  }
  s.scene(kSpoiled).set_route(none, s.stage().now());
  s.run_until(s.elapsed() + 2s);
  s.scene(kSpoiled).pass(s.stage().now());
  EXPECT_GT(s.scene(kSpoiled).truth.caused, 0U);
}

TEST(Checks, ADeploymentThatDoesNotEnd) {
  Simulation s(one_release());
  ask_for(s, "v1");
  s.check_rest();
  EXPECT_THAT(s.troubles, Contains(HasSubstr("without faults it does not come to rest")));
}

TEST(Checks, AReceiptThatIsNotWhatUsersSaw) {
  Simulation s(one_release());
  ask_for(s, "v1");
  ASSERT_TRUE(s.rest(1h));
  for (int n = 1; n < 200; ++n) {
    s.at(s.elapsed() + n * 50ms, [&s] {
      auto& stretches = s.scene(kSpoiled).stretches;
      if (!stretches.empty() && !stretches.back().rows.empty()) ++stretches.back().rows[0].failed;
    });
  }
  ask_for(s, "v2");
  s.rest(1h);
  EXPECT_THAT(s.troubles, Contains(HasSubstr("the receipt of")));
}

TEST(Checks, AnEffectBeforeItsRecordIsDurable) {
  Simulation s(one_release());
  s.on_step = [&s](const Published&) { s.disk().end() += "not synced"; };
  ask_for(s, "v1");
  EXPECT_THAT(s.troubles, Contains(HasSubstr("an effect before its record is durable")));
}

}  // namespace
}  // namespace slipway::sim
