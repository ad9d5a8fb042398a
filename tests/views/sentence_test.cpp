#include "views/sentence.h"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "sample.h"
#include "views/board.h"
#include "views/phrase.h"

namespace slipway::views {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::stringstream out;
  out << file.rdbuf();
  return out.str();
}

TEST(Sentence, EveryCodeOfTheEngineHasOne) {
  const std::string source = text_of(std::string(SLIPWAY_SOURCE_DIR) + "/src/engine/codes.h");
  ASSERT_FALSE(source.empty());
  std::set<std::string> known;
  for (const auto& [code, text] : codes()) {
    EXPECT_TRUE(known.insert(code).second) << code << " stands twice";
    EXPECT_FALSE(text.empty()) << code;
  }
  const std::regex line(R"re(constexpr const char\* k\w+ = "(\w+)";)re");
  int found = 0;
  for (auto it = std::sregex_iterator(source.begin(), source.end(), line);
       it != std::sregex_iterator(); ++it, ++found)
    EXPECT_TRUE(known.contains((*it)[1])) << (*it)[1] << " has no sentence";
  EXPECT_GT(found, 50);
}

TEST(Sentence, BracketsOfTemplatesArePaired) {
  for (const auto& [code, text] : codes()) {
    int depth = 0;
    int braces = 0;
    for (const char c : text) {
      depth += (c == '[') - (c == ']');
      braces += (c == '{') - (c == '}');
      EXPECT_TRUE(depth == 0 || depth == 1) << code;
      EXPECT_TRUE(braces == 0 || braces == 1) << code;
    }
    EXPECT_EQ(depth, 0) << code;
    EXPECT_EQ(braces, 0) << code;
  }
}

TEST(Sentence, FillsValuesAndLeavesOutEmptyParts) {
  EXPECT_EQ(sentence({"aborted_by", {{"by", "ana"}, {"why", "wrong ticket"}}}),
            "aborted by ana: wrong ticket");
  EXPECT_EQ(sentence({"aborted_by", {{"by", "ana"}, {"why", ""}}}), "aborted by ana");
  EXPECT_EQ(sentence({"aborted_by", {{"by", "ana"}}}), "aborted by ana");
  EXPECT_EQ(sentence({"traffic_first", {{"to", ""}}}), "traffic first, all to nothing");
}

TEST(Sentence, NumbersAreShownAsPeopleReadThem) {
  EXPECT_EQ(sentence(sample::going_back().live->because),
            "error_rate 29.8 % at initial, stable 0.16 % (limit < 1%): 61 of 205; slipway.yaml:31");
  EXPECT_EQ(sentence({"resumed", {{"seconds", "340"}}}),
            "the agent was away for 5 m 40 s; deadlines moved by it");
  EXPECT_EQ(
      sentence({"shifted", {{"weight", "2500"}, {"measured", "measured"}, {"share", "0.249"}}}),
      "25 % of the traffic goes to the candidate, measured, served 24.9 %");
  EXPECT_EQ(sentence({"shifted", {{"weight", "50"}, {"measured", "read_back"}, {"share", "-1"}}}),
            "0.5 % of the traffic goes to the candidate, read_back");
}

TEST(Sentence, UnknownCodeIsShownWithItsValues) {
  EXPECT_EQ(sentence({"from_the_future", {{"a", "1"}, {"b", "two"}}}), "from_the_future a=1 b=two");
  EXPECT_EQ(sentence({}), "");
}

TEST(Sentence, ABraceInAValueIsNoTemplate) {
  EXPECT_EQ(sentence({"aborted_by", {{"by", "{why}[x]"}, {"why", "{by}"}}}),
            "aborted by {why}[x]: {by}");
}

TEST(Sentence, StoriesAreNeverEmpty) {
  Deployment d = sample::canary();
  EXPECT_EQ(story_text(d, {{}, {}, "deployment.waiting", {}}), "deploy of v2 waiting");
  d.state = State::rolled_back;
  d.because = {"traffic_first", {{"to", "v1"}}};
  EXPECT_EQ(story_text(d, {{}, {}, "deployment.ended", d.because}),
            "rolled_back: traffic first, all to v1");
}

TEST(Phrase, TimesSharesAndSpans) {
  EXPECT_EQ(rfc3339(sample::wall(0.123)), "2026-11-21T10:00:00.123Z");
  EXPECT_EQ(rfc3339(Wall(Duration(-1000))), "1969-12-31T23:59:59.999Z");
  EXPECT_TRUE(time_json(Wall{}).is_null());
  EXPECT_EQ(ms_json(3100us), 3.1);
  EXPECT_EQ(ms_json(61'250'000us), 61250);
  EXPECT_EQ(share(500), "5 %");
  EXPECT_EQ(share(9999), "99.99 %");
  EXPECT_EQ(share_of(0.0012), "0.12 %");
  EXPECT_EQ(share_of(0), "0 %");
  EXPECT_EQ(share_of(0.00005), "0.005 %");
  EXPECT_EQ(span(350ms), "350 ms");
  EXPECT_EQ(span(8200ms), "8.2 s");
  EXPECT_EQ(span(57s), "57 s");
  EXPECT_EQ(span(340s), "5 m 40 s");
  EXPECT_EQ(span(60min), "1 h");
  EXPECT_EQ(span(74h), "3 d 2 h");
  EXPECT_TRUE(number_json(0.0 / 0.0).is_null());
}

}  // namespace
}  // namespace slipway::views
