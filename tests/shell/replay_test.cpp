// The sites of a journal side by side come back as they do one by one.
#include "shell/replay.h"

#include "stage.h"

namespace slipway::shell {
namespace {

class Replay : public StageTest {
 protected:
  std::vector<SiteId> ids() {
    std::vector<SiteId> all;
    for (const auto& [id, site] : s().sites) all.push_back(id);
    return all;
  }
  // Not from the newest snapshot: everything that happened.
  Reads reads() {
    return {.snapshot = [](const SiteId&) { return journal::Snapshot{}; },
            .summary = [this](std::uint32_t number) { return s().journal->summary(number); },
            .tails =
                [this](std::vector<Tail>& tails) {
                  for (std::size_t n = 0; n < tails.size(); ++n) {
                    EXPECT_TRUE(s().journal->read(
                        stream_of(ids()[n]), 0,
                        [&](std::uint64_t, const journal::Entry& entry) { tails[n].add(entry); }));
                  }
                  return Result<>();
                }};
  }
};

TEST_F(Replay, SideBySideIsAsOneByOne) {
  s().restart();
  for (const char* version : {"v1", "v2", "v3"}) {
    for (int n = 0; n < 12; ++n) s().deploy(version, fmt::format("e{}", n));
    s().settle(30s);
  }
  ASSERT_EQ(ids().size(), 12U);
  const auto one = *replayed(ids(), 1, reads()), many = *replayed(ids(), 5, reads());
  ASSERT_EQ(one.size(), many.size());
  for (std::size_t n = 0; n < one.size(); ++n) {
    EXPECT_FALSE(many[n].trouble);
    EXPECT_TRUE(many[n].diverged.empty());
    EXPECT_GT(many[n].site.seq, 10U);
    EXPECT_TRUE(one[n].site == many[n].site);
    EXPECT_EQ(one[n].next_number, many[n].next_number);
    EXPECT_EQ(one[n].next_request_id, many[n].next_request_id);
  }
}

// One that cannot be read is told with its place, and the others come back all the same.
TEST_F(Replay, WhatCannotBeReadIsNamed) {
  s().restart();
  s().deploy("v1");
  s().settle(30s);
  std::vector<SiteId> all = ids();
  ASSERT_EQ(all.size(), 1U);
  all.push_back({"web", "zz"});
  std::size_t whole = 0;
  Reads damaged = reads();
  damaged.tails = [&](std::vector<Tail>& tails) {
    EXPECT_TRUE(s().journal->read(
        stream_of(all[0]), 0,
        [&](std::uint64_t, const journal::Entry& entry) { tails[0].add(entry); }));
    whole = tails[0].size();
    tails[0].add({"", tails[0].seq(whole - 1) + 1, "\xff"});
    return Result<>();
  };
  damaged.snapshot = [&](const SiteId& id) -> Result<journal::Snapshot> {
    if (id == all[0]) return journal::Snapshot{};
    return journal::Snapshot{.seq = 7, .bytes = "\xff"};
  };
  const auto read = *replayed(all, 2, damaged);
  ASSERT_TRUE(read[0].trouble && read[1].trouble);
  EXPECT_NE(read[0].trouble->text.find(fmt::format("record {} of stream site/", whole + 1)),
            std::string::npos)
      << read[0].trouble->text;
  EXPECT_NE(read[1].trouble->text.find("after record 7"), std::string::npos);
  EXPECT_EQ(read[0].site.seq, whole);
}

// A step that breaks a rule of today's engine holds the site and moves nothing else, not even its
// time; what comes after it is heard.
TEST_F(Replay, AStepThatBreaksARuleMovesNothing) {
  s().restart();
  s().deploy("v1");
  s().settle(30s);
  // It awaits an answer that the engine says is never awaited.
  Site strange = std::move((*replayed(ids(), 1, reads()))[0].site);
  const CommandId never = strange.next_command++;
  strange.awaiting.push_back({.id = never, .attempt = 1, .command = Watch{}});
  Reads broken = reads();
  broken.snapshot = [&](const SiteId&) {
    return journal::Snapshot{.seq = strange.seq, .bytes = record::encode(strange)};
  };
  broken.tails = [&](std::vector<Tail>& tails) {
    const auto add = [&](Duration later, What what) {
      const Event event{strange.now + later, strange.wall + later, std::move(what)};
      tails[0].add({"", strange.seq + 1 + tails[0].size(), record::encode({event, {}, ""})});
    };
    add(5s, Answered{never, 1, Done{}});
    add(1s, DiskCritical{true});
    return Result<>();
  };
  const Replayed read = std::move((*replayed(ids(), 1, broken))[0]);
  ASSERT_FALSE(read.trouble);
  ASSERT_EQ(read.diverged.size(), 1U);
  EXPECT_NE(read.diverged[0].find(fmt::format("record {} of ", strange.seq + 1)), std::string::npos)
      << read.diverged[0];
  EXPECT_NE(read.site.quarantine.find("never awaited"), std::string::npos);
  Site expected = strange;
  expected.quarantine = read.site.quarantine;
  expected.disk_critical = true;
  expected.now += 1s;
  expected.wall += 1s;
  expected.seq += 2;
  EXPECT_TRUE(read.site == expected);
  EXPECT_EQ(read.records, 2U);
}

TEST_F(Replay, TailsThatCannotBeReadEndIt) {
  Reads broken = reads();
  broken.tails = [](std::vector<Tail>&) -> Result<> { return fail(Fault::corrupt, "damaged"); };
  for (const std::size_t threads : {1, 3}) {
    const auto read = replayed({{"web", "a"}, {"web", "b"}}, threads, broken);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().text, "damaged");
  }
}

}  // namespace
}  // namespace slipway::shell
