// The driver on a real HAProxy under load.
#include "driver.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cmath>

namespace slipway::haproxy {
namespace {

using namespace testing_world;

TEST_F(Driver, TheFirstApplyServes) {
  apply(route(0, false));
  User user(address);
  const Answer answer = user.get();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.version, "v1");
}

TEST_F(Driver, TheSplitIsExact) {
  apply(route(500));
  std::vector<std::thread> users;
  for (int i = 0; i < 4; ++i)
    users.emplace_back([this] {
      User user(address);
      for (int n = 0; n < 5'000; ++n) EXPECT_EQ(user.get().status, 200);
    });
  for (auto& user : users) user.join();
  ASSERT_TRUE(eventually([&] { return world.row_count() == 20'000; })) << world.row_count();
  EXPECT_EQ(world.rows().at("v2"), 1'000U);
}

TEST_F(Driver, AShiftIsMeasured) {
  apply(route(0));
  Load load(address, 4);
  auto outcome = world.run(Shift{route(2'500)});
  ASSERT_TRUE(std::holds_alternative<Done>(outcome)) << text(outcome);
  const Observed& there = std::get<Done>(outcome).observed;
  EXPECT_EQ(there.measured, "measured");
  EXPECT_NEAR(there.share, 0.25, 0.1);
  outcome = world.run(Shift{route(0)});
  ASSERT_TRUE(std::holds_alternative<Done>(outcome)) << text(outcome);
  EXPECT_EQ(std::get<Done>(outcome).observed.measured, "measured");
  EXPECT_EQ(std::get<Done>(outcome).observed.share, 0);
  load.stop();
  EXPECT_EQ(load.failed(), 0U);
}

TEST_F(Driver, AShiftOfWeightsAloneIsInstant) {
  apply(route(0));
  Load load(address, 2);
  std::vector<double> ms;
  for (int i = 0; i < 40; ++i) {
    const auto from = Clock::now();
    const auto outcome = world.run(Shift{route(i % 2 == 0 ? 10'000 : 0), false});
    ASSERT_TRUE(std::holds_alternative<Done>(outcome)) << text(outcome);
    EXPECT_EQ(std::get<Done>(outcome).observed.measured, "read_back");
    ms.push_back(to_ms(std::chrono::duration_cast<Duration>(Clock::now() - from)));
  }
  std::sort(ms.begin(), ms.end());
  RecordProperty("p50_ms", std::to_string(ms[20]));
  EXPECT_LT(ms[20], 20.0) << "p50";  // a shared machine; about 1 ms on a quiet one
  load.stop();
  EXPECT_EQ(load.failed(), 0U);
}

TEST_F(Driver, NoTrafficIsSaidAndNotMeasured) {
  apply(route(0));
  const auto outcome = world.run(Shift{route(10'000)});
  ASSERT_TRUE(std::holds_alternative<Done>(outcome)) << text(outcome);
  EXPECT_EQ(std::get<Done>(outcome).observed.measured, "read_back");
  EXPECT_EQ(std::get<Done>(outcome).observed.share, -1);
}

TEST_F(Driver, DrainWaitsForRequestsInFlight) {
  apply(route(10'000));
  std::thread slow([this] { EXPECT_EQ(User(address).get("/slow?400").status, 200); });
  ASSERT_TRUE(eventually([&] { return two.requests() > 0; }));
  ASSERT_TRUE(std::holds_alternative<Done>(world.run(Shift{route(0), false})));
  Route without = route(0);
  without.slots[1].servers[0].ready = false;
  const auto outcome = world.run(Drain{without, {2}, 5s});
  slow.join();
  ASSERT_TRUE(std::holds_alternative<Done>(outcome)) << text(outcome);
  EXPECT_EQ(std::get<Done>(outcome).observed.drained, 1U);
  EXPECT_EQ(std::get<Done>(outcome).observed.cut, 0U);
  EXPECT_EQ(admin(name + "_b/s1"), Admin::maint);
}

TEST_F(Driver, DrainCutsAtItsDeadline) {
  apply(route(10'000));
  // Not a GET: that would be asked again of stable, and nobody would notice the cut.
  std::thread slow([this] {
    EXPECT_NE(User(address).get("/slow?1200", "Content-Length: 0\r\n", "POST").status, 200);
  });
  ASSERT_TRUE(eventually([&] { return two.requests() > 0; }));
  Route without = route(0);
  without.slots[1].servers[0].ready = false;
  const auto outcome = world.run(Drain{without, {2}, 200ms});
  ASSERT_TRUE(std::holds_alternative<Done>(outcome)) << text(outcome);
  EXPECT_EQ(std::get<Done>(outcome).observed.cut, 1U);
  EXPECT_EQ(std::get<Done>(outcome).observed.drained, 0U);
  slow.join();
  // Given again after a crash of the agent, it finds that there is nothing left to do.
  const auto again = world.run(Drain{without, {2}, 200ms});
  ASSERT_TRUE(std::holds_alternative<Done>(again)) << text(again);
  EXPECT_EQ(admin(name + "_b/s1"), Admin::maint);
}

TEST_F(Driver, StableAnswersForADeadCandidateAndNeverTheReverse) {
  auto dying = std::make_unique<Upstream>();
  Route r = route(5'000);
  r.slots[1].servers[0].port = dying->port();
  apply(r);
  Load load(address, 2);
  dying.reset();
  ASSERT_TRUE(eventually([&] { return !world.facts<Ejected>().empty(); }));
  EXPECT_EQ(world.facts<Ejected>()[0].instance, 2U);
  EXPECT_TRUE(world.facts<Ejected>()[0].out);
  load.stop();
  EXPECT_EQ(load.failed(), 0U);
  User user(address);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(user.get().version, "v1");
}

// As an engine of containers does while it starts. Who asks meanwhile waits, whether a release is
// under way or not.
// Of what begins in it: a request that was on its way at its begin has used up a try.
TEST_F(Driver, AnOutageShorterThanTheTriesFailsNothing) {
  for (const bool candidate : {false, true}) {
    auto v1 = std::make_unique<Upstream>(), v2 = std::make_unique<Upstream>();
    const std::uint16_t ports[] = {v1->port(), v2->port()};
    Route r = route(candidate ? 5'000 : 0, candidate);
    for (std::size_t i = 0; i < r.slots.size(); ++i) r.slots[i].servers[0].port = ports[i];
    apply(r);
    ASSERT_EQ(User(address).get().status, 200);
    v1.reset();
    v2.reset();
    Load load(address, 2);
    Answer late;
    std::thread asks([&] { late = User(address).get(); });
    EXPECT_FALSE(eventually([&] { return load.answered() > 0; }, 700ms));
    v1 = std::make_unique<Upstream>(ports[0]);
    v2 = std::make_unique<Upstream>(ports[1]);
    asks.join();
    EXPECT_EQ(late.status, 200);
    EXPECT_TRUE(late.version == "v1" || (candidate && late.version == "v2")) << late.version;
    EXPECT_TRUE(eventually([&] { return load.answered() > 20; }));
    load.stop();
    EXPECT_EQ(load.failed(), 0U);
  }
}

TEST_F(Driver, AKilledProxyIsBackWithTheSameSplit) {
  apply(route(2'500));
  User user(address);
  ASSERT_EQ(user.get().status, 200);
  const pid_t before = worker();
  ASSERT_EQ(::kill(static_cast<pid_t>(workers().master), SIGKILL), 0);
  const auto died = Clock::now();
  ASSERT_TRUE(eventually([&] { return !world.facts<ProxyRestarted>().empty(); }));
  EXPECT_LT(to_ms(world.facts<ProxyRestarted>()[0].down), 100);
  // The first answer needs the processor as much as the proxy does: a figure, not a bound, here.
  ASSERT_TRUE(eventually([&] {
    const auto info = hear_info(world.ask("show info"));
    return info && info->pid != before && User(address).get().status == 200;
  }));
  const auto down = std::chrono::duration_cast<Duration>(Clock::now() - died);
  RecordProperty("first_answer_ms", std::to_string(to_ms(down)));
  std::map<std::string, int> seen;
  User again(address);
  for (int i = 0; i < 400; ++i) ++seen[again.get().version];
  // Any 400 of the counter's 10,000 steps hold 99 to 102 of a quarter; whole rounds are exact.
  EXPECT_GE(seen["v2"], 99);
  EXPECT_LE(seen["v2"], 102);
  EXPECT_EQ(seen["v1"] + seen["v2"], 400);
  const auto split = show_map(Paths{world.settings().runtime_dir}.map(name, "split"));
  EXPECT_EQ(*hear_map(world.ask(split)), split_pairs(name, route(2'500)));
}

TEST_F(Driver, NoConnectionIsRefusedWhenTheProxyIsKilledUnderLoad) {
  apply(route(5'000));
  Load load(address, 4);
  ASSERT_TRUE(eventually([&] { return load.answered() > 200; }));
  ASSERT_EQ(::kill(worker(), SIGKILL), 0);
  ASSERT_TRUE(eventually([&] { return !world.facts<ProxyRestarted>().empty(); }));
  const auto after = load.answered();
  ASSERT_TRUE(eventually([&] { return load.answered() > after + 200; }));
  load.stop();
  EXPECT_LE(load.failed(), 8U);  // in flight, once a user, and no more
}

TEST_F(Driver, AnotherAgentAdoptsWhatRuns) {
  apply(route(500));
  const pid_t before = worker();
  Load load(address, 2);
  world.stop_driver();
  world.start_driver();
  apply(route(500));
  EXPECT_EQ(worker(), before);
  ASSERT_TRUE(std::holds_alternative<Done>(world.run(Shift{route(10'000), false})));
  load.stop();
  EXPECT_EQ(load.failed(), 0U);
  EXPECT_EQ(User(address).get().version, "v2");
}

TEST_F(Driver, WhatAnEarlierAgentBeganIsLookedAtFirst) {
  apply(route(500));
  world.stop_driver();
  world.start_driver();
  world.driver().observe(
      {.site = {"web", "test"}, .id = 900, .attempt = 1, .command = Apply{route(500)}});
  world.driver().observe(
      {.site = {"web", "test"}, .id = 901, .attempt = 1, .command = Apply{route(700)}});
  EXPECT_TRUE(std::holds_alternative<Done>(world.wait_answer(900)));
  const Outcome other = world.wait_answer(901);
  ASSERT_TRUE(std::holds_alternative<Failed>(other));
  EXPECT_EQ(std::get<Failed>(other).error.fault, Fault::missing);
}

TEST_F(Driver, EveryRowIsCountedOnceOverRestartsOfTheReader) {
  apply(route(5'000));
  Load load(address, 4);
  for (int i = 0; i < 5; ++i) {
    const auto seen = world.row_count();
    ASSERT_TRUE(eventually([&] { return world.row_count() > seen + 50; }));
    world.restart_reader();
  }
  load.stop();
  EXPECT_EQ(load.failed(), 0U);
  ASSERT_TRUE(eventually([&] { return world.row_count() >= load.answered(); }));
  EXPECT_EQ(world.row_count(), load.answered());
}

TEST_F(Driver, APortInUseIsSaidWithItsHolder) {
  address = fmt::format("127.0.0.1:{}", one.port());
  const auto outcome = world.run(Apply{route(0, false)});
  ASSERT_TRUE(std::holds_alternative<Failed>(outcome));
  EXPECT_FALSE(std::get<Failed>(outcome).retryable);
  EXPECT_NE(text(outcome).find(address + " is in use by another process ("), std::string::npos)
      << text(outcome);
  EXPECT_NE(text(outcome).find(fmt::format("pid {}", ::getpid())), std::string::npos)
      << text(outcome);
}

TEST_F(Driver, MoreServersAreAReloadThatNobodyNotices) {
  apply(route(5'000));
  Load load(address, 4);
  ASSERT_TRUE(eventually([&] { return load.answered() > 100; }));
  Route more = route(5'000);
  more.spec.servers = 8;
  const pid_t before = worker();
  apply(more);
  EXPECT_NE(worker(), before);
  EXPECT_TRUE(admin(name + "_c/s8"));
  // The old worker, while it lives, is told as well.
  ASSERT_TRUE(std::holds_alternative<Done>(world.run(Shift{more, false})));
  Route all = more;
  all.slots[0].weight = 0;
  all.slots[1].weight = 10'000;
  const auto outcome = world.run(Shift{all});
  ASSERT_TRUE(std::holds_alternative<Done>(outcome)) << text(outcome);
  EXPECT_EQ(std::get<Done>(outcome).observed.measured, "measured");
  load.stop();
  EXPECT_EQ(load.failed(), 0U);
}

TEST_F(Driver, AnotherSiteComesBesideUnderLoad) {
  apply(route(0, false));
  Load load(address, 4);
  ASSERT_TRUE(eventually([&] { return load.answered() > 100; }));
  Route other = route(0, false);
  other.spec.listen = fmt::format("127.0.0.1:{}", free_port());
  other.slots[0].version = "w1";
  const auto outcome = world.run(Apply{other}, {"api", "test"});
  ASSERT_TRUE(std::holds_alternative<Done>(outcome)) << text(outcome);
  EXPECT_EQ(User(other.spec.listen).get().version, "w1");
  const auto after = load.answered();
  ASSERT_TRUE(eventually([&] { return load.answered() > after + 200; }));
  load.stop();
  EXPECT_EQ(load.failed(), 0U);
  EXPECT_EQ(User(address).get().version, "v1");
  EXPECT_TRUE(world.facts<ProxyRestarted>().empty());
  Route third = other;  // one address, one service
  const auto refused = world.run(Apply{third}, {"mail", "test"});
  ASSERT_TRUE(std::holds_alternative<Failed>(refused));
  EXPECT_NE(text(refused).find("already the address of api-test"), std::string::npos);
}

// A user who stays connected to the HAProxy that was replaced follows the weights all the same.
TEST_F(Driver, WhoIsStillWithTheReplacedProxyFollowsAShift) {
  apply(route(0));
  User user(address);
  ASSERT_EQ(user.get().version, "v1");
  Route other = route(0, false);
  other.spec.listen = fmt::format("127.0.0.1:{}", free_port());
  ASSERT_TRUE(std::holds_alternative<Done>(world.run(Apply{other}, {"api", "test"})));
  const auto outcome = world.run(Shift{route(10'000), false});
  ASSERT_TRUE(std::holds_alternative<Done>(outcome)) << text(outcome);
  const Answer answer = user.get();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.version, "v2");
}

TEST_F(Driver, EveryKindOfSiteIsAccepted) {
  for (const char* sticky : {"header", "source"}) {
    Route r = route(5'000);
    r.spec.sticky = sticky;
    r.spec.hosts = {"localhost", "example.org"};
    r.spec.health_path = "/";
    apply(r);
    User user(address);
    const Answer first = user.get("/", "X-User-Id: 4711\r\n");
    EXPECT_EQ(first.status, 200);
    for (int n = 0; n < 5; ++n)
      EXPECT_EQ(user.get("/", "X-User-Id: 4711\r\n").version, first.version);
  }
}

TEST_F(Driver, AStickyUserStays) {
  Route r = route(5'000);
  r.spec.sticky = "cookie";
  apply(r);
  int second = 0;
  for (int i = 0; i < 40; ++i) {
    User user(address);
    const Answer first = user.get();
    ASSERT_TRUE(first.cookie.starts_with("slipway_uid=")) << first.cookie;
    const std::string cookie = first.cookie.substr(0, first.cookie.find(';'));
    for (int n = 0; n < 3; ++n)
      EXPECT_EQ(user.get("/", "Cookie: " + cookie + "\r\n").version, first.version);
    second += first.version == "v2";
  }
  EXPECT_GT(second, 5);
  EXPECT_LT(second, 35);
}

}  // namespace
}  // namespace slipway::haproxy
