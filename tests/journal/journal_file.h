// A journal's file in a folder of its own, and what SQLite itself says of it.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "journal/journal.h"

namespace slipway::journal {

class JournalFile : public testing::Test {
 protected:
  JournalFile() {
    std::string pattern = testing::TempDir() + "slipway-journal-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    path_ = folder_ + "/journal.db";
  }
  ~JournalFile() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Journal> open() {
    auto journal = Journal::open(path_);
    EXPECT_TRUE(journal) << journal.error().text;
    return journal ? std::move(*journal) : nullptr;
  }
  static std::vector<std::string> read(Journal& journal, const std::string& stream,
                                       std::uint64_t after = 0) {
    std::vector<std::string> all;
    EXPECT_TRUE(journal.read(stream, after, [&](std::uint64_t lsn, const Entry& entry) {
      all.push_back(fmt::format("{}:{}:{}", lsn, entry.seq, entry.bytes));
    }));
    return all;
  }
  void sql(const std::string& text) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &handle), SQLITE_OK);
    char* error = nullptr;
    EXPECT_EQ(sqlite3_exec(handle, text.c_str(), nullptr, nullptr, &error), SQLITE_OK) << error;
    sqlite3_close(handle);
  }
  std::string ask(const std::string& text) {
    sqlite3* handle = nullptr;
    EXPECT_EQ(sqlite3_open(path_.c_str(), &handle), SQLITE_OK);
    std::string answer;
    sqlite3_exec(
        handle, text.c_str(),
        [](void* into, int, char** columns, char**) {
          *static_cast<std::string*>(into) = columns[0] ? columns[0] : "";
          return 0;
        },
        &answer, nullptr);
    sqlite3_close(handle);
    return answer;
  }

  std::string folder_, path_;
};

}  // namespace slipway::journal
