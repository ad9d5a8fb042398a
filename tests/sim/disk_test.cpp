// The simulated disk: a snapshot that is put into bytes when it is read is, for whoever crashes and
// starts again, one that was written as bytes.
#include "sim/disk.h"

#include <gtest/gtest.h>

namespace slipway::sim {
namespace {

struct Killed {};

// One life of a journal: records, each with a snapshot of its own; killed in the last one.
struct Life {
  Life(bool later, std::uint64_t seed, Moment dies, std::uint64_t records) : luck(seed, "luck") {
    auto journal = *DiskJournal::open(disk);
    for (std::uint64_t n = 1; n <= records; ++n) {
      const std::string text = "state " + std::to_string(n) + std::string(40 * (n + seed), 's');
      journal::Batch batch{.entries = {{"site/a/b", n, "record"}},
                           .snapshots = {{"site/a/b", n, later ? "" : text}, {"agent", 0, "at"}},
                           .summaries = {{static_cast<std::uint32_t>(n), "site/a/b", "over"}}};
      if (later) batch.snapshots.front().later = [this, text] { return ++made, text; };
      if (n == records) {
        journal->hook = [dies](Moment moment) {
          if (moment == dies) throw Killed{};
        };
      }
      try {
        EXPECT_TRUE(journal->append(batch));
      } catch (const Killed&) {
        killed = true;
      }
    }
    journal.reset();
    disk.crash(luck);
  }
  // All that a start reads.
  std::string found() {
    auto journal = *DiskJournal::open(disk);
    std::string out;
    const auto streams = journal->streams();
    for (const std::string& stream : *streams) {
      const auto snapshot = *journal->snapshot(stream);
      out += stream + " " + std::to_string(snapshot.seq) + " " + snapshot.bytes + "\n";
      EXPECT_TRUE(journal->read(stream, 0, [&](std::uint64_t lsn, const journal::Entry& e) {
        out += std::to_string(lsn) + ":" + std::to_string(e.seq) + " " + e.bytes + "\n";
      }));
    }
    EXPECT_TRUE(journal->summaries([&](const journal::Summary& s) {
      out += std::to_string(s.number) + " " + s.bytes + "\n";
    }));
    return out;
  }
  Disk disk;
  Dice luck;
  int made = 0;
  bool killed = false;
};

TEST(Disk, WhatIsMadeLaterIsFoundAsIfItHadBeenWritten) {
  for (const Moment dies : {Moment::before_write, Moment::before_sync, Moment::after_sync}) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
      Life written(false, seed, dies, 1 + seed % 4);
      Life later(true, seed, dies, 1 + seed % 4);
      EXPECT_TRUE(written.killed && later.killed);
      ASSERT_EQ(written.found(), later.found()) << "seed " << seed;
      ASSERT_EQ(written.luck.next(), later.luck.next()) << "seed " << seed;
    }
  }
}

TEST(Disk, OnlyWhatIsReadIsMade) {
  Life life(true, 1, Moment::after_sync, 50);
  EXPECT_EQ(life.made, 0);
  EXPECT_NE(life.found().find("state 50s"), std::string::npos);
  EXPECT_EQ(life.made, 1);
}

TEST(Disk, AJournalThatOutgrowsItsRoomIsAsLongAsItsFrames) {
  Disk disk;
  auto journal = *DiskJournal::open(disk);
  const std::string record(50'000, 'r');
  for (std::uint64_t n = 1; n <= 30; ++n) {
    ASSERT_TRUE(journal->append({.entries = {{"site/a/b", n, record}}}));
    ASSERT_GT(disk.bytes().size(), n * record.size());
    ASSERT_LT(disk.bytes().size(), n * (record.size() + 100));
  }
  journal = nullptr;
  journal = *DiskJournal::open(disk);
  std::uint64_t found = 0;
  ASSERT_TRUE(journal->read("site/a/b", 0, [&](std::uint64_t, const journal::Entry& e) {
    ++found;
    EXPECT_EQ(e.bytes, record);
  }));
  EXPECT_EQ(found, 30U);
}

TEST(Disk, AFlippedBitIsRefusedOnce) {
  for (long bit = 0; bit < 400; bit += 7) {
    Life life(true, 3, Moment::after_sync, 3);
    const std::string whole = life.found();
    life.disk.flip = bit;
    const auto refused = DiskJournal::open(life.disk);
    ASSERT_FALSE(refused) << bit;
    EXPECT_EQ(refused.error().fault, Fault::corrupt);
    EXPECT_EQ(life.found(), whole);
  }
}

}  // namespace
}  // namespace slipway::sim
