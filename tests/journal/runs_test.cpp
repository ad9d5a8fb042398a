#include "journal/runs.h"

#include <gtest/gtest.h>

#include "journal_file.h"

namespace slipway::journal {
namespace {

using Lines = std::vector<std::string>;

std::string line_of(const Record& r) {
  return fmt::format("{} {}:{} {}", r.lsn, r.stream, r.seq, r.bytes);
}

// As of so many sites at one tick, with numbers of other streams between them.
std::vector<std::string> ticks(std::size_t many) {
  std::vector<std::string> bytes;
  for (std::size_t n = 0; n < many; ++n)
    bytes.push_back(fmt::format("a block of site {}, which answered {} requests", n, n * 7 % 41));
  return bytes;
}
std::vector<Record> records_of(const std::vector<std::string>& bytes) {
  std::vector<Record> records;
  for (std::size_t n = 0; n < bytes.size(); ++n)
    records.push_back({1'000 + n * 3, static_cast<std::int64_t>(n + 1), 60 + n % 9, bytes[n]});
  return records;
}

Result<Lines> read_row(const Row& row) {
  Lines lines;
  TRY(each_record(row, [&](const Record& record) -> Result<> {
    lines.push_back(line_of(record));
    return {};
  }));
  return lines;
}

TEST(Runs, GiveBackWhatTheyTook) {
  Packing packing;
  for (const std::size_t many : {1, 2, 3, 70, 1'000}) {
    const auto bytes = ticks(many);
    const auto records = records_of(bytes);
    const Row row = row_of(records, packing);
    EXPECT_EQ(row.lsn, records.back().lsn) << many;
    EXPECT_EQ(row.stream == Row::kRun, many > 1);
    Lines expected, places;
    for (const Record& record : records) expected.push_back(line_of(record));
    EXPECT_EQ(read_row(row), expected) << many;
    ASSERT_TRUE(each_place(row, [&](const Record& record) -> Result<> {
      EXPECT_TRUE(record.bytes.empty() || many == 1);
      places.push_back(fmt::format("{} {}:{}", record.lsn, record.stream, record.seq));
      return {};
    }));
    ASSERT_EQ(places.size(), many);
    for (std::size_t n = 0; n < many; ++n) EXPECT_TRUE(expected[n].starts_with(places[n] + " "));
  }
}

TEST(Runs, TakeAFractionOfWhatTheirRecordsTakeAlone) {
  Packing packing;
  const auto bytes = ticks(1'000);
  std::size_t alone = 0;
  for (const std::string& one : bytes) alone += one.size();
  EXPECT_LT(row_of(records_of(bytes), packing).bytes.size(), alone / 3);
}

TEST(Runs, DamageIsFound) {
  Packing packing;
  const auto bytes = ticks(40);
  const Row whole = row_of(records_of(bytes), packing);
  const Lines expected = *read_row(whole);
  for (std::size_t n = 0; n < whole.bytes.size(); ++n) {
    Row cut = whole;
    cut.bytes.resize(n);
    const auto read = read_row(cut);
    ASSERT_FALSE(read) << n;
    EXPECT_EQ(read.error().fault, Fault::corrupt);
  }
  for (const std::uint64_t many : {0, 39, 41}) {
    Row other = whole;
    other.seq = many;
    EXPECT_FALSE(read_row(other)) << many;
  }
  Row moved = whole;
  moved.bytes[moved.bytes.size() / 2] ^= 1;
  EXPECT_NE(read_row(moved), expected);
}

class RunsJournal : public JournalFile {
 protected:
  // Three sites in one commit, twice; the second commit has a note between.
  static void fill(Journal& journal) {
    ASSERT_TRUE(journal.append({.entries = {{"site/p/a", 1, "a1"},
                                            {"site/p/b", 1, "b1"},
                                            {"site/p/c", 1, "c1"},
                                            {"site/p/b", 2, "b2"}}}));
    ASSERT_TRUE(journal.append({.entries = {{"site/p/a", 2, "a2"},
                                            {"desk", 1, "d1"},
                                            {"site/p/b", 3, "b3"},
                                            {"site/p/c", 2, "c2"}}}));
  }
  static Lines tails(Journal& journal) {
    Lines all;
    EXPECT_TRUE(journal.read_tails([&](std::uint64_t lsn, const Entry& e) {
      all.push_back(fmt::format("{} {}:{}:{}", lsn, e.stream, e.seq, e.bytes));
    }));
    return all;
  }
};

TEST_F(RunsJournal, ACommitOfManySitesIsOneRowAndEachSiteIsReadApart) {
  {
    auto journal = open();
    fill(*journal);
  }
  EXPECT_EQ(ask("SELECT group_concat(lsn || ' ' || stream || ' ' || seq) FROM records"),
            "4 0 4,8 0 3");
  auto journal = open();
  EXPECT_EQ(journal->newest_lsn(), 8U);
  EXPECT_EQ(read(*journal, "site/p/b"), (Lines{"2:1:b1", "4:2:b2", "7:3:b3"}));
  EXPECT_EQ(read(*journal, "site/p/c", 1), (Lines{"8:2:c2"}));
  EXPECT_EQ(read(*journal, "desk"), (Lines{"6:1:d1"}));
  EXPECT_EQ(journal->append({.entries = {{"site/p/c", 3, "c3"}}}), 9U);
}

TEST_F(RunsJournal, ATailThatBeginsInsideARowIsReadFromThere) {
  auto journal = open();
  fill(*journal);
  ASSERT_TRUE(journal->append(
      {.snapshots = {{"site/p/a", 2, "s"}, {"site/p/b", 1, "s"}, {"site/p/c", 2, "s"}}}));
  journal.reset();
  journal = open();
  EXPECT_EQ(tails(*journal), (Lines{"4 site/p/b:2:b2", "7 site/p/b:3:b3"}));
}

TEST_F(RunsJournal, WhatIsForgottenLeavesTheRestOfItsRow) {
  auto journal = open();
  fill(*journal);
  ASSERT_TRUE(journal->append({.snapshots = {{"site/p/a", 2, "s"}, {"site/p/c", 2, "s"}}}));
  ASSERT_TRUE(journal->note_time(1'000));
  EXPECT_EQ(journal->forget(1'000, {{"site/p/a", 0}}), false);
  journal.reset();
  EXPECT_EQ(ask("SELECT group_concat(lsn || ' ' || stream || ' ' || seq) FROM records"),
            "4 0 3,7 0 2");
  journal = open();
  EXPECT_EQ(read(*journal, "site/p/c"), Lines{});
  EXPECT_EQ(read(*journal, "site/p/a"), (Lines{"1:1:a1", "5:2:a2"}));
  EXPECT_EQ(tails(*journal), (Lines{"2 site/p/b:1:b1", "4 site/p/b:2:b2", "7 site/p/b:3:b3"}));
  ASSERT_TRUE(journal->append({.snapshots = {{"site/p/b", 3, "s"}}}));
  EXPECT_EQ(journal->forget(1'000, {{"site/p/a", 0}}), false);
  journal.reset();
  EXPECT_EQ(ask("SELECT group_concat(lsn || ' ' || (stream > 0)) FROM records"), "1 1,5 1");
  journal = open();
  EXPECT_EQ(read(*journal, "site/p/a"), (Lines{"1:1:a1", "5:2:a2"}));
  EXPECT_EQ(journal->forget(1'000, {}), false);
  EXPECT_EQ(read(*journal, "site/p/a"), Lines{});
  EXPECT_EQ(journal->append({.entries = {{"site/p/a", 3, "a3"}}}), 9U) << "no number comes twice";
}

TEST_F(RunsJournal, WhatSchemaFourWroteIsReadAndForgottenAsItStands) {
  open()->append({.entries = {{"site/p/a", 1, "a1"}}}).value();
  sql("PRAGMA user_version=4; INSERT INTO records VALUES(2,1,2,'a2'),(3,1,3,'a3')");
  auto journal = open();
  EXPECT_EQ(journal->append({.entries = {{"site/p/a", 4, "a4"}, {"site/p/a", 5, "a5"}},
                             .snapshots = {{"site/p/a", 4, "s"}}}),
            4U);
  EXPECT_EQ(read(*journal, "site/p/a"), (Lines{"1:1:a1", "2:2:a2", "3:3:a3", "4:4:a4", "5:5:a5"}));
  ASSERT_TRUE(journal->note_time(1'000));
  journal.reset();
  journal = open();
  EXPECT_EQ(tails(*journal), (Lines{"5 site/p/a:5:a5"}));
  EXPECT_EQ(journal->forget(1'000, {}), false);
  EXPECT_EQ(read(*journal, "site/p/a"), (Lines{"5:5:a5"}));
}

TEST_F(RunsJournal, ADamagedRowStopsTheStartAndIsNamed) {
  fill(*open());
  sql("UPDATE records SET bytes = substr(bytes, 1, 5) WHERE lsn = 8");
  const auto damaged = Journal::open(path_);
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().fault, Fault::corrupt);
  EXPECT_NE(damaged.error().text.find("the 3 records up to number 8"), std::string::npos)
      << damaged.error().text;
}

TEST_F(RunsJournal, WhatCannotBeWrittenLeavesNothingForTheNextCommit) {
  auto journal = open();
  fill(*journal);
  EXPECT_FALSE(journal->append({.entries = {{"site/p/a", 3, "lost"}, {"site/p/b", 9, "a gap"}}}));
  EXPECT_EQ(journal->append({.entries = {{"site/p/a", 3, "a3"}, {"site/p/b", 4, "b4"}}}), 9U);
  EXPECT_EQ(read(*journal, "site/p/a", 2), (Lines{"9:3:a3"}));
  EXPECT_EQ(read(*journal, "site/p/b", 3), (Lines{"10:4:b4"}));
}

}  // namespace
}  // namespace slipway::journal
