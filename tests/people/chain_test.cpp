// The audit's chain shows every change.
#include "people/chain.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace slipway::people {
namespace {

std::vector<std::string> chain_of(int entries) {
  std::vector<std::string> lines;
  std::string head(kNoHash);
  for (int n = 1; n <= entries; ++n) {
    Deed d{.at = "2026-11-21T10:00:00.000Z", .by = "ana \"\\\n", .from = "10.0.0.7"};
    d.act = "POST /v1/deployments";
    d.because = "fix of the cart";
    d.status = 201;
    d.accepted = n % 2 == 0;
    lines.push_back(chained(d, static_cast<std::uint64_t>(n), head));
    head = hash_in(lines.back());
  }
  return lines;
}

bool is_whole(const std::vector<std::string>& lines, std::uint64_t expected,
              const std::string& hash) {
  ChainReader reader;
  reader.expect(expected, hash);
  for (const auto& line : lines)
    if (!reader.take(line)) return false;
  return reader.whole();
}

// The entry of an act that nobody saw the end of is the one that was begun, with its end unknown.
TEST(Chain, WhatWasBegunIsReadAsItWasWritten) {
  const Deed begun{.at = "2026-11-21T10:00:00.000Z",
                   .by = "ana \"\\\n",
                   .token = "ci",
                   .from = "10.0.0.7",
                   .via = "token",
                   .act = "POST /v1/deployments",
                   .target = "/v1/deployments",
                   .environment = "production",
                   .because = "fix of the cart"};
  const Deed read = begun_deed(begun_text(begun));
  Deed unknown = begun;
  unknown.known = false;
  unknown.code = "outcome_unknown";
  EXPECT_EQ(chained(read, 1, kNoHash), chained(unknown, 1, kNoHash));
  EXPECT_EQ(begun_deed("[]").code, "outcome_unknown");
  EXPECT_EQ(begun_deed("{").by, "");
  // Lines that older agents wrote hold as they stand: the order of the fields is part of the hash.
  EXPECT_TRUE(
      chained(begun, 1, kNoHash)
          .starts_with(R"({"n":1,"prev":")" + std::string(kNoHash) +
                       R"(","at":"2026-11-21T10:00:00.000Z","by":"ana \"\\\n","token":"ci",)" +
                       R"("from":"10.0.0.7","via":"token","act":)"));
}

TEST(Chain, WholeWhenNothingWasTouched) {
  const auto lines = chain_of(20);
  EXPECT_TRUE(is_whole(lines, 20, hash_in(lines.back())));
  EXPECT_TRUE(is_whole({}, 0, ""));
  EXPECT_EQ(lines[0].find('\n'), std::string::npos) << "an entry is one line";
}

TEST(Chain, EveryFlippedByteShows) {
  const auto lines = chain_of(4);
  for (std::size_t n = 0; n < lines.size(); ++n)
    for (std::size_t at = 0; at < lines[n].size(); ++at)
      for (const int bit : {0, 3, 5}) {
        auto altered = lines;
        altered[n][at] = static_cast<char>(altered[n][at] ^ (1 << bit));
        EXPECT_FALSE(is_whole(altered, 4, hash_in(lines.back()))) << n << ":" << at;
      }
}

TEST(Chain, RemovedMovedAddedAndCutOffEntriesShow) {
  const auto lines = chain_of(6);
  const std::string head = hash_in(lines.back());
  for (std::size_t n = 0; n < lines.size(); ++n) {
    auto removed = lines;
    removed.erase(removed.begin() + static_cast<std::ptrdiff_t>(n));
    EXPECT_FALSE(is_whole(removed, 6, head)) << n;
    auto doubled = lines;
    doubled.insert(doubled.begin() + static_cast<std::ptrdiff_t>(n), lines[n]);
    EXPECT_FALSE(is_whole(doubled, 6, head)) << n;
    for (std::size_t m = 0; m < n; ++m) {
      auto moved = lines;
      std::swap(moved[n], moved[m]);
      EXPECT_FALSE(is_whole(moved, 6, head)) << n << " and " << m;
    }
  }
  // The end rewritten from an entry on: its own hashes fit, the noted one does not.
  auto forged = lines;
  Deed d{.by = "mallory"};
  forged[5] = chained(d, 6, hash_in(forged[4]));
  EXPECT_TRUE(is_whole(forged, 0, ""));
  EXPECT_FALSE(is_whole(forged, 6, head));
}

TEST(Chain, SaysWhere) {
  auto lines = chain_of(5);
  lines[2].replace(lines[2].find("cart"), 4, "tart");
  ChainReader reader;
  for (const auto& line : lines)
    if (!reader.take(line)) break;
  EXPECT_EQ(reader.count(), 2u);
  EXPECT_NE(reader.why().find("entry 3 was changed"), std::string::npos) << reader.why();
}

}  // namespace
}  // namespace slipway::people
