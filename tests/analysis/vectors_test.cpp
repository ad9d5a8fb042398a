// The published vectors: 50-digit results rounded to double. SLIPWAY_ANALYSIS_VECTORS names another
// file.
#include <gtest/gtest.h>

#include <array>
#include <boost/json/src.hpp>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <set>
#include <sstream>

#include "analysis/dispersion.h"
#include "analysis/engines.h"
#include "analysis/evidence.h"
#include "analysis/judge.h"
#include "base/math.h"

namespace slipway::analysis {
namespace {

namespace json = boost::json;

const json::object& vectors() {
  static const json::value parsed = [] {
    const char* named = std::getenv("SLIPWAY_ANALYSIS_VECTORS");
    const std::string path =
        named ? named : SLIPWAY_SOURCE_DIR "/tests/analysis/analysis_vectors.json";
    std::ifstream in(path);
    if (!in) throw std::runtime_error("cannot read " + path);
    std::stringstream text;
    text << in.rdbuf();
    return json::parse(text.str());
  }();
  return parsed.as_object();
}

double number(const json::value& v) {
  if (v.is_string()) {
    EXPECT_EQ(v.as_string(), "-inf");
    return -std::numeric_limits<double>::infinity();
  }
  return v.to_number<double>();
}

std::uint64_t whole(const json::value& v) { return v.to_number<std::uint64_t>(); }

std::vector<double> numbers(const json::value& v) {
  std::vector<double> out;
  for (const auto& item : v.as_array()) out.push_back(number(item));
  return out;
}

void expect_close(double got, double want, double tolerance, const std::string& what) {
  if (std::isinf(want)) {
    EXPECT_EQ(got, want) << what;
    return;
  }
  EXPECT_LE(std::fabs(got - want), tolerance * std::max(1.0, std::fabs(want)))
      << what << ": " << got << " instead of " << want;
}

constexpr double kSingle = 1e-12, kSequence = 1e-9;

Around around(const json::object& v) {
  Around a;
  if (const auto* tb = v.if_contains("tb"); tb && !tb->is_null()) {
    const auto values = numbers(*tb);
    a.bucket = Bucket{values[0], values[1], values[2]};
  }
  if (const auto* sat = v.if_contains("sat"); sat && !sat->is_null()) a.saturation = number(*sat);
  if (const auto* gamma = v.if_contains("gamma")) a.gamma = number(*gamma);
  return a;
}

void expect_state(const Evidence& e, const json::object& want, const std::string& what) {
  expect_close(ln(e.cash), number(want.at("log_cash")), kSequence, what + " cash");
  expect_close(e.total, number(want.at("logM")), kSequence, what + " logM");
  expect_close(e.age_s, number(want.at("t")), kSequence, what + " t");
  if (!want.at("tok").is_null())
    expect_close(e.tokens, number(want.at("tok")), kSequence, what + " tok");
  const auto stakes = numbers(want.at("logS"));
  ASSERT_EQ(e.stakes.size(), stakes.size());
  for (std::size_t k = 0; k < stakes.size(); ++k)
    expect_close(ln(e.stakes[k]), stakes[k], kSequence, what + " stake " + std::to_string(k));
}

TEST(Vectors, Rate2Blocks) {
  for (const auto& item : vectors().at("llr_rate2").as_array()) {
    const auto& v = item.as_object();
    const Sample s{whole(v.at("nc")), whole(v.at("xc")), whole(v.at("ns")), whole(v.at("xs"))};
    expect_close(llr_rate2(number(v.at("r")), number(v.at("rho")), number(v.at("delta")), s),
                 number(v.at("llr")), kSingle, json::serialize(item));
  }
}

TEST(Vectors, Rate1Blocks) {
  for (const auto& item : vectors().at("llr_rate1").as_array()) {
    const auto& v = item.as_object();
    expect_close(
        llr_rate1(number(v.at("o")), number(v.at("p0")), whole(v.at("n")), whole(v.at("x"))),
        number(v.at("llr")), kSingle, json::serialize(item));
  }
}

TEST(Vectors, Pool2Blocks) {
  for (const auto& item : vectors().at("llr_pool2").as_array()) {
    const auto& v = item.as_object();
    const Sample s{whole(v.at("nc")), whole(v.at("uc")), whole(v.at("ns")), whole(v.at("us"))};
    expect_close(llr_pool2(number(v.at("o")), number(v.at("ph")), s), number(v.at("llr")), kSingle,
                 json::serialize(item));
  }
}

TEST(Vectors, EvidenceStepByStep) {
  for (const auto& item : vectors().at("eprocess").as_array()) {
    const auto& v = item.as_object();
    const Around how = around(v);
    Evidence e;
    const auto& steps = v.at("steps").as_array();
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const auto llr = numbers(steps[i].at("llr"));
      advance(e, llr, number(steps[i].at("dt")), how);
      expect_state(e, v.at("expect").at(i).as_object(), "step " + std::to_string(i));
    }
  }
}

TEST(Vectors, Rate2Sequences) {
  for (const auto& item : vectors().at("rate2_sequences").as_array()) {
    const auto& v = item.as_object();
    const std::string name(v.at("name").as_string());
    const auto ratios = numbers(v.at("ratios"));
    Evidence e;
    std::size_t i = 0;
    for (const auto& block : v.at("blocks").as_array()) {
      const Sample s{whole(block.at(0)), whole(block.at(1)), whole(block.at(2)),
                     whole(block.at(3))};
      std::vector<double> llr;
      for (const double r : ratios)
        llr.push_back(llr_rate2(r, number(v.at("rho")), number(v.at("delta")), s));
      advance(e, llr, number(block.at(4)), around(v));
      expect_close(e.total, number(v.at("logM").at(i)), kSequence, name + std::to_string(i));
      ++i;
    }
    expect_state(e, v.at("final").as_object(), name);
  }
}

TEST(Vectors, Pool2Sequences) {
  for (const auto& item : vectors().at("pool2_sequences").as_array()) {
    const auto& v = item.as_object();
    const std::string name(v.at("name").as_string());
    const auto odds = numbers(v.at("odds"));
    const double exceedance = number(v.at("p_nominal"));
    Guess guess = Guess::initial(exceedance);
    Evidence e;
    std::size_t i = 0;
    for (const auto& block : v.at("blocks").as_array()) {
      const Sample s{whole(block.at(0)), whole(block.at(1)), whole(block.at(2)),
                     whole(block.at(3))};
      // The published memory counts events; ours is 50 events' worth of requests, the same number.
      expect_close(guess.value(), number(v.at("phat_before").at(i)), kSequence, name + " guess");
      std::vector<double> llr;
      for (const double o : odds) llr.push_back(llr_pool2(o, guess.value(), s));
      advance(e, llr, number(block.at(4)), around(v));
      guess.update(exceedance, s.n_stable, s.x_stable);
      expect_close(e.total, number(v.at("logM").at(i)), kSequence, name + std::to_string(i));
      ++i;
    }
  }
}

TEST(Vectors, Rate1Sequences) {
  for (const auto& item : vectors().at("rate1_sequences").as_array()) {
    const auto& v = item.as_object();
    const std::string name(v.at("name").as_string());
    const auto odds = numbers(v.at("odds"));
    Evidence e;
    std::size_t i = 0;
    for (const auto& block : v.at("blocks").as_array()) {
      std::vector<double> llr;
      for (const double o : odds)
        llr.push_back(llr_rate1(o, number(v.at("p0")), whole(block.at(0)), whole(block.at(1))));
      advance(e, llr, number(v.at("dt")), around(v));
      expect_close(e.total, number(v.at("logM").at(i)), kSequence, name + std::to_string(i));
      ++i;
    }
  }
}

TEST(Vectors, Combine) {
  for (const auto& item : vectors().at("combine").as_array()) {
    const auto totals = numbers(item.at("logM")), weights = numbers(item.at("weights"));
    double sum = -std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < totals.size(); ++i) sum = ln_add(sum, ln(weights[i]) + totals[i]);
    expect_close(sum, number(item.at("log_avg")), kSingle, json::serialize(item));
  }
}

TEST(Vectors, CsBernoulli) {
  for (const auto& item : vectors().at("cs_bernoulli").as_array()) {
    const auto& v = item.as_object();
    const auto got = cs_bernoulli(whole(v.at("n")), whole(v.at("x")), number(v.at("alpha")));
    expect_close(got.lower, number(v.at("lower")), kSingle, "lower");
    expect_close(got.upper, number(v.at("upper")), kSingle, "upper");
  }
}

TEST(Vectors, CsRatio) {
  for (const auto& item : vectors().at("cs_ratio").as_array()) {
    const auto& v = item.as_object();
    const auto got =
        cs_ratio(whole(v.at("xc")), whole(v.at("xs")), number(v.at("expo")), number(v.at("alpha")));
    expect_close(got.lower, number(v.at("lower")), kSingle, "lower");
    expect_close(got.upper, number(v.at("upper")), kSingle, "upper");
  }
}

TEST(Vectors, Decide) {
  for (const auto& item : vectors().at("decide").as_array()) {
    const auto& v = item.as_object();
    const Ruling got =
        decide(number(v.at("log_harm")), numbers(v.at("log_safes")), number(v.at("alpha")),
               number(v.at("beta")), v.at("final_step").as_bool(), v.at("dwell_ok").as_bool());
    const std::string want(v.at("decision").as_string());
    const char* word = got == Ruling::fail ? "ROLLBACK" : got == Ruling::pass ? "ADVANCE" : "HOLD";
    EXPECT_EQ(word, want) << json::serialize(item);
  }
}

TEST(Vectors, StepMargin) {
  for (const auto& item : vectors().at("step_margin").as_array())
    expect_close(step_margin(number(item.at("w_next"))), number(item.at("delta_safe")), kSingle,
                 json::serialize(item));
}

TEST(Vectors, DispersionOfBursts) {
  for (const auto& item : vectors().at("dispersion").as_array()) {
    std::vector<std::vector<std::uint64_t>> bins;
    for (const auto& bin : item.at("bins").as_array()) {
      std::vector<std::uint64_t>& row = bins.emplace_back();
      for (const auto& x : bin.as_array()) row.push_back(whole(x));
    }
    const Dispersion d = dispersion(bins);
    expect_close(d.between, number(item.at("D")), kSingle, "D");
    expect_close(d.tempered, number(item.at("D_hat")), kSingle, "D_hat");
    expect_close(1 / d.tempered, number(item.at("gamma")), kSingle, "gamma");
    expect_close(d.over_time, number(item.at("time_F")), kSingle, "F");
    expect_close(d.tempered_over_time, number(item.at("time_D_hat")), kSingle, "F_hat");
  }
}

TEST(Vectors, ExposureFloor) {
  for (const auto& item : vectors().at("exposure_floor").as_array())
    expect_close(exposure_floor(whole(item.at("nc")), whole(item.at("ns")), number(item.at("w"))),
                 number(item.at("nc_eff")), kSingle, json::serialize(item));
}

TEST(Vectors, BlockBuilder) {
  const auto& v = vectors().at("block_builder").as_object();
  ASSERT_EQ(number(v.at("min_ns")), 5);
  ASSERT_EQ(number(v.at("max_age")), 10);
  std::array<std::uint64_t, 4> open{};
  double age = 0;
  std::size_t i = 0;
  for (const auto& tick : v.at("ticks").as_array()) {
    for (std::size_t k = 0; k < 4; ++k) open[k] += whole(tick.at(k));
    age += number(v.at("dt"));
    const bool closed =
        closes(open[0], open[2], Duration(static_cast<std::int64_t>(age * 1e6)), false);
    const auto& want = v.at("emitted").at(i++);
    ASSERT_EQ(closed, !want.is_null()) << "tick " << i;
    if (!closed) continue;
    for (std::size_t k = 0; k < 4; ++k) EXPECT_EQ(open[k], whole(want.at(k))) << i;
    EXPECT_EQ(age, number(want.at(4)));
    open = {};
    age = 0;
  }
}

// No group of the file may be there that nothing runs.
TEST(Vectors, EveryGroupIsKnown) {
  const std::set<std::string> known = {
      "llr_rate2",       "llr_rate1",       "llr_pool2",     "eprocess",       "rate2_sequences",
      "pool2_sequences", "rate1_sequences", "block_builder", "combine",        "decide",
      "step_margin",     "dispersion",      "fail_fast",     "exposure_floor", "cs_bernoulli",
      "cs_ratio",        "end_to_end",      "meta"};
  for (const auto& [name, group] : vectors()) {
    if (group.is_object() || group.is_array())
      EXPECT_TRUE(known.contains(std::string(name))) << name;
  }
  for (const std::string& name : known) EXPECT_TRUE(vectors().contains(name)) << name;
}

const json::array& section(const char* name) { return vectors().at(name).as_array(); }

TEST(Vectors, EndToEndWithoutFailFast) {
  for (const auto& item : section("end_to_end")) {
    const auto& v = item.as_object();
    Judge judge(
        [&] {
          Charge c;
          c.alpha = number(v.at("alpha"));
          c.fail_fast = false;  // not part of these vectors
          c.dwell = std::chrono::hours(10);
          c.deadline = std::chrono::hours(100);
          c.criteria = {default_criteria().front()};  // the errors alone
          return c;
        }(),
        Instant{});
    Instant now{};
    int decided = -1, tick = 0;
    double highest = 0;
    for (const auto& counts : v.at("ticks").as_array()) {
      ++tick;
      Block b;
      b.from = now;
      b.to = now += std::chrono::seconds(1);
      b.candidate.requests = whole(counts.at(0));
      b.candidate.errors = whole(counts.at(1));
      b.stable.requests = whole(counts.at(2));
      b.stable.errors = whole(counts.at(3));
      judge.ingest(b);
      highest = std::max(highest, judge.tests.at(0).evidence.total);
      if (decided < 0 && judge.look(now).ruling == Ruling::fail) decided = tick;
    }
    const auto& want = v.at("rollback_after_tick");
    EXPECT_EQ(decided, want.is_null() ? -1 : static_cast<int>(whole(want))) << v.at("name");
    expect_close(highest, number(v.at("max_logM")), kSequence, "highest");
    expect_close(judge.tests.at(0).evidence.total, number(v.at("final_logM")), kSequence, "final");
  }
}

TEST(Vectors, FailFast) {
  for (const auto& item : section("fail_fast")) {
    Judge judge(Charge{.criteria = {default_criteria().front()}}, Instant{});
    judge.charge.alpha = 1e-300;  // so that nothing else decides
    Instant now{};
    for (const auto& tick : item.at("ticks").as_array()) {
      Block b;
      b.from = now;
      b.to = now += std::chrono::seconds(1);
      b.stable.requests = 5;
      b.candidate.requests = whole(tick.at(0));
      b.candidate.errors = whole(tick.at(1));
      judge.ingest(b);
    }
    const Verdict verdict = judge.look(now);
    EXPECT_EQ(verdict.ruling == Ruling::fail, item.at("expect").as_bool()) << json::serialize(item);
  }
}

}  // namespace
}  // namespace slipway::analysis
