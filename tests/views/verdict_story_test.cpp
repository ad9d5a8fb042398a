// A verdict in sentences: its numbers, and what would have changed it.
#include "views/verdict_story.h"

#include <gtest/gtest.h>

#include "sample.h"

namespace slipway::views {
namespace {

using analysis::Finding;
using analysis::Ruling;

VerdictEntry entry(Ruling ruling, Finding f) {
  VerdictEntry e;
  e.stage = "initial";
  e.verdict.ruling = f.ruling = ruling;
  e.verdict.data = analysis::DataState::enough;
  e.verdict.observed = 72s;
  e.verdict.decided_by = ruling == Ruling::fail ? 0 : -1;
  e.verdict.findings = {std::move(f)};
  return e;
}

Finding errors(std::uint64_t x, std::uint64_t n, double evidence, double needed) {
  Finding f;
  f.subject.edit().name = "error_rate";
  f.subject.edit().side = "harm";
  f.subject.edit().engine = "R1";
  f.subject.edit().unit = "fraction";
  f.subject.edit().limit = "< 1%";
  f.subject.edit().origin = "slipway.yaml:31";
  f.n_stable = 615;
  f.x_stable = 1;
  f.n_candidate = n;
  f.x_candidate = x;
  f.evidence = evidence;
  f.needed = needed;
  return f;
}

TEST(VerdictStory, AFailureWithWhatWouldHaveChangedIt) {
  const auto lines =
      verdict_sentences(sample::canary_plan(), entry(Ruling::fail, errors(61, 205, 140, 5.3)));
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0], "initial failed after 1 m 12 s with fresh data.");
  EXPECT_EQ(lines[1],
            "error_rate: 61 of 205 requests (29.8 %) for the candidate, 1 of 615 requests (0.16 %) "
            "for stable.");
  EXPECT_EQ(
      lines[2],
      "The limit is < 1% (slipway.yaml:31); evidence of harm is 140.0, 5.3 decides (2642 %).");
  EXPECT_TRUE(lines[3].starts_with("With about ")) << lines[3];
  EXPECT_NE(lines[3].find("or fewer among its 205 requests it would have gone on"),
            std::string::npos)
      << lines[3];
}

// More evidence has to be taken away, so fewer bad ones are allowed.
TEST(VerdictStory, TheMoreWasFoundTheFewerAreAllowed) {
  const auto allowed = [](double evidence) {
    const auto lines =
        verdict_sentences(sample::canary_plan(), entry(Ruling::fail, errors(20, 205, evidence, 5)));
    EXPECT_EQ(lines.size(), 4u);
    return std::stoi(lines.back().substr(std::string("With about ").size()));
  };
  EXPECT_GT(allowed(10), allowed(20));
  EXPECT_LT(allowed(10), 20);
}

TEST(VerdictStory, AHoldSaysHowMuchMoreItTakes) {
  Finding f = errors(0, 100, 0.8, 3);
  f.subject.edit().side = "safe";
  const auto lines = verdict_sentences(sample::canary_plan(), entry(Ruling::hold, f));
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_NE(lines[2].find("evidence that it is safe is 0.8, 3.0 decides (27 %)"), std::string::npos)
      << lines[2];
  EXPECT_TRUE(lines[3].starts_with("About ")) << lines[3];
  EXPECT_NE(lines[3].find("more like those so far would show it"), std::string::npos) << lines[3];
}

TEST(VerdictStory, TheStateOfTheDataComesFirst) {
  VerdictEntry e = entry(Ruling::hold, errors(0, 0, 0, 5));
  e.verdict.data = analysis::DataState::stale;
  e.verdict.trouble = "checkout: connection refused";
  EXPECT_EQ(verdict_sentences(sample::canary_plan(), e).at(1),
            "There was no fresh data: checkout: connection refused.");
  e.verdict.data = analysis::DataState::no_data;
  EXPECT_EQ(verdict_sentences(sample::canary_plan(), e).at(1),
            "Not one request of the candidate was seen: there was nothing to judge.");
  e.verdict.data = analysis::DataState::bad;
  e.verdict.trouble = "time went back";
  EXPECT_EQ(verdict_sentences(sample::canary_plan(), e).at(1),
            "The data cannot be right: time went back.");
}

}  // namespace
}  // namespace slipway::views
