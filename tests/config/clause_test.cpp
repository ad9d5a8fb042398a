// Every spelling of a criterion, and what it is read as: printed in the one spelling that reads the
// same.
#include "config/clause.h"

#include <gtest/gtest.h>

#include <tuple>

#include "base/prng.h"
#include "given.h"

namespace slipway::config {
namespace {

std::string read_as(const std::string& metric, const std::string& text, bool bad) {
  const auto clauses = read_clauses(metric, text, bad);
  if (!clauses) return clauses.error().code;
  std::string out;
  for (const Clause& c : *clauses) out += (out.empty() ? "" : "; ") + print(c);
  return out;
}
std::string condition(const std::string& text) { return read_as("", text, true); }

struct Spelling {
  std::string metric, text;
  bool bad;
  std::string read;
};

// The documents' own spellings (requirement H1) first, then what people write elsewhere.
const std::vector<Spelling>& spellings() {
  static const std::vector<Spelling> all = {
      {"error_rate", "< 1%", false, "error_rate < 1%"},
      {"p99_latency", "< 500ms", false, "p99_latency < 500ms"},
      {"error_rate", "> 5%", true, "error_rate > 5%"},
      {"response_time", "> 1000ms", true, "p50_latency > 1000ms"},
      {"", "Error rate increase > 2%", true, "error_rate increase > 2%"},
      {"", "Response time increase > 20%", true, "p50_latency increase > 20%"},
      {"", "User complaints or support tickets", true, "complaints; tickets"},
      {"", "error_rate > baseline * 1.5", true, "error_rate > 1.5 * baseline"},
      {"", "current['error_rate'] > baseline['error_rate'] * 1.5", true,
       "error_rate > 1.5 * baseline"},
      {"", "current['p99_latency'] > baseline['p99_latency'] * 2", true,
       "p99_latency > 2 * baseline"},
      {"", "current['success_rate'] < 0.95", true, "success_rate < 0.95"},
      {"", "current['cpu_utilization'] > 0.90", true, "cpu_utilization > 0.9"},
      {"latency_p99", "< 500ms", false, "p99_latency < 500ms"},
      {"P99 Latency", ">= 0.5s", true, "p99_latency > 0.5s"},
      {"p99-response-time", "≤ 500 ms", false, "p99_latency < 500ms"},
      {"latencyP99", "< 500ms", false, "p99_latency < 500ms"},
      {"", "p999 > 2s", true, "p999_latency > 2s"},
      {"", "median latency > 300ms", true, "p50_latency > 300ms"},
      {"error_rate", "> 0.05", true, "error_rate > 0.05"},
      {"errors", "> 5 percent", true, "error_rate > 5%"},
      {"errorRate", "> 5%", true, "error_rate > 5%"},
      {"success_rate", "> 99%", false, "success_rate > 99%"},
      {"", "success rate decrease > 2%", true, "error_rate increase > 2%"},
      {"cpu", "> 70", true, "cpu_utilization > 70%"},
      {"cpu_utilization", "> 70%", true, "cpu_utilization > 70%"},
      {"memory", "> 0.8", true, "memory_utilization > 0.8"},
      {"", "error_rate > 1.5x", true, "error_rate > 1.5 * baseline"},
      {"", "error_rate > 1.5x baseline", true, "error_rate > 1.5 * baseline"},
      {"", "error_rate > 1.5 × stable", true, "error_rate > 1.5 * baseline"},
      {"", "error_rate > 2 times baseline", true, "error_rate > 2 * baseline"},
      {"", "error_rate > stable * 1.5", true, "error_rate > 1.5 * baseline"},
      {"", "candidate.error_rate > stable.error_rate * 1.5", true, "error_rate > 1.5 * baseline"},
      {"", "error_rate > baseline + 2%", true, "error_rate increase > 2%"},
      {"", "response_time > baseline", true, "p50_latency > 1 * baseline"},
      {"error_rate", "increase > 2%", true, "error_rate increase > 2%"},
      {"error_rate_increase", "> 2pp", true, "error_rate increase > 2%"},
      {"", "increase in error rate > 2 percentage points", true, "error_rate increase > 2%"},
      {"", "error rate exceeds 5%", true, "error_rate > 5%"},
      {"", "p99 latency above 2s", true, "p99_latency > 2s"},
      {"", "success rate below 95%", true, "success_rate < 95%"},
      {"", "error_rate > 5% or p99_latency > 2s", true, "error_rate > 5%; p99_latency > 2s"},
      {"", "error_rate > 5% or user complaints", true, "error_rate > 5%; complaints"},
      {"", "error_rate < 1% and p99 < 500ms", false, "error_rate < 1%; p99_latency < 500ms"},
      {"complaints", "> 1.5x baseline", true, "complaints > 1.5 * baseline"},
      {"", "support tickets > 0.1%", true, "tickets > 0.1%"},
      {"", "checkout_errors > 5%", true, "checkout_errors > 5%"},
      {"checkoutErrors", "> 0.05", true, "checkout_errors > 0.05"},
      {"", "queue length > 100", true, "queue_length > 100"},
      {"", "throughput decrease > 20%", true, "throughput decrease > 20%"},
      {"", "current_users < 100", true, "current_users < 100"},
      {"", "increase in time in queue > 20%", true, "time_in_queue increase > 20%"},
      {"", "throughput < baseline * 0.8", true, "throughput < 0.8 * baseline"},
  };
  return all;
}

TEST(Clause, EverySpellingHasOneReading) {
  for (const Spelling& s : spellings())
    EXPECT_EQ(read_as(s.metric, s.text, s.bad), s.read) << s.metric << ": " << s.text;
}

TEST(Clause, WhatIsPrintedReadsTheSame) {
  for (const Spelling& s : spellings()) {
    const auto first = read_clauses(s.metric, s.text, s.bad);
    ASSERT_TRUE(first) << s.text;
    for (const Clause& c : *first) {
      const auto again = read_clauses("", print(c), s.bad);
      ASSERT_TRUE(again && again->size() == 1) << print(c);
      EXPECT_TRUE(again->front() == c) << s.text << " → " << print(c);
    }
  }
}

// Any number, to its last bit.
TEST(Clause, NumbersComeBackToTheLastBit) {
  Prng chance(7);
  for (int i = 0; i < 20'000; ++i) {
    Clause c;
    const double n = chance.unit() * (chance.below(2) == 0 ? 0.9 : 90) + 1e-6;
    bool bad = chance.below(2) == 0;
    switch (chance.below(5)) {
      case 0:
        c = {Subject::error_rate, "error_rate", 0.5, Comparison::limit, !bad, false, n,
             Unit::percent};
        break;
      case 1:
        c = {Subject::latency,
             "p99_latency",
             0.99,
             Comparison::limit,
             !bad,
             false,
             n * 1000,
             chance.below(2) == 0 ? Unit::milliseconds : Unit::seconds};
        break;
      case 2:
        c = {Subject::error_rate, "error_rate", 0.5, Comparison::factor, !bad, false, 1 + n,
             Unit::none};
        break;
      case 3:
        bad = true;
        c = {Subject::latency, "p50_latency", 0.5, Comparison::growth, false, false, n,
             Unit::percent};
        break;
      default:
        c = {Subject::own, "queue_length", 0.5,     Comparison::limit,
             !bad,         false,          n * 1e6, Unit::none};
    }
    const auto again = read_clauses("", print(c), bad);
    ASSERT_TRUE(again && again->size() == 1) << print(c);
    ASSERT_TRUE(again->front() == c) << print(c);
  }
}

TEST(Clause, WhatCannotBeToldIsRefused) {
  const std::pair<const char*, const char*> all[] = {
      {"error_rate > 1", "two_readings"},
      {"p99_latency > 500", "two_readings"},
      {"error_rate increase > 2", "two_readings"},
      {"error_rate increase > 1.5x", "two_readings"},
      {"cpu > 1", "two_readings"},
      {"error_rate > baseline['p99_latency'] * 2", "two_readings"},
      {"error_rate > 0%", "out_of_range"},
      {"error_rate > 200%", "out_of_range"},
      {"error_rate > baseline * 0.5", "out_of_range"},
      {"error_rate > 100000x", "out_of_range"},
      {"cpu > 300", "out_of_range"},
      {"error_rate > banana", "invalid_value"},
      {"error_rate > nan", "invalid_value"},
      {"error_rate > baseline *", "invalid_value"},
      {"error_rate > 500ms", "invalid_value"},
      {"error_rate >", "invalid_value"},
      {"p99 > 5%", "invalid_value"},
      {"p99 > 0ms", "invalid_value"},
      {"p99 > 5m", "invalid_value"},
      {"response_time increase > 100ms", "invalid_value"},
      {"success_rate < baseline * 0.9", "not_supported"},
      {"error_rate > 5% and p99 > 2s", "not_supported"},
      {"error_rate < 5%", "wrong_direction"},
      {"success_rate > 99%", "wrong_direction"},
      {"error_rate decrease > 2%", "wrong_direction"},
      {"error_rate increase < 2%", "wrong_direction"},
      {"pigs fly", "unknown_sentence"},
      {"> 5%", "unknown_sentence"},
      {"", "unknown_sentence"},
  };
  for (const auto& [text, code] : all) {
    EXPECT_EQ(condition(text), code) << text;
    if (const auto read = read_clauses("", text, true); !read) {
      EXPECT_FALSE(read.error().text.empty()) << text;
      EXPECT_FALSE(read.error().hint.empty()) << text;
    }
  }
  EXPECT_EQ(read_as("error_rate", "1%", false), "two_readings");
  EXPECT_EQ(read_as("error_rate", "> 1%", false), "wrong_direction");
  EXPECT_EQ(read_as("success_rate", "< 95%", false), "wrong_direction");
}

// Bytes of any kind are read or refused, never more.
TEST(Clause, AnythingMayCome) {
  Prng chance(11);
  const std::string alphabet = "erorate_ <>=%*x.0123456789msbaselin[]'\"+ orand\xc3\x97";
  for (int i = 0; i < 50'000; ++i) {
    std::string text;
    for (std::uint64_t n = chance.below(24); n > 0; --n)
      text += alphabet[chance.below(alphabet.size())];
    const bool bad = chance.below(2) == 0;
    const auto read = read_clauses(chance.below(2) == 0 ? "error_rate" : "", text, bad);
    if (!read) continue;
    for (const Clause& c : *read) {
      const auto again = read_clauses("", print(c), bad);
      ASSERT_TRUE(again && again->size() == 1) << text << " → " << print(c);
      ASSERT_TRUE(again->front() == c) << text << " → " << print(c);
    }
  }
}

// The places: line and column of the text that cannot be read, in every block that may hold one.
TEST(Clause, MistakesNameTheirPlace) {
  const std::tuple<std::string, int, int> all[] = {
      {"canary_deployment:\n  stages:\n  - traffic: 5\n    success_criteria:\n"
       "      error_rate: \"< 1\"\n",
       11, 19},
      {"canary_deployment:\n  rollback_triggers:\n  - \"error_rate > 1\"\n", 9, 5},
      {"deployment:\n  rollback:\n    conditions:\n    - error_rate: \"> 1\"\n", 10, 19},
      {"blue_green_deployment: { rollback_triggers: [\"error_rate > 1\"] }\n", 7, 46},
      {"deployment_strategy:\n  parameters:\n    rollback:\n      conditions:\n"
       "        - response_time: \"> 1000\"\n",
       11, 26},
      {"steps:\n- judge:\n    success_criteria: { error_rate: \"< 1\" }\n", 9, 37},
  };
  for (const auto& [text, line, column] : all) {
    const auto d = error(web(text));
    EXPECT_EQ(d.code, "two_readings") << text;
    EXPECT_EQ(d.place.line, line) << text;
    EXPECT_EQ(d.place.column, column) << text;
    EXPECT_FALSE(d.hint.empty()) << text;
  }
}

}  // namespace
}  // namespace slipway::config
