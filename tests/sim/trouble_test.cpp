// What happens around a simulated agent: the proxy's own checks, releases that are not there, a
// second agent on the same state folder, an agent that gets no processor.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/scenario.h"

namespace slipway::sim {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

const SiteId kShop{"web", "production"};

struct Shop {
  explicit Shop(const char* config = "cold")
      : s({.config = config_named(config), .seed = 5, .demand = {.rps = 500}, .traced = true}) {
    deploy("v1");
  }
  void deploy(const std::string& version) {
    s.ask({.act = Act::deploy, .by = "ana", .environment = "production", .version = version});
    s.run_until(s.elapsed() + 100ms);
    EXPECT_TRUE(s.rest(1h));
  }
  Process& first() { return s.scene(kShop).processes.begin()->second; }
  void make_ill(bool ill) {
    first().ill = ill;
    first().changed = s.stage().now();
    check_server(s.stage(), kShop, first().instance);
    s.platform()->notice(kShop, first().instance);
  }
  long told(const std::string& event) const {
    return std::count_if(s.trace.begin(), s.trace.end(), [&](const std::string& line) {
      return line.find(" " + event) != std::string::npos;
    });
  }
  Simulation s;
};

TEST(Trouble, TheProxyTakesOutWhatFailsItsCheckAndTakesItBack) {
  Shop shop;
  shop.make_ill(true);
  shop.s.run_until(shop.s.elapsed() + 2500ms);
  EXPECT_TRUE(shop.first().out);
  EXPECT_EQ(shop.told("ejected"), 1);
  EXPECT_TRUE(shop.s.site(kShop)->instances.begin()->second.ejected);
  shop.make_ill(false);
  EXPECT_TRUE(shop.s.rest(1h));
  shop.s.run_until(shop.s.elapsed() + 5s);
  EXPECT_FALSE(shop.first().out);
  EXPECT_EQ(shop.told("ejected"), 2);
  shop.s.check_rest();
  EXPECT_THAT(shop.s.troubles, IsEmpty());
}

// The proxy took it back while no agent lived: nobody ever says so to the next one.
TEST(Trouble, WhatTheProxyTookBackUnseenIsKnownAfterARestart) {
  Shop shop;
  shop.make_ill(true);
  shop.s.run_until(shop.s.elapsed() + 2500ms);
  ASSERT_TRUE(shop.s.site(kShop)->instances.begin()->second.ejected);
  shop.s.kill({.down = 10s});
  shop.first().ill = false;
  shop.first().changed = shop.s.stage().now();
  check_server(shop.s.stage(), kShop, shop.first().instance);
  shop.s.run_until(shop.s.elapsed() + 20s);
  EXPECT_TRUE(shop.s.rest(1h));
  shop.s.check_rest();
  EXPECT_THAT(shop.s.troubles, IsEmpty());
}

TEST(Trouble, AnEjectionThatTheSiteDoesNotKnowIsFound) {
  Shop shop;
  shop.first().out = true;
  shop.s.check_rest();
  EXPECT_THAT(shop.s.troubles, Contains(HasSubstr("the proxy took out instance 1")));
}

TEST(Trouble, AReleaseThatIsNotThereIsRefusedAndNothingChanges) {
  Shop shop;
  shop.s.stage().behaviours["v2"].missing = true;
  shop.deploy("v2");
  EXPECT_THAT(shop.s.answers, Contains("refused release_unusable"));
  EXPECT_EQ(shop.s.ended.size(), 1U);
  shop.s.check_rest();
  EXPECT_THAT(shop.s.troubles, IsEmpty());
}

TEST(Trouble, ASecondAgentIsRefusedAndTakesOverWhenTheFirstIsGone) {
  Shop shop("canary");
  shop.s.rival();
  EXPECT_THAT(shop.s.troubles, IsEmpty());
  shop.s.ask({.act = Act::deploy, .by = "ana", .environment = "production", .version = "v2"});
  shop.s.run_until(shop.s.elapsed() + 3s);
  ASSERT_TRUE(shop.s.site(kShop)->live);
  shop.s.kill({.down = 1h});
  shop.s.rival();
  EXPECT_TRUE(shop.s.rest(30min));
  EXPECT_EQ(shop.s.ended.back().deployment.state, State::succeeded);
  shop.s.check_rest();
  EXPECT_THAT(shop.s.troubles, IsEmpty());
}

TEST(Trouble, TwoAgentsOnOneStateFolderAreFound) {
  Shop shop;
  shop.s.disk().locked = false;  // as a lock that does not hold
  shop.s.rival();
  EXPECT_THAT(shop.s.troubles, Contains(HasSubstr("two agents have one state folder")));
}

TEST(Trouble, AnAgentWithoutAProcessorGoesOnWhereItWas) {
  Shop shop("canary");
  shop.s.ask({.act = Act::deploy, .by = "ana", .environment = "production", .version = "v2"});
  shop.s.run_until(shop.s.elapsed() + 3s);
  const std::uint64_t events = shop.s.events;
  shop.s.freeze(5s);
  shop.s.run_until(shop.s.elapsed() + 4s);
  EXPECT_EQ(shop.s.events, events);
  EXPECT_TRUE(shop.s.rest(1h));
  EXPECT_EQ(shop.s.ended.back().deployment.state, State::succeeded);
  shop.s.check_rest();
  EXPECT_THAT(shop.s.troubles, IsEmpty());
}

}  // namespace
}  // namespace slipway::sim
