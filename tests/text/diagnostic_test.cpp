#include "text/diagnostic.h"

#include <gtest/gtest.h>

namespace slipway::text {
namespace {

Diagnostic example() {
  return {Severity::error,
          {"slipway.yaml", 14, 27, 3},
          "out_of_range",
          "`traffic_percentage` must be between 0 and 100, not 500",
          "shares are percentages; 5 means 5 % of requests",
          "    - traffic_percentage: 500"};
}

TEST(Render, LooksLikeACompilers) {
  EXPECT_EQ(render(example()),
            "slipway.yaml:14:27: error: `traffic_percentage` must be between 0 and 100, not 500\n"
            "   14 |     - traffic_percentage: 500\n"
            "      |                           ^~~\n"
            "   hint: shares are percentages; 5 means 5 % of requests");
}

TEST(Render, ColourOnlyAddsEscapes) {
  std::string coloured = render(example(), true);
  EXPECT_NE(coloured.find("\x1b[1;31merror:\x1b[0m"), std::string::npos);
  for (auto at = coloured.find('\x1b'); at != std::string::npos; at = coloured.find('\x1b'))
    coloured.erase(at, coloured.find('m', at) - at + 1);
  EXPECT_EQ(coloured, render(example()));
}

TEST(Render, WithoutPlaceOrExcerpt) {
  EXPECT_EQ(render(Diagnostic{Severity::warning, {}, "c", "text", "", ""}), "warning: text");
  EXPECT_EQ(render(Diagnostic{Severity::notice, {"f", 0, 0, 1}, "c", "text", "do", ""}),
            "f: notice: text\n   hint: do");
}

TEST(Render, CountsCharactersNotBytes) {
  Diagnostic d{Severity::error, {"f", 1, 7, 1}, "c", "t", "", "äü: x"};
  EXPECT_EQ(render(d), "f:1:7: error: t\n    1 | äü: x\n      |     ^");
}

TEST(Render, DoesNotPassEscapesOn) {
  Diagnostic d{Severity::error, {"f", 1, 1, 1}, "c", "bad \x1b[31m", "", "\ta\x1b]0;x\x07"};
  EXPECT_EQ(render(d).find('\x1b'), std::string::npos);
  EXPECT_EQ(render(d).find('\x07'), std::string::npos);
}

TEST(Render, LongLinesAreCutAroundTheMark) {
  Diagnostic d{Severity::error,
               {"f", 1, 5001, 3},
               "c",
               "t",
               "",
               std::string(5000, 'a') + "bad" + std::string(5000, 'z')};
  const std::string out = render(d);
  EXPECT_LT(out.size(), 400u);
  const auto excerpt = out.find(" | ") + 3;
  const auto mark = out.find('^');
  const auto second = out.rfind(" | ") + 3;
  // "…" is three bytes and one column.
  EXPECT_EQ(out.substr(excerpt + (mark - second) + 2, 3), "bad");
}

TEST(HasErrors, OnlyErrorsCount) {
  Diagnostic d = example();
  EXPECT_TRUE(has_errors({d}));
  d.severity = Severity::warning;
  EXPECT_FALSE(has_errors({d}));
  EXPECT_FALSE(has_errors({}));
}

}  // namespace
}  // namespace slipway::text
