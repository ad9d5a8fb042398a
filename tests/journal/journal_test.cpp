#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "journal_file.h"

namespace slipway::journal {
namespace {

using JournalTest = JournalFile;
using Lines = std::vector<std::string>;

TEST_F(JournalTest, KeepsOrderPerStreamAndOneCommitOrder) {
  {
    auto journal = open();
    EXPECT_EQ(journal->newest_lsn(), 0U);
    EXPECT_EQ(journal->append({.entries = {{"a", 1, "x"}, {"b", 1, "y"}, {"a", 2, ""}}}), 1U);
    EXPECT_EQ(journal->append({.entries = {{"b", 2, std::string("z\0z", 3)}}}), 4U);
  }
  auto journal = open();
  EXPECT_EQ(read(*journal, "a"), (Lines{"1:1:x", "3:2:"}));
  EXPECT_EQ(read(*journal, "b", 1), (Lines{std::string("4:2:z\0z", 7)}));
  EXPECT_EQ(read(*journal, "c"), Lines{});
  EXPECT_EQ(journal->newest_lsn(), 4U);
  EXPECT_EQ(*journal->streams(), (Lines{"a", "b"}));
}

TEST_F(JournalTest, RefusesAGapAndWritesNothingOfThatBatch) {
  auto journal = open();
  const auto gap = journal->append({.entries = {{"a", 1, "x"}, {"a", 3, "y"}}});
  ASSERT_FALSE(gap);
  EXPECT_EQ(gap.error().fault, Fault::conflict);
  EXPECT_EQ(read(*journal, "a"), Lines{});
  EXPECT_TRUE(journal->append({.entries = {{"a", 1, "x"}}}));
  EXPECT_FALSE(journal->append({.entries = {{"a", 1, "x"}}}));
  EXPECT_FALSE(journal->append({.snapshots = {{"a", 2, "s"}}}));
}

TEST_F(JournalTest, ASnapshotThatIsMadeLaterIsWritten) {
  auto journal = open();
  ASSERT_TRUE(journal->append({.entries = {{"a", 1, "x"}},
                               .snapshots = {{"a", 1, "", [] { return std::string("made"); }}}}));
  EXPECT_EQ(journal->snapshot("a")->bytes, "made");
}

TEST_F(JournalTest, SnapshotsAndSummaries) {
  auto journal = open();
  EXPECT_EQ(journal->snapshot("a")->seq, 0U);
  ASSERT_TRUE(journal->append({{{"a", 1, "x"}, {"a", 2, "y"}}, {{"a", 2, "s2"}}, {{7, "a", "d"}}}));
  ASSERT_TRUE(journal->append({{{"a", 3, "z"}}, {}, {{3, "a", "c"}}}));
  ASSERT_TRUE(journal->append({{}, {{"agent", 0, "clock"}}, {}}));
  journal.reset();
  journal = open();
  const auto snapshot = journal->snapshot("a");
  EXPECT_EQ(snapshot->seq, 2U);
  EXPECT_EQ(snapshot->bytes, "s2");
  EXPECT_EQ(journal->snapshot("agent")->bytes, "clock");
  Lines summaries;
  ASSERT_TRUE(journal->summaries([&](const Summary& summary) {
    summaries.push_back(fmt::format("{} {} {}", summary.number, summary.stream, summary.bytes));
  }));
  EXPECT_EQ(summaries, (Lines{"3 a c", "7 a d"}));
  EXPECT_EQ(journal->summary(7), "d");
  EXPECT_EQ(journal->summary(8).error().fault, Fault::missing);
}

TEST_F(JournalTest, ForgetsOldRecordsOfSitesBehindTheirSnapshotAndNeverReusesNumbers) {
  auto journal = open();
  ASSERT_TRUE(journal->append({{{"site/p/w", 1, "x"}, {"desk", 1, "c"}, {"site/p/w", 2, "y"}},
                               {{"site/p/w", 2, "s"}, {"desk", 1, "s"}},
                               {}}));
  ASSERT_TRUE(journal->note_time(1'000));
  EXPECT_EQ(journal->forget(999, {}), false);
  EXPECT_EQ(read(*journal, "site/p/w"), (Lines{"1:1:x", "3:2:y"})) << "too young";
  EXPECT_EQ(journal->forget(1'000, {{"site/p/w", 999}}), false);
  EXPECT_EQ(read(*journal, "site/p/w"), (Lines{"1:1:x", "3:2:y"})) << "kept longer than others";
  EXPECT_EQ(journal->forget(1'000, {}), false);
  journal.reset();
  journal = open();
  EXPECT_EQ(read(*journal, "site/p/w"), Lines{});
  EXPECT_EQ(read(*journal, "desk"), (Lines{"2:1:c"}));
  EXPECT_FALSE(journal->append({.entries = {{"site/p/w", 1, "x"}}}));
  EXPECT_EQ(journal->append({.entries = {{"site/p/w", 3, "z"}}}), 4U);
  ASSERT_TRUE(journal->note_time(2'000));
  EXPECT_EQ(journal->forget(2'000, {}), false);
  EXPECT_EQ(read(*journal, "site/p/w"), (Lines{"4:3:z"})) << "no snapshot holds it";
}

TEST_F(JournalTest, ForgetsABoundedNumberACall) {
  auto journal = open();
  Batch many;
  for (std::uint64_t n = 1; n <= 2'500; ++n) {
    many.entries.push_back({n % 2 ? "site/p/w" : "site/p/x", (n + 1) / 2, "r"});
  }
  many.snapshots = {{"site/p/w", 1'250, "s"}, {"site/p/x", 1'250, "s"}};
  ASSERT_TRUE(journal->append(many));
  ASSERT_TRUE(journal->note_time(1));
  EXPECT_EQ(journal->forget(1, {{"site/p/x", 0}}), true);
  EXPECT_EQ(read(*journal, "site/p/w").size(), 250U);
  EXPECT_EQ(journal->forget(1, {{"site/p/x", 0}}), false);
  EXPECT_EQ(read(*journal, "site/p/w"), Lines{});
  EXPECT_EQ(read(*journal, "site/p/x").size(), 1'250U);
}

// A start reads what no snapshot holds, wherever it stands, and nothing twice.
TEST_F(JournalTest, TailsAreReadInOnePassAlsoAfterManySnapshots) {
  const auto tails = [](Journal& journal) {
    Lines all;
    EXPECT_TRUE(journal.read_tails([&](std::uint64_t lsn, const Entry& e) {
      all.push_back(fmt::format("{} {}:{}", lsn, e.stream, e.seq));
    }));
    return all;
  };
  auto journal = open();
  ASSERT_TRUE(journal->append({{{"site/p/old", 1, "o"}}, {{"site/p/old", 1, "s"}}, {}}));
  for (std::uint64_t n = 1; n <= 120; ++n) {
    Batch batch;
    for (std::uint64_t k = 1; k <= 1'000; ++k) {
      batch.entries.push_back({"site/p/w", (n - 1) * 1'000 + k, "r"});
    }
    if (n < 120) batch.snapshots = {{"site/p/w", n * 1'000, "s"}};
    ASSERT_TRUE(journal->append(batch));
    if (n != 60) continue;
    ASSERT_TRUE(journal->append({.entries = {{"desk", 1, "c"}, {"site/p/old", 2, "late"}}}));
  }
  const Lines before = tails(*journal);
  ASSERT_EQ(before.size(), 1'001U);
  EXPECT_EQ(before.front(), "60003 site/p/old:2");
  EXPECT_EQ(before.back(), "120003 site/p/w:120000");
  journal.reset();
  EXPECT_EQ(ask("SELECT value >= 50000 FROM meta WHERE name = 'tails_from'"), "1");
  journal = open();
  EXPECT_EQ(tails(*journal), before);
  EXPECT_EQ(journal->append({.entries = {{"site/p/old", 3, "x"}, {"site/p/w", 120'001, "x"}}}),
            120'004U);
}

TEST_F(JournalTest, IsDurableByItsSettings) {
  open().reset();
  EXPECT_EQ(ask("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(ask("PRAGMA auto_vacuum"), "2");
  EXPECT_EQ(ask("PRAGMA user_version"), "5");
  EXPECT_EQ(ask("PRAGMA application_id"), std::to_string(0x534c5057));
  struct stat about{};
  ASSERT_EQ(::stat(path_.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600U);
}

TEST_F(JournalTest, SecondAgentIsRefusedWithThePidOfTheFirst) {
  auto journal = open();
  const auto second = Journal::open(path_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().fault, Fault::conflict);
  EXPECT_NE(second.error().text.find(
                fmt::format("another agent (pid {}) uses this state folder", ::getpid())),
            std::string::npos)
      << second.error().text;
  journal.reset();
  EXPECT_TRUE(Journal::open(path_));
}

TEST_F(JournalTest, AHolderOnItsWayOutIsWaitedFor) {
  auto first = open();
  const auto holds = [&] {  // descriptors of the lock: the second one's appears when it waits
    int n = 0;
    for (const auto& fd : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code gone;
      n += std::filesystem::read_symlink(fd.path(), gone) == path_ + ".lock";
    }
    return n;
  };
  ASSERT_EQ(holds(), 1);
  std::thread going([&] {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    while (holds() < 2 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    first.reset();
  });
  const auto second = Journal::open(path_);
  going.join();
  EXPECT_TRUE(second) << second.error().text;
}

TEST_F(JournalTest, OldSchemaIsBroughtUpToDate) {
  sql("PRAGMA application_id=1397510231; PRAGMA user_version=0;"
      "CREATE TABLE records(lsn INTEGER PRIMARY KEY, stream TEXT, seq INTEGER, bytes BLOB);"
      "INSERT INTO records VALUES(5,'site/p/w',1,'x'),(6,'desk',1,'c'),(9,'site/p/w',2,'y');");
  auto journal = open();
  ASSERT_TRUE(journal);
  EXPECT_EQ(read(*journal, "site/p/w"), (Lines{"5:1:x", "9:2:y"}));
  EXPECT_EQ(read(*journal, "desk"), (Lines{"6:1:c"}));
  EXPECT_EQ(journal->append({.entries = {{"site/p/w", 3, "z"}}}), 10U);
  journal.reset();
  EXPECT_EQ(ask("PRAGMA user_version"), "5");
}

TEST_F(JournalTest, SchemaOneIsBroughtUpToDateAndNoNumberIsUsedTwice) {
  sql("PRAGMA application_id=1397510231; PRAGMA user_version=1;"
      "CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
      "INSERT INTO meta VALUES('schema', '1');"
      "CREATE TABLE streams(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
      "CREATE TABLE records(lsn INTEGER PRIMARY KEY AUTOINCREMENT, stream INTEGER NOT NULL,"
      "                     seq INTEGER NOT NULL, bytes BLOB NOT NULL, UNIQUE(stream, seq));"
      "CREATE TABLE snapshots(stream INTEGER PRIMARY KEY, seq INTEGER NOT NULL, bytes BLOB);"
      "CREATE TABLE summaries(number INTEGER PRIMARY KEY, stream INTEGER, bytes BLOB NOT NULL);"
      "INSERT INTO streams VALUES(1,'site/p/w'),(2,'desk');"
      "INSERT INTO records VALUES(5,1,1,'x'),(6,2,1,'c'),(7,1,2,'y'),(9,1,3,'z'),(12,1,4,'!');"
      "DELETE FROM records WHERE lsn = 12; INSERT INTO snapshots VALUES(1,1,'s');");
  auto journal = open();
  ASSERT_TRUE(journal);
  EXPECT_EQ(read(*journal, "site/p/w"), (Lines{"5:1:x", "7:2:y", "9:3:z"}));
  EXPECT_EQ(read(*journal, "desk"), (Lines{"6:1:c"}));
  EXPECT_EQ(journal->append({.entries = {{"desk", 2, "d"}, {"site/p/w", 4, "a"}}}), 13U);
}

TEST_F(JournalTest, NewerSchemaAndForeignFilesAreRefusedByName) {
  open().reset();
  sql("PRAGMA user_version=7");
  auto newer = Journal::open(path_);
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().fault, Fault::unsupported);
  EXPECT_NE(newer.error().text.find("schema 7"), std::string::npos);

  sql("PRAGMA application_id=1");
  EXPECT_EQ(Journal::open(path_).error().fault, Fault::invalid);

  std::ofstream(path_, std::ios::trunc) << std::string(8192, 'n');
  const auto corrupt = Journal::open(path_);
  ASSERT_FALSE(corrupt);
  EXPECT_EQ(corrupt.error().fault, Fault::corrupt) << corrupt.error().text;
}

TEST_F(JournalTest, FullDiskWritesNothingAndTheJournalGoesOn) {
  open().reset();
  // The limit of pages belongs to a connection; a full file is the nearest to a full disk.
  auto journal = Journal::open(path_, {.max_pages = 40});
  ASSERT_TRUE(journal);
  ASSERT_TRUE((*journal)->append({.entries = {{"a", 1, "x"}}}));
  const auto full =
      (*journal)->append({.entries = {{"a", 2, "y"}, {"b", 1, std::string(1 << 20, 'b')}},
                          .snapshots = {{"a", 2, "s"}}});
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().fault, Fault::exhausted) << full.error().text;
  EXPECT_EQ(read(**journal, "a"), (Lines{"1:1:x"}));
  EXPECT_EQ(read(**journal, "b"), Lines{});
  EXPECT_EQ((*journal)->snapshot("a")->seq, 0U);
  EXPECT_TRUE((*journal)->append({.entries = {{"a", 2, "y"}, {"b", 1, "b"}}}));
}

TEST_F(JournalTest, AnotherProgramThatHoldsTheFileIsNamedBusy) {
  open().reset();
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
  auto journal = Journal::open(path_, {.busy_wait = 50ms});
  ASSERT_TRUE(journal);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  const auto busy = (*journal)->append({.entries = {{"a", 1, "x"}}});
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().fault, Fault::unavailable) << busy.error().text;
  ASSERT_EQ(sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_TRUE((*journal)->append({.entries = {{"a", 1, "x"}}}));
  sqlite3_close(other);
}

TEST_F(JournalTest, FolderThatCannotBeWrittenIsAClearError) {
  ASSERT_EQ(::chmod(folder_.c_str(), 0555), 0);
  const pid_t child = ::fork();
  if (child == 0) {  // root may write everywhere, so an ordinary user tries
    if (::geteuid() == 0 && ::seteuid(65534) != 0) ::_exit(3);
    const auto journal = Journal::open(path_);
    const bool clear = !journal && journal.error().fault == Fault::refused &&
                       journal.error().text.find("cannot be written") != std::string::npos;
    ::_exit(clear ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  const auto missing = Journal::open(folder_ + "/nowhere/journal.db");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().fault, Fault::missing);
}

TEST_F(JournalTest, WhatWasAppendedSurvivesAKill) {
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto journal = Journal::open(path_);
    if (!journal) ::_exit(2);
    for (std::uint64_t seq = 1;; ++seq) {
      if (!(*journal)->append({.entries = {{"a", seq, std::string(300, 'r')}}})) ::_exit(3);
      if (::write(pipe_ends[1], &seq, sizeof seq) != sizeof seq) ::_exit(4);
    }
  }
  ::close(pipe_ends[1]);
  std::uint64_t durable = 0;
  while (durable < 50) ASSERT_EQ(::read(pipe_ends[0], &durable, sizeof durable), 8);
  ::kill(child, SIGKILL);
  std::uint64_t said = 0;
  while (::read(pipe_ends[0], &said, sizeof said) == sizeof said) durable = said;
  ::waitpid(child, nullptr, 0);
  ::close(pipe_ends[0]);
  auto journal = open();
  const std::size_t kept = read(*journal, "a").size();
  EXPECT_GE(kept, durable);
  EXPECT_LE(kept, durable + 1);
}

}  // namespace
}  // namespace slipway::journal
