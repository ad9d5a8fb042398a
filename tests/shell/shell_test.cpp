#include "shell/shell.h"

#include <future>
#include <thread>

#include "base/limits.h"
#include "stage.h"

namespace slipway::shell {
namespace {

class ShellTest : public StageTest {
 protected:
  ShellTest() { s().restart(); }
  // v1 serves, deployment 1 has ended.
  void release_v1() {
    s().deploy("v1");
    s().settle(5s);
    ASSERT_EQ(s().serving(), "v1");
    ASSERT_FALSE(s().site().live);
    s().published.clear();
    s().driver->begun.clear();
  }
};

TEST_F(ShellTest, AReleaseGoesFromRequestToEnd) {
  s().deploy("v1");
  s().settle(5s);
  ASSERT_NE(s().answered(0), nullptr);
  EXPECT_TRUE(s().answered(0)->accepted);
  EXPECT_EQ(s().answered(0)->number, 1U);
  EXPECT_EQ(s().replies[0].size(), 1U);
  EXPECT_EQ(s().serving(), "v1");
  EXPECT_EQ(s().site().last->state, State::succeeded);
  EXPECT_EQ(s().site().last->plan_digest, record::plan_digest(s().site().last->plan));
  std::uint64_t lsn = 0;
  std::uint64_t seq = 0;
  Instant at{};
  for (const Published& p : s().published) {
    EXPECT_EQ(p.lsn, ++lsn);
    EXPECT_EQ(p.after->seq, ++seq);
    EXPECT_EQ(p.before == nullptr, seq == 1);
    EXPECT_GE(p.event.at, at);
    at = p.event.at;
  }
  EXPECT_EQ(s().journal->newest_lsn(), lsn);
}

TEST_F(ShellTest, WhatIntakeDoesNotAdmitIsRefusedAtOnceAndNotRecorded) {
  s().deploy("v1", "nowhere");
  s().settle();
  ASSERT_NE(s().refused(0), nullptr);
  EXPECT_EQ(s().refused(0)->code, "unknown_environment");
  EXPECT_EQ(s().journal->newest_lsn(), 0U);
  s().deploy("v1");
  s().settle();
  EXPECT_EQ(s().answered(0 + 1)->number, 1U);  // no number was used up
}

TEST_F(ShellTest, WhatIntakeDoesNotCompileIsAnsweredNo) {
  s().driver->world.problem = "not executable";
  s().deploy("v1");
  s().settle();
  ASSERT_NE(s().answered(0), nullptr);
  EXPECT_FALSE(s().answered(0)->accepted);
  EXPECT_EQ(s().answered(0)->code, "cannot_start");
  EXPECT_FALSE(s().site().live);
}

TEST_F(ShellTest, APlanIsOnDiskWithTheLookThatItFollowsFrom) {
  s().driver->held = {"look"};
  s().deploy("v1");
  s().settle();
  ASSERT_EQ(s().driver->begun.size(), 1U);
  s().driver->held = {"check_release"};
  s().driver->done(s().driver->begun[0]);
  const int before = s().journal->appends;
  s().driver->before_begin = [&](const Issued&) {
    EXPECT_EQ(s().answered(0), nullptr) << "the work begins before whoever asked is answered";
  };
  s().shell->turn(Duration::zero());
  ASSERT_NE(s().answered(0), nullptr);
  EXPECT_TRUE(s().site().live->planned);
  EXPECT_EQ(s().journal->appends, before + 1);
  EXPECT_EQ(s().journal->sizes.back(), 2U);
  EXPECT_EQ(s().driver->begun.size(), 2U) << "what the plan begins with is given";
}

TEST_F(ShellTest, WhatTheLookHasCheckedIsNotCheckedAgain) {
  const auto given = [&](const std::string& version, const World& world) {
    s().driver->world = world;
    s().driver->held = {"start_instance"};
    s().driver->begun.clear();
    s().deploy(version);
    s().settle();
    std::string words;
    for (const Issued& issued : s().driver->begun) words += std::string(word(issued.command)) + " ";
    s().act(Act::abort, s().site().live->number);
    s().settle(5s);
    return words;
  };
  s().intake.change = [](Plan& plan) { plan.spec.edit().digest = "sha256:a"; };
  EXPECT_EQ(given("v1", {.digest = "sha256:a", .checked = true}), "look start_instance ");
  EXPECT_EQ(given("v2", {.digest = "sha256:a"}), "look check_release start_instance ");
  EXPECT_EQ(given("v3", {.digest = "sha256:b", .checked = true}),
            "look check_release start_instance ")
      << "another release than the one that was planned";
}

TEST_F(ShellTest, WhatIsWrittenBesideARequestIsOfItsCommit) {
  const auto submit = [&](const std::string& environment) {
    const int before = s().journal->appends;
    s().shell->submit({.act = Act::deploy, .environment = environment, .version = "v1"}, {},
                      journal::Snapshot{"acts/0", 0, environment});
    s().shell->turn({});
    return s().journal->appends - before;
  };
  EXPECT_EQ(submit("nowhere"), 0);
  EXPECT_EQ(s().journal->snapshot("acts/0")->bytes, "") << "it was refused at once";
  EXPECT_EQ(submit("production"), 1);
  EXPECT_EQ(s().journal->sizes.back(), 1U);
  EXPECT_EQ(s().journal->snapshot("acts/0")->bytes, "production");
  s().settle(5s);
  s().shell->submit({.act = Act::pause, .number = 1}, {}, journal::Snapshot{"acts/0", 0, "late"});
  s().settle();
  EXPECT_EQ(s().journal->snapshot("acts/0")->bytes, "production") << "there was nothing to pause";
}

TEST_F(ShellTest, AFactIsOfTheCommitOfTheAnswerItCameWith) {
  s().driver->held = {"look"};
  s().deploy("v1");
  s().settle();
  const Issued look = s().driver->begun.at(0);
  s().driver->held = {"check_release"};
  const int before = s().journal->appends;
  s().shell->answer_with(ProxyRestarted{5ms, 1}, look.site, look.id, look.attempt, Done{});
  s().shell->turn({});
  EXPECT_EQ(s().journal->appends, before + 1);
  EXPECT_EQ(s().journal->sizes.back(), 3U) << "the fact, the look, and its plan";
}

TEST_F(ShellTest, APlanThatIsTooLargeForARecordIsRefused) {
  s().intake.change = [](Plan& plan) { plan.notes.edit().assign(100, std::string(1000, 'n')); };
  s().deploy("v1");
  s().settle();
  ASSERT_NE(s().answered(0), nullptr);
  EXPECT_EQ(s().answered(0)->code, "plan_too_large");
}

TEST_F(ShellTest, VerbsFindTheirDeploymentOrSayWhyNot) {
  release_v1();
  s().act(Act::promote, 9);
  s().act(Act::promote, 1);
  s().deploy("v2");
  s().settle();  // in the gate's pause
  s().act(Act::retry, 2);
  s().act(Act::pause, 2);
  s().settle();
  EXPECT_EQ(s().refused(1)->code, "not_found");
  EXPECT_EQ(s().refused(1)->http, 404);
  EXPECT_EQ(s().refused(2)->code, "wrong_state");
  EXPECT_EQ(s().refused(2)->http, 409);
  EXPECT_EQ(s().refused(2)->state, "succeeded");
  EXPECT_EQ(s().refused(4)->code, "wrong_state");
  ASSERT_NE(s().answered(5), nullptr);
  EXPECT_TRUE(s().answered(5)->accepted);
  EXPECT_EQ(s().site().live->state, State::paused);
}

TEST_F(ShellTest, RollbackWhileOneIsLiveIsAVerbOnIt) {
  release_v1();
  s().deploy("v2");
  s().settle();
  s().intake.admitted.clear();
  s().submit({.act = Act::rollback, .by = "ann", .environment = "production"});
  s().settle(20s);
  EXPECT_TRUE(s().intake.admitted.empty());
  EXPECT_EQ(s().count<Asked>(), 1U);
  EXPECT_EQ(s().site().last->state, State::rolled_back);
  EXPECT_EQ(s().serving(), "v1");
}

TEST_F(ShellTest, RetryOfAnEndedOneIsANewReleaseOfTheSameVersion) {
  release_v1();
  s().deploy("v2");
  s().settle();
  s().act(Act::abort, 2);
  s().settle(20s);
  ASSERT_EQ(s().site().last->state, State::aborted);
  s().restart();  // it is found after a restart, too
  s().settle(5s);
  s().act(Act::retry, 2);
  s().settle(60s);
  EXPECT_EQ(s().intake.admitted.back().version, "v2");
  EXPECT_EQ(s().intake.admitted.back().environment, "production");
  EXPECT_EQ(s().serving(), "v2");
  EXPECT_EQ(s().site().last->number, 3U);
}

TEST_F(ShellTest, PendingIsObservedAgainAndNeverRecorded) {
  s().driver->held = {"look"};
  s().deploy("v1");
  s().settle();
  const std::size_t records = s().published.size();
  const Issued look = s().driver->begun.back();
  s().driver->say(look, Pending{200ms});
  s().driver->say(look, Pending{300ms});
  s().settle(100ms);
  EXPECT_EQ(s().published.size(), records);
  EXPECT_TRUE(s().driver->observed.empty());
  EXPECT_EQ(s().shell->until_next(), 200ms);  // the newest word counts: 300 ms, of which 100 passed
  s().driver->note(s().driver->mark(look));
  s().settle(300ms);
  ASSERT_EQ(s().driver->observed.size(), 1U);
  EXPECT_EQ(s().driver->observed[0].id, look.id);
  EXPECT_EQ(s().count<Planned>(), 1U);
}

TEST_F(ShellTest, ABlockThatSaysNothingIsNotRecorded) {
  release_v1();
  Counted counted;
  counted.judged = false;
  s().shell->post(kWeb, counted);
  s().settle();
  EXPECT_EQ(s().count<Counted>(), 0U);
  counted.tally.requests = 1;
  s().shell->post(kWeb, counted);
  s().settle();
  EXPECT_EQ(s().count<Counted>(), 1U);
}

TEST_F(ShellTest, FactsAboutUnknownSitesMoveNothing) {
  s().shell->fact({"other", "production"}, HealthChanged{1, true, ""});
  s().settle();
  EXPECT_EQ(s().journal->newest_lsn(), 0U);
}

TEST_F(ShellTest, WhatQueuedUpIsOneCommitAndADeathEndsTheBatch) {
  release_v1();
  s().journal->sizes.clear();
  for (int i = 0; i < 20; ++i) s().shell->fact(kWeb, Ejected{1, i % 2 == 0, ""});
  s().settle();
  EXPECT_EQ(s().journal->sizes, (std::vector<std::size_t>{20}));

  s().journal->sizes.clear();
  s().shell->fact(kWeb, Ejected{1, true, ""});
  s().shell->fact(kWeb, Exited{1, 1, {}});
  s().shell->fact(kWeb, Ejected{1, false, ""});
  s().shell->turn({});
  EXPECT_EQ(s().journal->sizes, (std::vector<std::size_t>{2}));
  for (int i = 0; i < 1'500; ++i) s().shell->fact(kWeb, Ejected{1, i % 2 == 0, ""});
  s().journal->sizes.clear();
  s().shell->turn({});
  EXPECT_EQ(s().journal->sizes, (std::vector<std::size_t>{limits::kBatchEvents}));
}

TEST_F(ShellTest, TimersFireAtTheirEngineTime) {
  release_v1();
  s().deploy("v2");
  s().settle();
  ASSERT_TRUE(s().site().live);
  EXPECT_EQ(s().count<Due>(), 0U);
  s().clock.civil -= 5h;  // the civil clock has no say
  s().settle(9s);
  EXPECT_EQ(s().count<Due>(), 0U);
  s().settle(2s);
  EXPECT_GE(s().count<Due>(), 1U);
  EXPECT_EQ(s().serving(), "v2");
}

TEST_F(ShellTest, NothingIsVisibleOrDoneWhenItCannotBeWritten) {
  s().journal->errors = {{Fault::unavailable, "disk I/O error"}};
  s().deploy("v1");
  const auto ran = s().shell->run();
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().text, "disk I/O error");
  EXPECT_TRUE(s().published.empty());
  EXPECT_TRUE(s().driver->begun.empty());
  ASSERT_NE(s().refused(0), nullptr);
  EXPECT_EQ(s().refused(0)->http, 503);
  s().deploy("v1");  // afterwards at once
  EXPECT_EQ(s().refused(1)->code, "stopping");
  EXPECT_FALSE(s().shell->turn({}));
}

TEST_F(ShellTest, AFullDiskGivesUpTheBallastOnceAndGoesOn) {
  s().state_dir = folder_;
  s().restart();
  const std::string ballast = folder_ + "/ballast";
  ASSERT_EQ(std::filesystem::file_size(ballast), limits::kBallastBytes);
  release_v1();
  s().journal->errors = {{Fault::exhausted, "disk full"}};
  s().shell->fact(kWeb, Ejected{1, true, ""});
  s().settle();
  EXPECT_EQ(s().count<Ejected>(), 1U);
  EXPECT_FALSE(std::filesystem::exists(ballast));
  EXPECT_TRUE(s().site().disk_critical);
  s().deploy("v2");
  s().settle();
  EXPECT_EQ(s().refused(1)->code, "disk_critical");
  s().settle(28s);
  EXPECT_TRUE(s().site().disk_critical);
  s().settle(3s);
  EXPECT_FALSE(s().site().disk_critical);
  EXPECT_TRUE(std::filesystem::exists(ballast));
  s().deploy("v2");
  s().settle();
  EXPECT_TRUE(s().answered(2)->accepted);
}

TEST_F(ShellTest, ADiskThatStaysFullEndsTheLoop) {
  s().journal->errors = {{Fault::exhausted, "disk full"}, {Fault::exhausted, "disk full"}};
  s().deploy("v1");
  s().settle();
  ASSERT_TRUE(s().shell->fault());
  EXPECT_EQ(s().shell->fault()->fault, Fault::exhausted);
  EXPECT_TRUE(s().driver->begun.empty());
}

TEST_F(ShellTest, ABrokenInvariantQuarantinesThatSiteAlone) {
  release_v1();
  // A state the engine never makes: it awaits an answer that it says is never awaited.
  Site strange = s().site();
  strange.awaiting.push_back({.id = strange.next_command++, .attempt = 1, .command = Watch{}});
  ASSERT_TRUE(s().journal->append(
      {.snapshots = {{"site/production/web", strange.seq, record::encode(strange)}}}));
  s().restart();
  s().settle();
  const std::size_t records = s().site().seq;
  s().shell->answer(kWeb, strange.awaiting[0].id, 1, Done{});
  s().deploy("v1", "staging");  // in the same batch
  s().settle(5s);
  EXPECT_EQ(s().count<Quarantined>(), 1U);
  EXPECT_EQ(s().site().seq, records + 1);  // the event itself is dropped
  const std::string broken = s().site().quarantine;
  EXPECT_NE(broken.find("never awaited"), std::string::npos) << broken;
  EXPECT_EQ(s().serving({"web", "staging"}), "v1");
  s().restart();
  s().settle();
  EXPECT_EQ(s().site().quarantine, broken);
  EXPECT_TRUE(s().shell->replay_diverged().empty());
}

TEST_F(ShellTest, NotesAreDurableWhenTheyReturn) {
  ASSERT_TRUE(s().shell->note("revision", std::string("a\0b", 3)));
  ASSERT_TRUE(s().shell->note("other", "x"));
  ASSERT_TRUE(s().shell->note("revision", ""));
  s().restart();
  ASSERT_TRUE(s().shell->note("revision", "c"));
  std::vector<std::string> found;
  ASSERT_TRUE(s().shell->notes("revision", [&](const std::string& b) { found.push_back(b); }));
  EXPECT_EQ(found, (std::vector<std::string>{std::string("a\0b", 3), "", "c"}));
}

TEST_F(ShellTest, RunsOnItsOwnThreadUntilItIsStopped) {
  s().shell.reset();
  const auto clock = machine_clock();
  EXPECT_NE(clock->boot_id(), "");
  auto made = Shell::open({}, {.journal = s().journal.get(),
                               .clock = clock.get(),
                               .intake = &s().intake,
                               .drivers = {s().driver.get()},
                               .publish = {}});
  ASSERT_TRUE(made);
  Shell& shell = **made;
  s().driver->sink = &shell;
  ASSERT_TRUE(shell.recover({}, {}));
  std::promise<std::variant<Answer, Refusal>> reply;
  Result<> ended = fail(Fault::internal, "did not run");
  std::thread loop([&] { ended = shell.run(); });
  shell.submit({.act = Act::deploy, .environment = "production", .version = "v1"},
               [&](std::variant<Answer, Refusal> r) { reply.set_value(std::move(r)); });
  shell.submit({.act = Act::deploy, .environment = "staging", .version = "v1"}, {});
  shell.submit({.act = Act::deploy, .environment = "playground", .version = "v1"}, {});
  auto answer = reply.get_future();
  EXPECT_EQ(answer.wait_for(10s), std::future_status::ready);
  ASSERT_TRUE(shell.note("revision", "from another thread"));
  shell.stop();
  loop.join();
  EXPECT_TRUE(ended);
  EXPECT_TRUE(std::holds_alternative<Answer>(answer.get()));

  // What it stopped with is written down: a start has nothing to go through again.
  std::size_t left = 0;
  EXPECT_TRUE(s().journal->read_tails([&](std::uint64_t, const journal::Entry&) { ++left; }));
  EXPECT_EQ(left, 0U);
  EXPECT_GT(s().journal->snapshot("site/production/web")->seq, 0U);
}

}  // namespace
}  // namespace slipway::shell
