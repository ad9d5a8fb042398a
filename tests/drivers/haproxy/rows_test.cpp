#include "drivers/haproxy/rows.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/haproxy/share.h"
#include "os/files.h"

namespace slipway::haproxy {
namespace {

struct Rows : testing::Test {
  os::TempDir folder;
  std::string path = (folder.path() / "rows").string();
  std::vector<std::string> got;
  std::uint64_t at = 0;

  void append(const std::string& text) {
    const os::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    ASSERT_EQ(::write(fd.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  auto take() {
    return [this](std::string_view line, std::uint64_t end) {
      got.emplace_back(line);
      at = end;
    };
  }
};

TEST_F(Rows, AreReadToTheLastFullLine) {
  RowFile rows(path);
  EXPECT_EQ(rows.read(0, take()).error().fault, Fault::missing);
  append("one\ntwo\nthr");
  EXPECT_EQ(*rows.read(at, take()), 2U);
  EXPECT_EQ(*rows.read(at, take()), 0U);
  append("ee\n");
  EXPECT_EQ(*rows.read(at, take()), 1U);
  EXPECT_EQ(got, (std::vector<std::string>{"one", "two", "three"}));
  EXPECT_EQ(at, rows.size());
}

TEST_F(Rows, AnotherReaderGoesOnAtTheOffset) {
  append("one\ntwo\n");
  RowFile(path).read(0, take());
  append("three\n");
  RowFile next(path);
  // Known before anything was read: whether the offset belongs to this file depends on it.
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(next.inode(), info.st_ino);
  EXPECT_EQ(*next.read(at, take()), 1U);
  EXPECT_EQ(got.back(), "three");
}

TEST_F(Rows, OfAnotherFileAreReadFromItsStart) {
  RowFile rows(path);
  append("one\ntwo\nthree\n");
  rows.read(0, take());
  const auto before = rows.inode();
  ::rename(path.c_str(), (path + ".old").c_str());
  append("four\n");
  EXPECT_EQ(*rows.read(at, take()), 1U);
  EXPECT_EQ(got.back(), "four");
  EXPECT_NE(rows.inode(), before);
}

TEST_F(Rows, ThatAreRecordedAreFreed) {
  const std::string line(99, 'x');
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += line + "\n";
  append(many);
  RowFile rows(path);
  rows.read(0, take());
  ASSERT_EQ(got.size(), 10'000U);
  ASSERT_TRUE(rows.free_before(at - 5'000));
  struct stat info{};
  ::stat(path.c_str(), &info);
  EXPECT_EQ(static_cast<std::uint64_t>(info.st_size), at);
  EXPECT_LE(info.st_blocks * 512, 64 * 1024);
  // A reader that begins before the hole passes over it.
  got.clear();
  RowFile again(path);
  ASSERT_TRUE(again.read(0, take()));
  EXPECT_GE(got.size(), 50U);
  EXPECT_LE(got.size(), 200U);
  EXPECT_EQ(got.back(), line);
  EXPECT_EQ(at, again.size());
}

Row request(const std::string& version, std::int64_t start, int bucket = -1, char why = 'S') {
  Row row;
  row.site = "web-production";
  row.assigned = version;
  row.why = why;
  row.bucket = bucket;
  row.total_us = 100;
  row.end_us = start + row.total_us;
  return row;
}

TEST(Share, CountsWhatCameAfterTheMark) {
  ShareProbe probe;
  probe.on_row(request("v1", 10'000));
  probe.arm("web-production", 5'000, false);
  probe.on_row(request("v1", 4'950));  // was assigned before, and ended after
  probe.on_row(request("v1", 5'001));
  probe.on_row(request("v2", 5'002));
  probe.on_row(request("v2", 5'003, -1, 'P'));  // was not chosen by the split
  const auto seen = probe.seen("web-production");
  EXPECT_EQ(seen.count, 2U);
  EXPECT_EQ(seen.labels.at("v2").count, 1U);
  EXPECT_EQ(seen.labels.at("v1").last_start_us, 5'001);
  probe.arm("web-production", 6'000, false);
  EXPECT_EQ(probe.seen("web-production").count, 0U);
}

TEST(Share, OfStickyTrafficCountsClients) {
  ShareProbe probe;
  probe.arm("web-production", 0, true);
  for (int i = 0; i < 10; ++i) probe.on_row(request("v1", 10 + i, 7));
  probe.on_row(request("v2", 30, 8));
  EXPECT_EQ(probe.seen("web-production").count, 2U);
  EXPECT_EQ(probe.seen("web-production").labels.at("v1").last_start_us, 19);
}

}  // namespace
}  // namespace slipway::haproxy
