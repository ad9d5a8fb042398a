#include "drivers/local/local.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <fstream>
#include <set>

#include "house.h"

namespace slipway::local {
namespace {
namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(LocalTest, StartsBecomesHealthyServesAndStops) {
  StartInstance start = service();
  start.spec.edit().env = {{"GREETING", "port ${port} of ${instance}"}, {"HOME", "/elsewhere"}};
  start.spec.edit().secrets = {{"TOKEN", "sealed", ""}};
  secrets_["TOKEN"] = "hush-hush";
  Observed observed = started(start);
  EXPECT_GE(observed.port, 20'000);
  EXPECT_FALSE(gone(observed.pid));
  ASSERT_TRUE(healthy());
  EXPECT_EQ(get(observed.port, "/env/GREETING"), fmt::format("port {} of 1", observed.port));
  EXPECT_EQ(get(observed.port, "/env/HOME"), "/elsewhere");
  EXPECT_EQ(get(observed.port, "/env/TOKEN"), "hush-hush");
  EXPECT_EQ(get(observed.port, "/env/PORT"), std::to_string(observed.port));
  EXPECT_EQ(get(observed.port, "/env/SLIPWAY_SERVICE"), "web");
  EXPECT_EQ(get(observed.port, "/env/SLIPWAY_VERSION"), "v1");
  for (const auto& entry : fs::recursive_directory_iterator(temp_.path() / "state")) {
    if (!entry.is_regular_file()) continue;
    EXPECT_EQ(os::read_file(entry.path())->find("hush-hush"), std::string::npos) << entry.path();
  }
  Outcome stopped = give(StopInstance{1, SIGTERM, 5s});
  EXPECT_TRUE(std::holds_alternative<Done>(stopped)) << failure(stopped);
  EXPECT_TRUE(gone(observed.pid));
  EXPECT_EQ(ears_.count<Exited>(), 0U) << "it was asked to end";
  EXPECT_FALSE(fs::exists(folder()));
  auto logs = driver_->logs(site_, 1);
  ASSERT_EQ(logs.size(), 1U);
  EXPECT_EQ(logs[0].filename(), "i1-v1.log");
  EXPECT_THAT(os::last_lines(logs, 5), ElementsAre("listening", "goodbye"));
  EXPECT_TRUE(std::holds_alternative<Done>(give(StopInstance{1, SIGTERM, 5s}))) << "already gone";
}

TEST_F(LocalTest, ExitsAtOnceWithItsLastLines) {
  started(service({"--lines", "30", "--exit", "3"}));
  auto exited = ears_.wait_fact<Exited>();
  ASSERT_TRUE(exited);
  EXPECT_EQ(exited->status, 3);
  ASSERT_EQ(exited->tail.size(), 20U);
  EXPECT_EQ(exited->tail.back(), "line 30");
  EXPECT_EQ(ears_.count<HealthChanged>(), 0U);
}

TEST_F(LocalTest, CrashIsAFactAndTheNextStartIsFresh) {
  Observed first = started(service());
  ASSERT_TRUE(healthy());
  get(first.port, "/crash");
  auto exited = ears_.wait_fact<Exited>();
  ASSERT_TRUE(exited);
  EXPECT_EQ(exited->status, -SIGABRT);
  Observed second = started(service());
  EXPECT_NE(second.pid, first.pid);
  EXPECT_TRUE(soon([&] { return get(second.port, "/") == "ok"; }));
  EXPECT_EQ(ears_.count<Exited>(), 1U);
  EXPECT_EQ(driver_->logs(site_, 1).size(), 2U) << "the output of the first run is kept";
}

TEST_F(LocalTest, NeverReadyIsSaidOnceAtTheEndOfItsTime) {
  StartInstance start = service({"--status", "503"});
  start.spec.edit().health.start_timeout = 400ms;
  auto begun = std::chrono::steady_clock::now();
  started(start);
  auto change = ears_.wait_fact<HealthChanged>();
  ASSERT_TRUE(change);
  EXPECT_GE(std::chrono::steady_clock::now() - begun, 250ms);
  EXPECT_FALSE(change->healthy);
  EXPECT_EQ(change->text, "not ready after 0.4 s: status 503");
}

TEST_F(LocalTest, SlowStartIsNotAFailure) {
  started(service({"--ready-after", "700"}));
  auto change = ears_.wait_fact<HealthChanged>();
  ASSERT_TRUE(change);
  EXPECT_TRUE(change->healthy) << change->text;
}

TEST_F(LocalTest, ManyThatStartAreAskedLessOftenEach) {
  constexpr int kMany = 40, kChecks = 10 * kMany;
  Ears ears;
  Watcher watcher(ears);
  const auto begun = std::chrono::steady_clock::now();
  for (int n = 0; n < kMany; ++n) {
    // Nobody listens there.
    watcher.watch(std::to_string(n), {.site = site_,
                                      .port = 1,
                                      .health = {.kind = HealthCheck::Kind::tcp,
                                                 .interval = 10s,
                                                 .timeout = 1s,
                                                 .start_timeout = 60s}});
  }
  EXPECT_TRUE(soon([&] { return watcher.check_times().failed >= kChecks; }));
  // One alone is asked ten times in a fifth of this.
  EXPECT_GE(std::chrono::steady_clock::now() - begun, 100ms);
  watcher.stop();
}

TEST_F(LocalTest, HealthFollowsItsThresholds) {
  fs::path flag = temp_.path() / "sick";
  StartInstance start = service();
  start.spec.edit().health.kind = HealthCheck::Kind::command;
  start.spec.edit().health.command = {"/bin/sh", "-c",
                                      "test \"$PORT\" = ${port} && ! test -e sick"};
  started(start);
  ASSERT_TRUE(healthy());
  std::ofstream(flag) << "x";
  auto sick = ears_.wait_fact<HealthChanged>([](const HealthChanged& c) { return !c.healthy; });
  ASSERT_TRUE(sick);
  EXPECT_EQ(sick->text, "the command exited with 1");
  ears_.clear();
  fs::remove(flag);
  EXPECT_TRUE(healthy());
}

TEST_F(LocalTest, CommandThatHangsIsKilledAtItsTimeout) {
  StartInstance start = service();
  start.spec.edit().health.kind = HealthCheck::Kind::command;
  start.spec.edit().health.command = {"/bin/sh", "-c", "echo $$ > probe; sleep 100"};
  start.spec.edit().health.timeout = 100ms;
  start.spec.edit().health.start_timeout = 300ms;
  started(start);
  auto change = ears_.wait_fact<HealthChanged>();
  ASSERT_TRUE(change);
  EXPECT_THAT(change->text, HasSubstr("no answer in 100 ms"));
  ASSERT_TRUE(std::holds_alternative<Done>(give(StopInstance{1, SIGTERM, 2s})));
  int probe = std::atoi(os::read_file(temp_.path() / "probe")->c_str());
  EXPECT_TRUE(soon([&] { return gone(probe); }));
}

TEST_F(LocalTest, PortThatAcceptsIsReadyWithoutAPath) {
  StartInstance start = service();
  start.spec.edit().health.kind = HealthCheck::Kind::tcp;
  started(start);
  EXPECT_TRUE(healthy());
}

TEST_F(LocalTest, IgnoringTermIsKilledAfterTheGrace) {
  Observed observed = started(service({"--ignore-term", "--child"}));
  ASSERT_TRUE(healthy());
  auto begun = std::chrono::steady_clock::now();
  Outcome stopped = give(StopInstance{1, SIGTERM, 300ms});
  auto took = std::chrono::steady_clock::now() - begun;
  EXPECT_TRUE(std::holds_alternative<Done>(stopped)) << failure(stopped);
  EXPECT_GE(took, 300ms);
  EXPECT_LT(took, 2s);
  EXPECT_TRUE(gone(observed.pid));
}

TEST_F(LocalTest, ShellThatDiesOfTheSignalLeavesItsServiceTheGrace) {
  StartInstance start =
      script(std::string(SLIPWAY_TEST_SERVICE) + " --port ${port} --slow-stop 400; echo unreached");
  Observed observed = started(start);
  ASSERT_TRUE(healthy());
  ASSERT_TRUE(std::holds_alternative<Done>(give(StopInstance{1, SIGTERM, 5s})));
  EXPECT_THAT(os::last_lines(driver_->logs(site_, 1), 9), Contains("goodbye"));
}

TEST_F(LocalTest, StopGivenTwiceIsAnsweredTwice) {
  started(service({"--slow-stop", "300"}));
  ASSERT_TRUE(healthy());
  driver_->begin({site_, 70, 1, StopInstance{1, SIGTERM, 5s}});
  driver_->begin({site_, 70, 2, StopInstance{1, SIGTERM, 5s}});
  EXPECT_TRUE(std::holds_alternative<Done>(ears_.wait_answer(70, 1)));
  EXPECT_TRUE(std::holds_alternative<Done>(ears_.wait_answer(70, 2)));
  Outcome after = look_at(StopInstance{1, SIGTERM, 5s});
  EXPECT_TRUE(std::holds_alternative<Done>(after)) << failure(after);
}

TEST_F(LocalTest, AnotherAgentAdoptsWhatRuns) {
  StartInstance start = service();
  Observed before = started(start);
  ASSERT_TRUE(healthy());
  ears_.clear();
  renew();
  EXPECT_FALSE(gone(before.pid)) << "it outlives the agent";
  Outcome seen = look_at(start);
  ASSERT_TRUE(std::holds_alternative<Done>(seen)) << failure(seen);
  EXPECT_EQ(std::get<Done>(seen).observed.pid, before.pid);
  EXPECT_EQ(std::get<Done>(seen).observed.port, before.port);
  Observed again = started(start);
  EXPECT_EQ(again.pid, before.pid) << "nothing that runs is run twice";
  EXPECT_TRUE(healthy());
  ::kill(static_cast<pid_t>(before.pid), SIGKILL);
  auto exited = ears_.wait_fact<Exited>();
  ASSERT_TRUE(exited);
  EXPECT_EQ(exited->status, -SIGKILL);
}

TEST_F(LocalTest, EndWhileNoAgentLookedIsToldOnce) {
  StartInstance start = service();
  Observed before = started(start);
  ASSERT_TRUE(healthy());
  driver_->stop();
  ::kill(static_cast<pid_t>(before.pid), SIGKILL);
  ASSERT_TRUE(soon([&] { return fs::exists(folder() + "/exit"); }));
  ears_.clear();
  renew();
  started(start);
  auto exited = ears_.wait_fact<Exited>();
  ASSERT_TRUE(exited);
  EXPECT_EQ(exited->status, -SIGKILL);
  EXPECT_THAT(exited->tail, Contains("listening"));
  Observed fresh = started(start);
  EXPECT_FALSE(gone(fresh.pid));
  EXPECT_EQ(ears_.count<Exited>(), 1U);
}

TEST_F(LocalTest, KilledShimIsReplacedAndItsProcessGoesOn) {
  Observed observed = started(service());
  ASSERT_TRUE(healthy());
  const auto shim = [&] {
    auto found = os::Shim::adopt(folder());
    auto status = found ? found->status() : fail(Fault::missing, "none");
    return status ? *status : os::ShimStatus{};
  };
  const pid_t first = shim().shim;
  ::kill(first, SIGKILL);
  ASSERT_TRUE(soon([&] { return shim().shim != 0 && shim().shim != first; }));
  EXPECT_EQ(shim().child, observed.pid);
  EXPECT_FALSE(gone(static_cast<pid_t>(observed.pid)));
  EXPECT_EQ(ears_.count<Exited>(), 0U);
  // It is watched as before.
  ::kill(static_cast<pid_t>(observed.pid), SIGKILL);
  auto exited = ears_.wait_fact<Exited>();
  ASSERT_TRUE(exited);
  EXPECT_THAT(exited->tail, Contains("listening"));
}

TEST_F(LocalTest, KilledShimWithItsProcessIsAnEnd) {
  Observed observed = started(service());
  ASSERT_TRUE(healthy());
  const pid_t shim = os::Shim::adopt(folder())->status()->shim;
  ::kill(shim, SIGSTOP);  // so that it cannot tell
  const auto is = [](std::int64_t pid, const char* state) {
    const std::string about = os::read_file(fmt::format("/proc/{}/stat", pid)).value_or("");
    return about.find(state) != std::string::npos;
  };
  ASSERT_TRUE(soon([&] { return is(shim, ") T "); }));
  ::kill(static_cast<pid_t>(observed.pid), SIGKILL);
  ASSERT_TRUE(soon([&] { return is(observed.pid, ") Z "); }));  // else the next shim takes it over
  ::kill(shim, SIGKILL);
  auto exited = ears_.wait_fact<Exited>();
  ASSERT_TRUE(exited);
  EXPECT_THAT(exited->tail.back(), HasSubstr("shim of this process was killed"));
}

TEST_F(LocalTest, KilledShimWithoutAnAgentIsReplacedWhenItsProcessIsAdopted) {
  StartInstance start = service({"--ignore-term"});
  Observed before = started(start);
  ASSERT_TRUE(healthy());
  driver_->stop();
  ::kill(os::Shim::adopt(folder())->status()->shim, SIGKILL);
  ASSERT_TRUE(soon([&] { return os::Shim::orphan(folder()) == before.pid; }));
  renew();
  EXPECT_EQ(started(start).pid, before.pid);
  EXPECT_EQ(os::Shim::orphan(folder()), 0);
  // Another program in its place: the old one ends first.
  start.version = "v9";
  Observed after = started(start);
  EXPECT_NE(after.pid, before.pid);
  EXPECT_TRUE(gone(static_cast<pid_t>(before.pid)));
}

TEST_F(LocalTest, CancelledStartLeavesNothing) {
  StartInstance start = service();
  Observed observed = started(start);
  driver_->cancel({site_, 80, 1, start});
  EXPECT_TRUE(std::holds_alternative<Done>(ears_.wait_answer(80)));
  EXPECT_TRUE(gone(observed.pid));
  EXPECT_THAT(failure(look_at(start)), HasSubstr("does not run"));
}

TEST_F(LocalTest, OrphansOfNoSiteAreSwept) {
  Observed wanted = started(service());
  Observed orphan = started(service({"--child"}, 2));
  ASSERT_TRUE(healthy(1));
  ASSERT_TRUE(healthy(2));
  renew();
  auto said = driver_->sweep(
      [&](const SiteId& site, std::uint32_t instance) { return site == site_ && instance == 1; });
  ASSERT_EQ(said.size(), 1U);
  EXPECT_THAT(said[0], HasSubstr("instance 2 of web-production"));
  EXPECT_TRUE(gone(orphan.pid));
  EXPECT_FALSE(gone(wanted.pid));
  // What this agent itself was asked for is no orphan, even before any site says so.
  started(service({}, 3));
  driver_->sweep([](const SiteId&, std::uint32_t instance) { return instance == 1; }, 50ms);
  EXPECT_TRUE(os::Shim::adopt(folder(3)));
}

// An agent may die between the folder of a start and the start itself.
TEST_F(LocalTest, AFolderOfNothingIsRemovedWithoutAWord) {
  const auto none = [](const SiteId&, std::uint32_t) { return false; };
  fs::create_directories(folder(7));
  EXPECT_THAT(driver_->sweep(none), testing::IsEmpty());
  EXPECT_FALSE(fs::exists(folder(7)));
  fs::create_directories(folder(8));
  ASSERT_TRUE(os::write_file(fs::path(folder(8)) / "spec", "noise"));
  EXPECT_THAT(driver_->sweep(none), testing::ElementsAre(HasSubstr("nothing about what ran")));
  EXPECT_FALSE(fs::exists(folder(8)));
}

TEST_F(LocalTest, ManyAtOnce) {
  constexpr std::uint32_t kMany = 24;
  std::set<std::uint16_t> ports;
  for (std::uint32_t i = 1; i <= kMany; ++i) driver_->begin({site_, 100 + i, 1, service({}, i)});
  for (std::uint32_t i = 1; i <= kMany; ++i) {
    Outcome outcome = ears_.wait_answer(100 + i);
    ASSERT_TRUE(std::holds_alternative<Done>(outcome)) << failure(outcome);
    ports.insert(std::get<Done>(outcome).observed.port);
    EXPECT_TRUE(healthy(i));
  }
  EXPECT_EQ(ports.size(), kMany);
  for (std::uint32_t i = 1; i <= kMany; ++i) {
    driver_->begin({site_, 200 + i, 1, StopInstance{i, SIGTERM, 5s}});
  }
  for (std::uint32_t i = 1; i <= kMany; ++i) {
    EXPECT_TRUE(std::holds_alternative<Done>(ears_.wait_answer(200 + i)));
  }
}

}  // namespace
}  // namespace slipway::local
