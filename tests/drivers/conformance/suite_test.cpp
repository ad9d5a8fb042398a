// The cases that every platform's driver passes, whatever it starts and however.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench.h"

namespace slipway::conformance {
namespace {

struct Entry {
  std::string name;
  Make make;
};
void PrintTo(const Entry& entry, std::ostream* out) { *out << entry.name; }

class Conformance : public ::testing::TestWithParam<Entry> {
 protected:
  void SetUp() override {
    bench_ = GetParam().make();
    if (const std::string why = bench_->missing(); !why.empty()) GTEST_SKIP() << why;
  }
  void TearDown() override {
    if (bench_ && bench_->missing().empty())
      bench_->sweep([](const SiteId&, std::uint32_t) { return false; });
  }
  bool lacks(Trait trait) const { return !bench_->has(trait); }

  void begin(CommandId id, Attempt attempt, Command command) {
    const Issued issued{bench_->site, id, attempt, std::move(command)};
    issued_[{id, attempt}] = issued;
    bench_->driver().begin(issued);
  }
  void observe(CommandId id, Command command) {
    const Issued issued{bench_->site, id, 1, std::move(command)};
    issued_[{id, 1}] = issued;
    bench_->driver().observe(issued);
  }
  // As the shell does: what is pending is observed again, until there is an answer.
  Outcome answer_to(CommandId id, Attempt attempt = 1) {
    std::size_t asked = 0;
    const bool answered = bench_->until([&] {
      const auto answers = bench_->heard.answers(id, attempt);
      if (answers.empty()) return false;
      const auto* pending = std::get_if<Pending>(&answers.back());
      if (pending == nullptr) return true;
      if (answers.size() == asked) return false;
      asked = answers.size();
      bench_->leave_alone(pending->retry_after);
      bench_->driver().observe(issued_.at({id, attempt}));
      return false;
    });
    if (!answered) return Failed{{Fault::timeout, "the driver did not answer"}};
    return bench_->heard.answers(id, attempt).back();
  }
  Outcome give(Command command) {
    const CommandId id = next_++;
    begin(id, 1, std::move(command));
    return answer_to(id);
  }
  Outcome look_at(Command command) {
    const CommandId id = next_++;
    observe(id, std::move(command));
    return answer_to(id);
  }
  Observed started(const StartInstance& start) {
    Outcome outcome = give(start);
    const auto* done = std::get_if<Done>(&outcome);
    EXPECT_NE(done, nullptr) << text(outcome);
    return done != nullptr ? done->observed : Observed{};
  }
  StopInstance stop(std::uint32_t instance, Duration grace = 5s) {
    return {instance, 15, grace, bench_->where()};
  }
  static std::string text(const Outcome& outcome) {
    const auto* failed = std::get_if<Failed>(&outcome);
    return failed != nullptr ? failed->error.text : "(not failed)";
  }
  bool healthy(std::uint32_t instance = 1) {
    return bench_->until([&] {
      return std::ranges::any_of(bench_->heard.facts<HealthChanged>(), [&](const auto& change) {
        return change.instance == instance && change.healthy;
      });
    });
  }
  bool exited() {
    return bench_->until([&] { return !bench_->heard.facts<Exited>().empty(); });
  }

  std::unique_ptr<Bench> bench_;
  std::map<std::pair<CommandId, Attempt>, Issued> issued_;
  CommandId next_ = 1;
};

TEST_P(Conformance, StartsBecomesReadyAndStops) {
  const Observed seen = started(bench_->service(Manner::good, 1));
  EXPECT_GT(seen.port, 0);
  EXPECT_TRUE(healthy());
  EXPECT_TRUE(bench_->runs(1));
  EXPECT_TRUE(std::holds_alternative<Done>(give(stop(1))));
  EXPECT_FALSE(bench_->runs(1));
  EXPECT_TRUE(bench_->heard.facts<Exited>().empty()) << "it was asked to end";
  EXPECT_TRUE(std::holds_alternative<Done>(give(stop(1)))) << "already gone";
}

TEST_P(Conformance, NeverReadyIsSaidAndNothingElse) {
  started(bench_->service(Manner::never_ready, 1));
  if (bench_->until([&] { return !bench_->heard.facts<HealthChanged>().empty(); }))
    EXPECT_FALSE(bench_->heard.facts<HealthChanged>().front().healthy);
  EXPECT_TRUE(bench_->heard.facts<Exited>().empty());
  EXPECT_TRUE(bench_->runs(1));
}

TEST_P(Conformance, EndAtOnceIsAFactWithItsLastLines) {
  started(bench_->service(Manner::exits, 1));
  ASSERT_TRUE(exited());
  const Exited end = bench_->heard.facts<Exited>().front();
  EXPECT_NE(end.status, 0);
  EXPECT_TRUE(bench_->heard.facts<HealthChanged>().empty());
  if (!lacks(Trait::tail)) {
    EXPECT_FALSE(end.tail.empty());
  }
}

TEST_P(Conformance, CrashIsToldOnceAndTheNextStartIsFresh) {
  started(bench_->service(Manner::good, 1));
  ASSERT_TRUE(healthy());
  bench_->heard.forget();
  bench_->crash(1);
  ASSERT_TRUE(exited());
  started(bench_->service(Manner::good, 1));
  EXPECT_TRUE(healthy());
  EXPECT_EQ(bench_->heard.facts<Exited>().size(), 1U);
}

TEST_P(Conformance, StopKillsAfterTheGrace) {
  started(bench_->service(Manner::ignores_stop, 1));
  ASSERT_TRUE(healthy());
  EXPECT_TRUE(std::holds_alternative<Done>(give(stop(1, 300ms))));
  EXPECT_FALSE(bench_->runs(1));
}

TEST_P(Conformance, StopGivenTwiceIsAnsweredTwice) {
  started(bench_->service(Manner::slow_stop, 1));
  ASSERT_TRUE(healthy());
  begin(70, 1, stop(1));
  begin(70, 2, stop(1));
  EXPECT_TRUE(std::holds_alternative<Done>(answer_to(70, 1)));
  EXPECT_TRUE(std::holds_alternative<Done>(answer_to(70, 2)));
  EXPECT_TRUE(std::holds_alternative<Done>(look_at(stop(1))));
}

TEST_P(Conformance, DuplicateStartIsOneInstance) {
  const StartInstance start = bench_->service(Manner::good, 1);
  begin(60, 1, start);
  begin(60, 2, start);
  const Outcome first = answer_to(60, 1), second = answer_to(60, 2);
  ASSERT_TRUE(std::holds_alternative<Done>(first)) << text(first);
  ASSERT_TRUE(std::holds_alternative<Done>(second)) << text(second);
  EXPECT_EQ(std::get<Done>(first).observed.port, std::get<Done>(second).observed.port);
  EXPECT_EQ(std::get<Done>(first).observed.pid, std::get<Done>(second).observed.pid);
}

TEST_P(Conformance, AnotherAgentAdoptsWhatRuns) {
  const StartInstance start = bench_->service(Manner::good, 1);
  const Observed before = started(start);
  ASSERT_TRUE(healthy());
  bench_->heard.forget();
  bench_->renew();
  ASSERT_TRUE(bench_->runs(1)) << "it outlives the agent";
  const Outcome seen = look_at(start);
  ASSERT_TRUE(std::holds_alternative<Done>(seen)) << text(seen);
  EXPECT_EQ(std::get<Done>(seen).observed.port, before.port);
  EXPECT_EQ(std::get<Done>(seen).observed.pid, before.pid);
  EXPECT_TRUE(healthy()) << "it is watched again";
  bench_->crash(1);
  EXPECT_TRUE(exited());
}

// The answer to a start that the agent did not live to hear is the one that observing gives.
TEST_P(Conformance, LateAnswerIsFoundByObserving) {
  const StartInstance start = bench_->service(Manner::good, 1);
  EXPECT_TRUE(std::holds_alternative<Failed>(look_at(start))) << "observing starts nothing";
  EXPECT_FALSE(bench_->runs(1));
  started(start);
  bench_->renew();
  const Outcome seen = look_at(start);
  EXPECT_TRUE(std::holds_alternative<Done>(seen)) << text(seen);
}

TEST_P(Conformance, EndWhileNoAgentLookedIsTold) {
  const StartInstance start = bench_->service(Manner::good, 1);
  started(start);
  ASSERT_TRUE(healthy());
  bench_->driver().stop();
  bench_->crash(1);
  ASSERT_FALSE(bench_->runs(1));
  bench_->heard.forget();
  bench_->renew();
  EXPECT_TRUE(std::holds_alternative<Done>(look_at(start))) << "that it was started is true";
  EXPECT_TRUE(exited());
}

TEST_P(Conformance, OrphansAreEndedAndTheWantedStay) {
  started(bench_->service(Manner::good, 1));
  started(bench_->service(Manner::good, 2));
  ASSERT_TRUE(healthy(1) && healthy(2));
  bench_->renew();
  bench_->sweep([&](const SiteId& site, std::uint32_t instance) {
    return site == bench_->site && instance == 1;
  });
  EXPECT_TRUE(bench_->runs(1));
  EXPECT_FALSE(bench_->runs(2));
}

TEST_P(Conformance, CancelLeavesNothing) {
  if (lacks(Trait::cancel)) GTEST_SKIP() << "it takes nothing back";
  const StartInstance start = bench_->service(Manner::good, 1);
  started(start);
  bench_->driver().cancel({bench_->site, 80, 1, start});
  EXPECT_TRUE(std::holds_alternative<Done>(answer_to(80)));
  EXPECT_FALSE(bench_->runs(1));
  EXPECT_TRUE(std::holds_alternative<Failed>(look_at(start)));
}

TEST_P(Conformance, WrongDigestIsRefusedForGood) {
  if (lacks(Trait::wrong_digest)) GTEST_SKIP() << "its releases have no content";
  const StartInstance start = bench_->service(Manner::wrong_digest, 1);
  for (const Command& command : {Command(CheckRelease{start.spec, "v1"}), Command(start)}) {
    const Outcome outcome = give(command);
    ASSERT_TRUE(std::holds_alternative<Failed>(outcome));
    EXPECT_FALSE(std::get<Failed>(outcome).retryable) << text(outcome);
  }
  EXPECT_FALSE(bench_->runs(1));
}

TEST_P(Conformance, LookSaysWhatIsThereAndWhatIsNot) {
  if (lacks(Trait::look)) GTEST_SKIP() << "it has no releases to look at";
  const auto look = [&](Manner manner) {
    const InstanceSpec spec = bench_->service(manner, 1).spec;
    Outcome outcome = give(
        Look{spec.artifact, spec.argv, spec.shell, spec.directory, spec.where, spec.container, ""});
    return std::get<Done>(outcome).observed.world;
  };
  const World good = look(Manner::good);
  EXPECT_EQ(good.problem, "");
  EXPECT_THAT(good.digest, ::testing::StartsWith("sha256:"));
  const World none = look(Manner::no_release);
  EXPECT_NE(none.problem, "");
  EXPECT_FALSE(none.checked);
  EXPECT_NE(none.hint, "");
}

TEST_P(Conformance, NameTakenByAStranger) {
  if (lacks(Trait::stranger)) GTEST_SKIP() << "its names are its own";
  bench_->stranger(1);
  const Outcome outcome = give(bench_->service(Manner::good, 1));
  ASSERT_TRUE(std::holds_alternative<Failed>(outcome));
  EXPECT_THAT(text(outcome), ::testing::HasSubstr("not of this agent"));
  EXPECT_TRUE(std::holds_alternative<Done>(give(stop(1)))) << "nothing of ours is there";
}

TEST_P(Conformance, WhatItTalksToIsGoneAndBack) {
  if (lacks(Trait::away)) GTEST_SKIP() << "it talks to nothing that could be gone";
  const StartInstance start = bench_->service(Manner::good, 1);
  const Observed before = started(start);
  ASSERT_TRUE(healthy());
  bench_->heard.forget();
  bench_->away();
  const Outcome outcome = give(bench_->service(Manner::good, 2));
  ASSERT_TRUE(std::holds_alternative<Failed>(outcome));
  EXPECT_TRUE(std::get<Failed>(outcome).retryable) << text(outcome);
  bench_->back();
  EXPECT_EQ(started(start).pid, before.pid) << "nothing that runs is run twice";
  EXPECT_TRUE(bench_->heard.facts<Exited>().empty());
  bench_->crash(1);
  EXPECT_TRUE(exited()) << "it is watched as before";
}

TEST_P(Conformance, WhatIsLetGoAndCannotComeBackIsWatchedToItsEnd) {
  if (lacks(Trait::rolls)) GTEST_SKIP() << "it lets go of nothing";
  const StartInstance old = bench_->service(Manner::good, 1);
  started(old);
  ASSERT_TRUE(healthy());
  StartInstance next = bench_->service(Manner::good, 2);
  next.version = "v2";
  started(next);
  ASSERT_TRUE(bench_->until([&] { return !bench_->heard.facts<Leaving>().empty(); }));
  EXPECT_EQ(bench_->heard.facts<Leaving>().front().instance, 1U);
  const Outcome outcome = give(old);
  ASSERT_TRUE(std::holds_alternative<Failed>(outcome));
  EXPECT_THAT(text(outcome), ::testing::HasSubstr("the swarm says"));
  EXPECT_TRUE(bench_->runs(1));
  EXPECT_TRUE(bench_->heard.facts<Exited>().empty());
  bench_->crash(1);
  ASSERT_TRUE(exited());
  EXPECT_EQ(bench_->heard.facts<Exited>().front().instance, 1U);
}

TEST_P(Conformance, AFullDiskIsSaidAndHarmsNothingThatRuns) {
  if (!bench_->small_disk()) GTEST_SKIP() << "it has no disk, or none that can be filled here";
  const StartInstance second = bench_->service(Manner::good, 2);
  started(bench_->service(Manner::good, 1));
  ASSERT_TRUE(healthy());
  bench_->fill();
  const Outcome outcome = give(second);
  bench_->make_room();
  ASSERT_TRUE(std::holds_alternative<Failed>(outcome));
  EXPECT_TRUE(std::get<Failed>(outcome).retryable) << text(outcome);
  EXPECT_THAT(text(outcome), ::testing::HasSubstr("o space left on device"));
  started(second);
  EXPECT_TRUE(healthy(2));
  EXPECT_TRUE(bench_->runs(1));
  EXPECT_TRUE(bench_->heard.facts<Exited>().empty());
}

// Adding a driver: its bench, and one line here.
INSTANTIATE_TEST_SUITE_P(Drivers, Conformance,
                         ::testing::Values(Entry{"local", local_bench},
                                           Entry{"docker", docker_bench},
                                           Entry{"podman", podman_bench},
                                           Entry{"swarm", swarm_bench},
                                           Entry{"rolled", rolled_bench}, Entry{"sim", sim_bench}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace slipway::conformance
