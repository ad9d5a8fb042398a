// The sites of a journal side by side come back as they do one by one.
#include "shell/replay.h"

#include "stage.h"

namespace slipway::shell {
namespace {

class Replay : public StageTest {
 protected:
  std::map<SiteId, Tail> tails() {
    std::map<SiteId, Tail> all;
    for (const auto& [id, site] : s().sites) {
      // Not from the newest snapshot: everything that happened.
      Tail tail(journal::Snapshot{.stream = stream_of(id)});
      EXPECT_TRUE(s().journal->read(
          stream_of(id), 0, [&](std::uint64_t, const journal::Entry& entry) { tail.add(entry); }));
      all.emplace(id, std::move(tail));
    }
    return all;
  }
  std::vector<Replayed> back(const std::map<SiteId, Tail>& all, std::size_t threads) {
    return replayed(all, threads,
                    [&](std::uint32_t number) { return s().journal->summary(number); });
  }
};

TEST_F(Replay, SideBySideIsAsOneByOne) {
  s().restart();
  for (const char* version : {"v1", "v2", "v3"}) {
    for (int n = 0; n < 12; ++n) s().deploy(version, fmt::format("e{}", n));
    s().settle(30s);
  }
  const auto all = tails();
  ASSERT_EQ(all.size(), 12U);
  const auto one = back(all, 1), many = back(all, 5);
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
  auto all = tails();
  ASSERT_EQ(all.size(), 1U);
  Tail& tail = all.begin()->second;
  const auto whole = tail.size();
  tail.add({"", tail.seq(whole - 1) + 1, "\xff"});
  all.emplace(SiteId{"web", "zz"}, Tail(journal::Snapshot{.seq = 7, .bytes = "\xff"}));
  const auto read = back(all, 2);
  ASSERT_TRUE(read[0].trouble && read[1].trouble);
  EXPECT_NE(read[0].trouble->text.find(fmt::format("record {} of stream site/", whole + 1)),
            std::string::npos)
      << read[0].trouble->text;
  EXPECT_NE(read[1].trouble->text.find("after record 7"), std::string::npos);
  EXPECT_EQ(read[0].site.seq, whole);
}

}  // namespace
}  // namespace slipway::shell
