// Values that are shared by their copies: whoever changes one changes none of the others.
#include "base/shared_list.h"

#include <gtest/gtest.h>

#include <string>

namespace slipway {
namespace {

struct Coat {
  std::string colour = "red";
  int size = 40;
  bool operator==(const Coat&) const = default;
};

TEST(Shared, ACopyKeepsWhatItHadWhenAnotherIsChanged) {
  Shared<Coat> mine;
  EXPECT_EQ(mine->colour, "red") << "one that nobody set is as it comes";
  mine.edit().size = 42;
  const Shared<Coat> yours = mine;
  EXPECT_EQ(&*yours, &*mine);
  mine.edit().colour = "blue";
  EXPECT_EQ(yours->colour, "red");
  EXPECT_EQ(mine->colour, "blue");
  EXPECT_EQ(mine->size, 42);
  EXPECT_NE(mine, yours);
  mine.edit().colour = "red";
  EXPECT_EQ(mine, yours) << "equal by value";
  const Coat& as_it_is = yours;
  EXPECT_EQ(as_it_is.size, 42);
}

TEST(Shared, WhoHasItAloneChangesItInPlace) {
  Shared<Coat> mine(Coat{.colour = "green"});
  const Coat* const before = &*mine;
  mine.edit().size = 1;
  EXPECT_EQ(&*mine, before);
}

TEST(SharedLog, ACopyThatGrowsSharesTheRest) {
  SharedLog<std::string> one;
  EXPECT_TRUE(one.empty());
  one.push_back("a");
  one.push_back("b");
  SharedLog<std::string> other = one;
  other.push_back("c");
  EXPECT_EQ(one.size(), 2U);
  EXPECT_EQ(&one[0], &other[0]);
  EXPECT_EQ(std::vector<std::string>(other.begin(), other.end()),
            (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_NE(one, other);
  one.push_back("c");
  EXPECT_EQ(one, other) << "equal by value";
}

TEST(SharedLog, ReplacedAndErasedInOneCopyAlone) {
  SharedLog<std::string> one;
  for (const char* word : {"a", "b", "c"}) one.push_back(word);
  SharedLog<std::string> other = one;
  other.replace(1, "B");
  other.erase(0);
  EXPECT_EQ(one.at(1), "b");
  EXPECT_EQ(one.front(), "a");
  EXPECT_EQ(other.front(), "B");
  EXPECT_EQ(other.back(), "c");
  EXPECT_EQ(other.end() - other.begin(), 2);
  EXPECT_EQ(other.begin()[1], "c");
  other.clear();
  EXPECT_EQ(other, SharedLog<std::string>());
  EXPECT_EQ(one.size(), 3U);
}

}  // namespace
}  // namespace slipway
