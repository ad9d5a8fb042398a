#include "journal/packed.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "journal_file.h"

namespace slipway::journal {
namespace {

std::string text_of(std::size_t size) {
  std::string text;
  while (text.size() < size) text += "a stage of release " + std::to_string(text.size() / 100);
  text.resize(size);
  return text;
}

std::string noise_of(std::size_t size) {
  std::mt19937 random(7);
  std::string noise;
  for (std::size_t n = 0; n < size; ++n) noise += static_cast<char>(random());
  return noise;
}

TEST(Packing, GivesBackWhatItTook) {
  Packing packing;
  for (const std::size_t size : {0, 1, 255, 256, 257, 6000, 65'536, 1'000'000}) {
    for (const std::string& value : {text_of(size), noise_of(size)}) {
      const std::string packed(packing.pack(value));
      EXPECT_LE(packed.size(), value.size());
      EXPECT_EQ(unpack(packed).value(), value) << size;
    }
  }
  EXPECT_LT(packing.pack(text_of(6000)).size(), 1000U);
}

TEST(Packing, AValueThatLooksPackedComesBackToo) {
  Packing packing;
  const std::string value("\x28\xb5\x2f\xfd no frame", 13);
  EXPECT_EQ(unpack(packing.pack(value)).value(), value);
}

TEST(Packing, DamageIsFound) {
  Packing packing;
  const std::string whole(packing.pack(text_of(6000)));
  for (std::size_t n = 4; n < whole.size(); ++n) {
    std::string damaged = whole;
    damaged[n] = static_cast<char>(damaged[n] ^ 0x10);
    const auto read = unpack(damaged);
    // A flipped bit may name another way to the same bytes, never other bytes.
    if (read) EXPECT_EQ(*read, text_of(6000)) << n;
    if (!read) EXPECT_EQ(read.error().fault, Fault::corrupt);
  }
  EXPECT_FALSE(unpack(whole.substr(0, whole.size() / 2)));
  EXPECT_FALSE(unpack(whole.substr(0, 4)));
}

using PackedJournal = JournalFile;

TEST_F(PackedJournal, SnapshotsAndSummariesAreSmallOnDiskAndWholeWhenRead) {
  {
    auto journal = Journal::open(path_).value();
    ASSERT_TRUE(journal->append({.entries = {{"site/p/w", 1, "x"}},
                                 .snapshots = {{"site/p/w", 1, text_of(60'000)}},
                                 .summaries = {{7, "site/p/w", text_of(50'000)}}}));
  }
  EXPECT_LT(std::filesystem::file_size(path_), 60'000U);
  auto journal = Journal::open(path_).value();
  EXPECT_EQ(journal->snapshot("site/p/w")->bytes, text_of(60'000));
  std::vector<std::string> summaries;
  ASSERT_TRUE(journal->summaries([&](const Summary& s) { summaries.push_back(s.bytes); }));
  EXPECT_EQ(summaries, std::vector{text_of(50'000)});
}

TEST_F(PackedJournal, WhatSchemaTwoWroteIsReadAsItStands) {
  Journal::open(path_).value()->append({.entries = {{"site/p/w", 1, "x"}}}).value();
  sql("PRAGMA user_version=2; INSERT INTO snapshots VALUES(1, 1, 'a snapshot as it is');"
      "INSERT INTO summaries VALUES(7, 1, 'a summary as it is')");
  auto journal = Journal::open(path_).value();
  EXPECT_EQ(journal->snapshot("site/p/w")->bytes, "a snapshot as it is");
  std::string summary;
  ASSERT_TRUE(journal->summaries([&](const Summary& s) { summary = s.bytes; }));
  EXPECT_EQ(summary, "a summary as it is");
}

TEST_F(PackedJournal, ADamagedOneIsNamed) {
  Journal::open(path_)
      .value()
      ->append({.entries = {{"site/p/w", 1, "x"}},
                .snapshots = {{"site/p/w", 1, text_of(6000)}},
                .summaries = {{7, "site/p/w", text_of(6000)}}})
      .value();
  sql("UPDATE snapshots SET bytes = substr(bytes, 1, 90);"
      "UPDATE summaries SET bytes = substr(bytes, 1, 90)");
  auto journal = Journal::open(path_).value();
  const auto snapshot = journal->snapshot("site/p/w");
  ASSERT_FALSE(snapshot);
  EXPECT_EQ(snapshot.error().fault, Fault::corrupt);
  EXPECT_NE(snapshot.error().text.find("site/p/w"), std::string::npos) << snapshot.error().text;
  const auto summaries = journal->summaries([](const Summary&) {});
  ASSERT_FALSE(summaries);
  EXPECT_NE(summaries.error().text.find("deployment 7"), std::string::npos);
}

}  // namespace
}  // namespace slipway::journal
