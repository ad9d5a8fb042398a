#include "base/named_values.h"

#include <gtest/gtest.h>

#include <vector>

namespace slipway {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs all(const NamedValues& values) {
  Pairs out;
  for (const auto& [name, value] : values) out.emplace_back(name, value);
  return out;
}

TEST(NamedValues, AreReadInTheOrderInWhichTheyCame) {
  NamedValues values{{"step", "2"}, {"verb", "shift"}};
  values.emplace_back("", "");
  values.push_back({"verb", std::string("a\0b", 3)});
  values.append({{"x", "y"}, {"z", ""}});
  EXPECT_EQ(all(values), (Pairs{{"step", "2"},
                                {"verb", "shift"},
                                {"", ""},
                                {"verb", std::string("a\0b", 3)},
                                {"x", "y"},
                                {"z", ""}}));
}

TEST(NamedValues, TextsOfEveryLengthComeBack) {
  for (const std::size_t size : {0, 1, 127, 128, 253, 254, 255, 256, 257, 70'000}) {
    const NamedValues values{{std::string(size, 'n'), std::string(size, 'v')}, {"after", "it"}};
    EXPECT_EQ(all(values),
              (Pairs{{std::string(size, 'n'), std::string(size, 'v')}, {"after", "it"}}))
        << size;
  }
}

TEST(NamedValues, AreEqualByWhatTheySay) {
  EXPECT_EQ(NamedValues{}, NamedValues{});
  EXPECT_EQ((NamedValues{{"ab", "c"}}), (NamedValues{{"ab", "c"}}));
  EXPECT_NE((NamedValues{{"ab", "c"}}), (NamedValues{{"a", "bc"}}));
  EXPECT_NE((NamedValues{{"a", "b"}}), (NamedValues{{"a", "b"}, {"", ""}}));
  NamedValues gone{{"a", "b"}};
  EXPECT_FALSE(gone.empty());
  gone.clear();
  EXPECT_TRUE(gone.empty());
  EXPECT_EQ(all(gone), Pairs{});
}

}  // namespace
}  // namespace slipway
