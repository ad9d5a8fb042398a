// What `slipway simulate` answers: simulate/1.
#include "sim/forecast.h"

#include <gtest/gtest.h>

#include "sim/scenario.h"

namespace slipway::sim {
namespace {

Question question(const std::string& candidate) {
  Question q{.config = config_named("canary"),
             .request = {.act = Act::deploy,
                         .by = "ana",
                         .environment = "production",
                         .service = "web",
                         .version = "v2"},
             .candidate = candidate};
  q.demand.rps = 200;
  return q;
}

TEST(Forecast, SaysWhatWouldHappenAndWhyInASentence) {
  const auto told = simulate(question("errors=20%"));
  ASSERT_TRUE(told) << told.error().text;
  EXPECT_EQ(told->at("schema"), "simulate/1");
  const auto& run = told->at("run").as_object();
  EXPECT_EQ(run.at("state"), "rolled_back");
  EXPECT_GE(run.at("found_s").to_number<double>(), 0);
  EXPECT_GT(run.at("failed").to_number<int>(), 0);
  const auto& because = run.at("because").as_object();
  EXPECT_EQ(because.at("code"), "judge_failed");
  EXPECT_NE(because.at("text").as_string(), "");
  EXPECT_TRUE(because.at("values").as_object().contains("metric"));
}

// With all traffic there is nothing beside the release but what stable answered before.
TEST(Forecast, ABakeHoldsErrorsAgainstWhatWasBefore) {
  for (const char* strategy : {"blue_green", "rolling"}) {
    Question q = question("errors=20%");
    q.compare = {strategy};
    const auto told = simulate(q);
    ASSERT_TRUE(told) << told.error().text;
    EXPECT_EQ(told->at("run").as_object().at("state"), "rolled_back") << strategy;
    q.candidate = "good";
    EXPECT_EQ(simulate(q)->at("run").as_object().at("state"), "succeeded") << strategy;
  }
}

TEST(Forecast, OfSeveralFaultsTheFirstCounts) {
  const auto from = [](const char* text) { return parse_behaviour(text)->faulty_from(); };
  EXPECT_EQ(from("errors=5% after 10s, crash after 30s"), Duration(10s));
  EXPECT_EQ(from("latency=x2 after 40s, crash after 30s"), Duration(30s));
  EXPECT_EQ(from("crash after 30s"), Duration(30s));
  EXPECT_EQ(from("good"), std::nullopt);
}

// Errors that every version makes now and then are not the fault's.
TEST(Forecast, HowLongItTookIsCountedFromTheFault) {
  for (const char* fault : {"errors=20% after 2m", "latency=x3 after 2m"}) {
    Question q = question(fault);
    q.config = config_named("defaults");
    q.usual.errors = 0.002;
    const auto told = simulate(q);
    ASSERT_TRUE(told) << told.error().text;
    const auto& run = told->at("run").as_object();
    ASSERT_EQ(run.at("state"), "rolled_back") << fault;
    const double found = run.at("found_s").to_number<double>();
    EXPECT_GE(found, 0) << fault;
    // Nothing but the fault takes it back, and that is not there for two minutes.
    EXPECT_LE(found, run.at("duration_s").to_number<double>() - 119) << fault;
  }
}

TEST(Forecast, ASeedIsARunAndStrategiesStandSideBySide) {
  Question q = question("good");
  q.compare = {"canary", "blue_green"};
  q.seeds = 2;
  q.traced = true;
  int told = 0;
  const auto first = simulate(q, [&](int done, int of) {
    EXPECT_EQ(done, ++told);
    EXPECT_EQ(of, 4);
  });
  ASSERT_TRUE(first) << first.error().text;
  EXPECT_EQ(told, 4);
  EXPECT_EQ(first->at("strategies").as_array().size(), 2U);
  EXPECT_EQ(first->at("run").as_object().at("state"), "succeeded");
  EXPECT_EQ(*first, *simulate(q));
  q.seed = 7;
  EXPECT_NE(*first, *simulate(q));
}

TEST(Forecast, ReadsARequestAsTheAgentDoes) {
  Question q = question("good");
  const auto whole = simulate(q);
  ASSERT_TRUE(whole) << whole.error().text;
  q.request.service = "";
  for (const char* environment : {"", "production", "production/web"}) {
    q.request.environment = environment;
    const auto told = simulate(q);
    ASSERT_TRUE(told) << environment << ": " << told.error().text;
    EXPECT_EQ(*told, *whole) << environment;
  }
  q.request.environment = "prodution";
  const auto none = simulate(q);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, "unknown_environment");
  EXPECT_EQ(none.error().text, "there is no environment `prodution`");
}

TEST(Forecast, IsEndedWhereverItStands) {
  const auto stopped_after = [](int looks) {
    Question q = question("errors=20%");
    q.seeds = 1000;
    q.stop = [&looks] { return looks-- <= 0; };
    const auto told = simulate(q);
    return told ? std::string("told") : told.error().code;
  };
  for (const int looks : {0, 1, 50, 2'000, 20'000}) EXPECT_EQ(stopped_after(looks), kStopped);
}

TEST(Forecast, WhatCannotBePlannedIsRefused) {
  Question q = question("good");
  q.request.environment = "nowhere";
  EXPECT_FALSE(simulate(q));
}

}  // namespace
}  // namespace slipway::sim
