// Restarts in the middle: the same state, numbers that are never given twice, the world asked
// first.
#include "base/limits.h"
#include "stage.h"

namespace slipway::shell {
namespace {

class RecoverTest : public StageTest {
 protected:
  RecoverTest() { s().restart(); }
  void release(const std::string& version) {
    s().deploy(version);
    s().settle(30s);
    ASSERT_EQ(s().serving(), version);
  }
};

TEST_F(RecoverTest, StateComesBackAsItWas) {
  release("v1");
  s().deploy("v2");
  s().settle(3s);
  const Site before = s().site();
  ASSERT_TRUE(before.live);
  s().start();
  ASSERT_TRUE(s().recover());
  EXPECT_TRUE(s().shell->replay_diverged().empty());
  ASSERT_EQ(s().ended.size(), 1U);
  EXPECT_EQ(s().ended[0].number, 1U);
  const Published& resumed = s().published.back();
  ASSERT_TRUE(std::holds_alternative<Resumed>(resumed.event.what));
  EXPECT_TRUE(*resumed.before == before);
  s().settle(60s);
  EXPECT_EQ(s().serving(), "v2");
}

// Many more than are read at once: none is forgotten, whether it has records after its snapshot.
TEST_F(RecoverTest, ManySitesComeBack) {
  s().start();
  constexpr std::uint64_t kMany = 1'300;
  const std::string happened =
      record::encode(record::StepRecord{Event{Instant(2s), {}, Resumed{}}, {}, ""});
  journal::Batch batch;
  for (std::uint64_t n = 0; n < kMany; ++n) {
    const SiteId id{"web", fmt::format("e{}", n)};
    batch.entries.push_back({stream_of(id), 1, happened});
    batch.snapshots.push_back({stream_of(id), 1, record::encode(Site{.id = id, .seq = 1})});
    if (n % 3 == 0) batch.entries.push_back({stream_of(id), 2, happened});
  }
  ASSERT_TRUE(s().journal->append(batch));
  ASSERT_TRUE(s().recover());
  ASSERT_EQ(s().sites.size(), kMany);
  for (std::uint64_t n = 0; n < kMany; ++n) {
    const auto found = s().sites.find({"web", fmt::format("e{}", n)});
    ASSERT_NE(found, s().sites.end());
    EXPECT_EQ(found->second->seq, n % 3 == 0 ? 3U : 2U) << n;  // and the start itself
  }
}

// Snapshots leave what ended to its summary, which is made where there is none.
TEST_F(RecoverTest, WhatEndedWithoutASummaryGetsOne) {
  s().start();
  const SiteId id{"web", "old"};
  Site old{.id = id, .seq = 1};
  old.last = Deployment{.number = 7, .state = State::succeeded};
  const record::StepRecord happened{Event{Instant(2s), {}, Resumed{}}, {}, ""};
  ASSERT_TRUE(s().journal->append({.entries = {{stream_of(id), 1, record::encode(happened)}},
                                   .snapshots = {{stream_of(id), 1, record::encode(old)}}}));
  for (int start = 0; start < 3; ++start) {
    ASSERT_TRUE(s().recover());
    ASSERT_TRUE(s().sites.at(id)->last);
    EXPECT_EQ(s().sites.at(id)->last->number, 7U);
    s().shell->stop();  // its snapshot is written
    ASSERT_TRUE(s().shell->run());
    s().start();
  }
}

TEST_F(RecoverTest, TimeAwayIsToldAndDwellDoesNotCountIt) {
  release("v1");
  s().deploy("v2");
  s().settle(3s);
  s().clock.pass(1h);
  s().restart();
  const auto* resumed = std::get_if<Resumed>(&s().published.back().event.what);
  ASSERT_NE(resumed, nullptr);
  EXPECT_GE(resumed->away, 1h);
  EXPECT_LT(resumed->away, 1h + 5s);
}

TEST_F(RecoverTest, ACleanEndMarksWhenNobodyWatchedAnyMore) {
  release("v1");
  s().settle(20s);
  s().clock.pass(40s);
  s().shell->stop();
  ASSERT_TRUE(s().shell->run());
  s().clock.pass(5s);
  s().restart();
  EXPECT_EQ(std::get<Resumed>(s().published.back().event.what).away, 5s);
}

TEST_F(RecoverTest, ALiveDeploymentKeepsTheAnchorFresh) {
  release("v1");
  s().intake.change = [](Plan& plan) { plan.steps.edit()[4].gate.wait = 1h; };
  s().deploy("v2");
  s().settle(10min);
  const Instant at = s().site().now;
  s().clock.pass(5s);
  s().restart();
  EXPECT_LT(at, s().published.back().event.at - 9min);
  EXPECT_LT(std::get<Resumed>(s().published.back().event.what).away, 40s);
}

TEST_F(RecoverTest, AcrossBootsTheWallCountsAndNeverBackwards) {
  release("v1");
  const Instant before = s().site().now;
  s().clock.boot = "second";
  s().clock.boot_time = 3s;
  s().clock.civil += 10min;
  s().restart();
  const auto first = s().published.back();
  EXPECT_GE(std::get<Resumed>(first.event.what).away, 10min);
  EXPECT_GE(first.event.at, before + 10min);
  s().clock.boot = "third";
  s().clock.civil -= 24h;
  s().restart();
  EXPECT_EQ(std::get<Resumed>(s().published.back().event.what).away, 0s);
  EXPECT_GE(s().published.back().event.at, first.event.at);
}

TEST_F(RecoverTest, TheWallSteppingBackMovesNoDeadline) {
  release("v1");
  s().deploy("v2");
  s().settle(3s);
  ASSERT_TRUE(s().site().live);
  const Instant before = s().site().now;
  s().clock.civil -= 24h;
  s().settle(30s);  // its gate waits 10 s of engine time
  EXPECT_EQ(s().serving(), "v2");
  EXPECT_EQ(s().site().last->state, State::succeeded);
  EXPECT_LT(s().site().now, before + 60s);
  Instant at{};
  for (const Published& p : s().published) {
    EXPECT_GE(p.event.at, at);
    at = p.event.at;
  }
}

TEST_F(RecoverTest, KilledWhileItsPlanWasMadeARequestIsLookedAtAnew) {
  release("v1");
  s().intake.change = [](Plan&) { throw std::string("the process ends here"); };
  EXPECT_ANY_THROW({
    s().deploy("v2");
    s().settle(1s);
  });
  ASSERT_TRUE(s().site().live);
  EXPECT_EQ(s().site().live->state, State::looking);
  s().intake.change = nullptr;
  s().restart();
  s().settle(60s);
  EXPECT_EQ(s().serving(), "v2");
  EXPECT_EQ(s().site().last->state, State::succeeded);
}

TEST_F(RecoverTest, NumbersAndRequestIdsAreNeverGivenTwice) {
  release("v1");
  s().driver->world.problem = "broken";
  s().deploy("v2");  // refused: its number is in no site any more
  s().settle(1s);
  s().driver->world = {};
  std::uint64_t highest = 0;
  for (const Published& p : s().published) {
    if (const auto* r = std::get_if<Requested>(&p.event.what)) {
      highest = std::max(highest, r->request_id);
    }
  }
  s().restart();
  s().settle(1s);
  s().published.clear();
  s().deploy("v3");
  s().settle(1s);
  const auto& requested = std::get<Requested>(s().published.front().event.what);
  EXPECT_EQ(requested.number, 3U);
  EXPECT_GT(requested.request_id, highest);
}

TEST_F(RecoverTest, WhatWasGivenIsObservedBeforeItIsBegunAgain) {
  release("v1");
  s().driver->held = {"check_release", "check"};
  s().deploy("v2");
  s().settle();
  ASSERT_EQ(s().site().awaiting.size(), 1U);
  const Awaited awaited = s().site().awaiting[0];
  s().restart();
  ASSERT_FALSE(s().driver->observed.empty());
  EXPECT_EQ(s().driver->observed[0].id, awaited.id);
  const auto begun = [&] {
    return std::count_if(s().driver->begun.begin(), s().driver->begun.end(),
                         [&](const Issued& i) { return i.id == awaited.id; });
  };
  EXPECT_EQ(begun(), 0);
  EXPECT_EQ(s().shell->pulse().unheard, 1U) << "it is not ready before its world was heard of";
  s().settle(1s);  // the observation said: missing
  EXPECT_EQ(begun(), 1);
  EXPECT_EQ(s().shell->pulse().unheard, 0U);
  EXPECT_EQ(s().shell->pulse().busy, Duration::zero());
  for (const Published& p : s().published) {
    const auto* answered = std::get_if<Answered>(&p.event.what);
    if (answered && answered->command == awaited.id) {
      EXPECT_TRUE(std::holds_alternative<Done>(answered->outcome));  // "missing" is no failure
    }
  }
  s().settle(60s);
  EXPECT_EQ(s().serving(), "v2");
}

TEST_F(RecoverTest, SnapshotsComeEvery256RecordsAndTheTailIsReplayed) {
  release("v1");
  const std::uint64_t boundary = s().journal->snapshot("site/production/web")->seq;
  EXPECT_GT(boundary, 0U);
  for (int i = 0; i < 300; ++i) {
    s().shell->fact(kWeb, Ejected{1, i % 2 == 0, "x"});
    s().settle();
  }
  const std::uint64_t later = s().journal->snapshot("site/production/web")->seq;
  EXPECT_GE(later, boundary + 200);
  EXPECT_LE(s().site().seq - later, static_cast<std::uint64_t>(limits::kSnapshotEvery));
  const Site before = s().site();
  s().restart();
  EXPECT_TRUE(*s().published.back().before == before);
}

// A day later the records are gone, but for those of what did not succeed: these stay for a week.
TEST_F(RecoverTest, RecordsAreForgottenWithTimeAndStartsDoNotNeedThem) {
  const auto kept = [&] {
    std::size_t records = 0;
    EXPECT_TRUE(s().journal->read("site/production/web", 0,
                                  [&](std::uint64_t, const journal::Entry&) { ++records; }));
    return records;
  };
  release("v1");
  s().settle(1h);
  const std::size_t all = kept();
  ASSERT_GT(all, 5U);
  s().settle(22h);
  EXPECT_GE(kept(), all);
  s().settle(4h);
  EXPECT_LT(kept(), 3U);
  s().restart();
  s().settle(1s);
  EXPECT_EQ(s().serving(), "v1");

  s().deploy("v2");
  s().settle(3s);
  s().act(Act::abort, 2);
  s().settle(1h);
  ASSERT_TRUE(s().site().last && s().site().last->state != State::succeeded);
  const std::size_t failed = kept();
  s().settle(6 * 24h);
  EXPECT_GE(kept(), failed) << "what failed is kept for a week";
  s().settle(48h);
  EXPECT_LT(kept(), failed);
}

TEST_F(RecoverTest, ARecordThatWouldBeDecidedOtherwiseIsToldAndNeverStopsTheStart) {
  release("v1");
  const Site site = s().site();
  record::StepRecord strange;
  strange.event = {site.now, site.wall, Ejected{1, true, ""}};
  strange.commands = {{site.next_command + 5, 1, Watch{}, {"other", {}}}};
  ASSERT_TRUE(s().journal->append(
      {.entries = {{"site/production/web", site.seq + 1, record::encode(strange)}}}));
  s().restart();
  ASSERT_EQ(s().shell->replay_diverged().size(), 1U);
  EXPECT_GT(s().site().next_command, site.next_command + 5);  // what was given stays given
  bool told = false;
  for (const Published& p : s().published) {
    for (const Given& g : p.commands) {
      const auto* tell = std::get_if<Tell>(&g.command);
      told |= tell && tell->code == "replay_diverged";
    }
  }
  EXPECT_TRUE(told);
  s().restart();  // the note is no record: it adds no difference of its own
  EXPECT_LE(s().shell->replay_diverged().size(), 1U);
}

TEST_F(RecoverTest, ADamagedRecordIsNamed) {
  release("v1");
  ASSERT_TRUE(s().journal->append({.entries = {{"site/production/web", s().site().seq + 1,
                                                "\x01"
                                                "Enonsense"}}}));
  s().start();
  const auto recovered = s().recover();
  ASSERT_FALSE(recovered);
  EXPECT_EQ(recovered.error().fault, Fault::corrupt);
  EXPECT_NE(recovered.error().text.find("site/production/web"), std::string::npos)
      << recovered.error().text;
}

// A journal with a live deployment, as format 1 wrote it; it is carried to its end for ever.
// SLIPWAY_WRITE_GOLDEN=1 makes the file when it is missing.
TEST_F(RecoverTest, ALiveJournalOfFormat1IsCarriedToItsEnd) {
  const std::string path = std::string(SLIPWAY_SOURCE_DIR) + "/tests/journals/1/live.db";
  if (!std::filesystem::exists(path) && std::getenv("SLIPWAY_WRITE_GOLDEN")) {
    release("v1");
    s().deploy("v2");
    s().settle(3s);
    s().shell.reset();
    s().journal.reset();
    std::filesystem::copy_file(folder_ + "/journal.db", path);
  }
  s().shell.reset();
  s().journal.reset();
  ASSERT_TRUE(std::filesystem::copy_file(path, folder_ + "/journal.db",
                                         std::filesystem::copy_options::overwrite_existing));
  s().restart();
  ASSERT_TRUE(s().site().live);
  EXPECT_EQ(s().serving(), "v1");
  s().settle(2min);
  EXPECT_EQ(s().serving(), "v2");
  EXPECT_EQ(s().site().last->number, 2U);
}

}  // namespace
}  // namespace slipway::shell
