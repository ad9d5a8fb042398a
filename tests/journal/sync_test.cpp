// An append is on the disk when it returns: the kernel was asked to put it there. Counted by
// standing between SQLite and the C library.
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>

#include "journal/journal.h"

namespace {
std::atomic<int> synced = 0;
}

extern "C" int fdatasync(int fd) {
  ++synced;
  return static_cast<int>(::syscall(SYS_fdatasync, fd));
}
extern "C" int fsync(int fd) {
  ++synced;
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

namespace slipway::journal {
namespace {

TEST(Sync, AnAppendIsOnTheDiskWhenItReturns) {
  std::string folder = (std::filesystem::temp_directory_path() / "slipway-sync-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  {
    auto journal = Journal::open(folder + "/journal.db");
    ASSERT_TRUE(journal) << journal.error().text;
    for (std::uint64_t seq = 1; seq <= 3; ++seq) {
      const int before = synced;
      ASSERT_TRUE((*journal)->append({.entries = {{"site/production/web", seq, "bytes"}}}));
      EXPECT_GT(synced, before) << "record " << seq;
    }
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace slipway::journal
