#include "base/interned.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace slipway {
namespace {

TEST(Interned, IsItsTextAndHeldOnce) {
  const std::string text("deployment.shifted");
  Interned one = text;
  const Interned other = text.c_str();
  EXPECT_EQ(one.get(), text);
  EXPECT_EQ(&one.get(), &other.get());
  EXPECT_NE(one.data(), text.data());
  EXPECT_TRUE(one == other && one == "deployment.shifted" && one == text);
  EXPECT_FALSE(one == Interned("deployment.shift"));
  one.clear();
  EXPECT_TRUE(one.empty() && one == Interned() && one == Interned(""));
  EXPECT_EQ(other.get(), text);
  one.assign(std::string_view("a\0b", 3));  // as a journal may hold
  EXPECT_EQ(one.size(), 3U);
  EXPECT_FALSE(one == Interned("a"));
}

TEST(Interned, IsTheSameForAllThreads) {
  constexpr std::size_t kTexts = 300;
  std::vector<std::vector<Interned>> met(4);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : met) {
      threads.emplace_back([&mine] {
        for (std::size_t n = 0; n < kTexts; ++n) mine.emplace_back("word " + std::to_string(n));
      });
    }
  }
  for (const auto& mine : met) {
    for (std::size_t n = 0; n < kTexts; ++n) {
      EXPECT_EQ(&mine[n].get(), &met[0][n].get());
      EXPECT_EQ(mine[n].get(), "word " + std::to_string(n));
    }
  }
}

}  // namespace
}  // namespace slipway
