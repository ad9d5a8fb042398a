// Who gets a place in the proxy, and who is let in.
#include <gtest/gtest.h>

#include "driver.h"

namespace slipway::haproxy {
namespace {

using namespace testing_world;

TEST_F(Driver, ADeadInstanceIsNotAdmitted) {
  Route r = route(0);
  r.slots[1].servers[0].port = free_port();
  world.driver().begin({.site = {"web", "test"}, .id = 900, .attempt = 1, .command = Apply{r}});
  ASSERT_TRUE(std::holds_alternative<Pending>(world.wait_answer(900)));
  EXPECT_EQ(admin(name + "_a/s1"), Admin::ready);
  EXPECT_EQ(admin(name + "_b/s1"), Admin::drain);
}

TEST_F(Driver, ALastResortIsNotWaitedFor) {
  Route r = route(0, false);
  r.slots[0].servers.push_back({3, free_port(), 2, true, true});
  apply(r);
  EXPECT_EQ(admin(name + "_a/s2"), Admin::ready);
}

// The proxy's own checks find it dead while it warms up, and nobody waits for the next of them.
TEST_F(Driver, WhatWasPlacedWhileItWarmedUpIsAdmittedAtOnce) {
  const std::uint16_t port = free_port();
  Route r = route(0);
  r.slots[1].servers = {{2, port, 1, false}};
  apply(r);
  const auto status = [&] {
    const auto lines = hear_stat(world.ask(show_stat(name))).value();
    for (const auto& line : lines)
      if (line.backend + "/" + line.server == name + "_b/s1") return line.status;
    return std::string();
  };
  ASSERT_TRUE(eventually([&] { return status().starts_with("DOWN"); })) << status();
  EXPECT_EQ(admin(name + "_b/s1"), Admin::drain);

  const Upstream warm(port);
  r.slots[1].servers[0].ready = true;
  r.slots[0].weight = 0;
  r.slots[1].weight = 10'000;
  world.driver().begin({.site = {"web", "test"}, .id = 900, .attempt = 1, .command = Apply{r}});
  EXPECT_TRUE(std::holds_alternative<Done>(world.wait_answer(900))) << "in one go";
  EXPECT_EQ(User(address).get().version, "v2");
}

}  // namespace
}  // namespace slipway::haproxy
