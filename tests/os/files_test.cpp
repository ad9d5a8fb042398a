#include "os/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <set>

#include "os/sealed.h"

namespace slipway::os {
namespace {
namespace fs = std::filesystem;

void put(const fs::path& path, const std::string& text, int mode = 0644) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
  ::chmod(path.c_str(), static_cast<mode_t>(mode));
}

std::string digest(const fs::path& path) {
  auto result = tree_digest(path);
  return result ? *result : result.error().text;
}

void make_release(const fs::path& root) {
  put(root / "server", "#!/bin/sh\n", 0755);
  put(root / "lib" / "a.txt", "a");
  put(root / "lib" / "b.txt", "b");
  fs::create_symlink("a.txt", root / "lib" / "link");
}

TEST(TreeDigest, SameContentSameDigestWhereverAndWheneverItWasCopied) {
  TempDir temp;
  make_release(temp.path() / "one");
  make_release(temp.path() / "two");
  fs::last_write_time(temp.path() / "two" / "server",
                      fs::file_time_type::clock::now() - std::chrono::hours(9));
  EXPECT_EQ(digest(temp.path() / "one"), digest(temp.path() / "two"));
  EXPECT_THAT(digest(temp.path() / "one"), ::testing::MatchesRegex("sha256:[0-9a-f]{64}"));
}

TEST(TreeDigest, EveryChangeThatMattersChangesIt) {
  std::vector<std::function<void(const fs::path&)>> changes = {
      [](const fs::path&) {},
      [](const fs::path& root) { put(root / "lib" / "a.txt", "A"); },
      [](const fs::path& root) { put(root / "lib" / "c.txt", ""); },
      [](const fs::path& root) { fs::remove(root / "lib" / "b.txt"); },
      [](const fs::path& root) { fs::rename(root / "lib" / "b.txt", root / "lib" / "z.txt"); },
      [](const fs::path& root) { ::chmod((root / "server").c_str(), 0644); },
      [](const fs::path& root) { fs::create_directory(root / "empty"); },
      [](const fs::path& root) {
        fs::remove(root / "lib" / "link");
        fs::create_symlink("b.txt", root / "lib" / "link");
      },
      [](const fs::path& root) {  // the same bytes, cut elsewhere
        put(root / "lib" / "a.txt", "ab");
        put(root / "lib" / "b.txt", "");
      }};
  std::set<std::string> seen;
  for (const auto& change : changes) {
    TempDir temp;
    make_release(temp.path() / "r");
    change(temp.path() / "r");
    EXPECT_TRUE(seen.insert(digest(temp.path() / "r")).second) << seen.size();
  }
}

TEST(TreeDigest, FileMissingAndMark) {
  TempDir temp;
  put(temp.path() / "server", "x", 0755);
  EXPECT_THAT(digest(temp.path() / "server"), ::testing::StartsWith("sha256:"));
  EXPECT_EQ(tree_digest(temp.path() / "nothing").error().fault, Fault::missing);
  auto before = tree_mark(temp.path() / "server");
  ASSERT_TRUE(before);
  EXPECT_FALSE(before->settled) << "just written: a second write could hide in the same tick";
  put(temp.path() / "server", "xy", 0755);
  EXPECT_NE(tree_mark(temp.path() / "server")->mark, before->mark);
}

TEST(Files, WrittenWholeOrNotAtAll) {
  TempDir temp;
  ASSERT_TRUE(write_file(temp.path() / "a", "one"));
  ASSERT_TRUE(write_file(temp.path() / "a", "two", 0640));
  EXPECT_EQ(*read_file(temp.path() / "a"), "two");
  EXPECT_EQ(std::distance(fs::directory_iterator(temp.path()), {}), 1)
      << "nothing is left beside it";
  EXPECT_EQ(read_file(temp.path() / "b").error().fault, Fault::missing);
  EXPECT_EQ(read_file(temp.path() / "a", 2).error().fault, Fault::exhausted);
  EXPECT_FALSE(write_file(temp.path() / "no" / "such" / "folder", "x"));
}

TEST(Files, LastLinesOverFiles) {
  TempDir temp;
  put(temp.path() / "1", "a\nb\nc\n");
  put(temp.path() / "2", "d\r\ne");
  EXPECT_THAT(last_lines({temp.path() / "1", temp.path() / "gone", temp.path() / "2"}, 3),
              ::testing::ElementsAre("c", "d", "e"));
}

TEST(Files, RuntimeFolderIsOursAloneAndOfThisState) {
  TempDir one, two;
  auto first = runtime_dir(one.path()), again = runtime_dir(one.path()),
       other = runtime_dir(two.path());
  ASSERT_TRUE(first && again && other);
  EXPECT_EQ(*first, *again);
  EXPECT_NE(*first, *other);
  struct stat info{};
  ASSERT_EQ(::stat(first->c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700U);
  EXPECT_EQ(info.st_uid, ::geteuid());
  fs::remove(*first);
  fs::remove(*other);
}

TEST(Sealed, OpensOnlyWithItsKeyAndName) {
  TempDir temp;
  auto box = Sealed::open(temp.path() / "sealed");
  ASSERT_TRUE(box);
  ASSERT_TRUE(box->put("TOKEN", "", Secret("hush-hush")));
  ASSERT_TRUE(box->put("TOKEN", "7", Secret("rotated")));
  auto again = Sealed::open(temp.path() / "sealed");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->get("TOKEN", "")->reveal(), "hush-hush");
  EXPECT_EQ(again->get("TOKEN", "7")->reveal(), "rotated");
  EXPECT_EQ(again->get("OTHER", "").error().fault, Fault::missing);
  std::vector<fs::path> boxes;
  for (const auto& entry : fs::directory_iterator(temp.path() / "sealed")) {
    EXPECT_EQ(read_file(entry.path())->find("hush"), std::string::npos);
    struct stat info{};
    ASSERT_EQ(::stat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600U);
    if (entry.path().extension() == ".box") boxes.push_back(entry.path());
  }
  ASSERT_EQ(boxes.size(), 2U);
  // Exchanged files and altered bytes are noticed.
  fs::rename(boxes[0], temp.path() / "x");
  fs::rename(boxes[1], boxes[0]);
  fs::rename(temp.path() / "x", boxes[1]);
  EXPECT_EQ(again->get("TOKEN", "").error().fault, Fault::corrupt);
  std::string bytes = *read_file(boxes[0]);
  bytes.back() ^= 1;
  ASSERT_TRUE(write_file(boxes[0], bytes));
  EXPECT_FALSE(again->get("TOKEN", ""));
  ASSERT_TRUE(write_file(temp.path() / "sealed" / "key", "short"));
  EXPECT_EQ(Sealed::open(temp.path() / "sealed").error().fault, Fault::corrupt);
}

}  // namespace
}  // namespace slipway::os
