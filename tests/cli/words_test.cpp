#include "cli/words.h"

#include <gtest/gtest.h>

#include "cli/overlap.h"

namespace slipway::cli {
namespace {

TEST(Words, SpansAreWrittenForPeople) {
  EXPECT_EQ(span(0), "0 s");
  EXPECT_EQ(span(400), "0.4 s");
  EXPECT_EQ(span(8200), "8.2 s");
  EXPECT_EQ(span(9960), "10 s");
  EXPECT_EQ(span(59'600), "1 m");
  EXPECT_EQ(span(340'000), "5 m 40 s");
  EXPECT_EQ(span(840'000), "14 m");
  EXPECT_EQ(span(7'500'000), "2 h 5 m");
  EXPECT_EQ(span(86'400'000.0 * 3), "3 d");
  EXPECT_EQ(span(-5), "0 s");
}

TEST(Words, NumbersAndUnits) {
  EXPECT_EQ(count(0), "0");
  EXPECT_EQ(count(999), "999");
  EXPECT_EQ(count(48213), "48,213");
  EXPECT_EQ(count(-1234567), "-1,234,567");
  EXPECT_EQ(share(2500), "25 %");
  EXPECT_EQ(share(2490), "24.9 %");
  EXPECT_EQ(measure(0.0012, "fraction"), "0.12 %");
  EXPECT_EQ(measure(0.298, "fraction"), "29.8 %");
  EXPECT_EQ(measure(1.2, "ms"), "1.2 ms");
  EXPECT_EQ(measure(8300, "us"), "8.3 ms");
  EXPECT_EQ(brief_ms(3.0), "3 ms");
}

TEST(Words, TimesAreReadStrictly) {
  auto at = parse_time("2026-11-21T10:00:00.123Z");
  ASSERT_TRUE(at);
  EXPECT_EQ(at->time_since_epoch().count() % 1'000'000, 123'000);
  EXPECT_FALSE(parse_time("…"));
  EXPECT_FALSE(parse_time("2026-13-21T10:00:00Z"));
  EXPECT_FALSE(parse_time("2026-11-21 10:00:00Z"));
  EXPECT_FALSE(parse_time(""));
}

TEST(Words, ClocksAreTheReaders) {
  Look look{.now = *parse_time("2026-11-21T10:08:48Z"), .utc_offset_s = 3600};
  EXPECT_EQ(clock("2026-11-21T10:08:48Z", look), "11:08:48");
  EXPECT_EQ(clock("2026-11-20T08:00:00Z", look), "20 Nov 09:00");
  EXPECT_EQ(ago("2026-11-21T08:00:00Z", look), "2 h ago");
  EXPECT_EQ(ago("2026-11-18T08:00:00Z", look), "3 d ago");
}

TEST(Words, ForeignTextNeverSteersTheTerminal) {
  EXPECT_EQ(harmless("a\x1b[2Jb"), "a?[2Jb");
  EXPECT_EQ(harmless("a\nb\tc\r"), "a b c ");
  EXPECT_EQ(harmless("\xC2\x9B"
                     "31m"),
            "?31m");
  EXPECT_EQ(harmless("→ ü"), "→ ü");
}

TEST(Words, CutsAndWrapsByColumns) {
  EXPECT_EQ(columns("v1 → v2"), 7);
  EXPECT_EQ(fit("v1 → v2", 5), "v1 →…");
  EXPECT_EQ(fit("v1", 5), "v1");
  Lines lines = wrap("until      one two three four", 20, 11);
  EXPECT_EQ(lines, (Lines{"until      one two", "           three", "           four"}));
  EXPECT_EQ(wrap("", 20, 4), (Lines{""}));
}

TEST(Words, TablesAlign) {
  Lines lines = table({{"a", "b"}, {"long", "1"}, {"→", "22"}}, 80, {false, true});
  EXPECT_EQ(lines, (Lines{"a      b", "long   1", "→     22"}));
  EXPECT_EQ(table({{"a", "bcdefgh"}}, 6)[0], "a  bc…");
}

TEST(Overlap, OnlyNewLinesOfEachSource) {
  EXPECT_EQ(new_lines("v1 i1 | a\n", "v1 i1 | a\nv1 i1 | b\n"), "v1 i1 | b\n");
  EXPECT_EQ(new_lines("v1 i1 | a\nv1 i2 | x\n", "v1 i1 | a\nv1 i1 | b\nv1 i2 | x\nv1 i2 | y\n"),
            "v1 i1 | b\nv1 i2 | y\n");
  EXPECT_EQ(new_lines("a\nb\nc\n", "b\nc\nd\n"), "d\n");  // the tail moved on
  EXPECT_EQ(new_lines("a\na\n", "a\na\na\n"), "a\n");
  EXPECT_EQ(new_lines("a\nb\n", "c\nd\n"), "c\nd\n");  // rotated away
  EXPECT_EQ(new_lines("", "a\n"), "a\n");
  EXPECT_EQ(new_lines("a\n", "a\n"), "");
}

TEST(Overlap, LastLines) {
  EXPECT_EQ(last_lines("a\nb\nc\n", 2), "b\nc\n");
  EXPECT_EQ(last_lines("a\nb\n", 5), "a\nb\n");
  EXPECT_EQ(last_lines("a\n", 0), "");
  EXPECT_EQ(last_lines("", 3), "");
}

}  // namespace
}  // namespace slipway::cli
