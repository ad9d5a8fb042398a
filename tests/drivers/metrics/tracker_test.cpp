// From answers to readings: what is counted, what is no news, what is wrong.
#include "drivers/metrics/tracker.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "drivers/metrics/hear.h"

namespace slipway::metrics {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
const double kNan = std::nan("");

MetricQuery query(MetricKind kind) {
  MetricQuery q;
  q.name = "checkout";
  q.kind = kind;
  return q;
}

// Answers fifteen seconds apart.
struct Line {
  explicit Line(MetricQuery q) : tracker(std::move(q)) {}
  Tracker tracker;
  Duration t{};

  std::optional<analysis::Reading> take(const Said& stable, const Said& candidate) {
    t += 15s;
    const Wall now = Wall(std::chrono::hours(500'000)) + t;
    return tracker.take(Instant(t), {now - 15s, now}, stable, candidate);
  }
};

Said counted(double failed, double total, const std::string& series = "") {
  Said s;
  s.failed[series] = failed;
  s.total[series] = total;
  return s;
}

TEST(Tracker, CountersAreWhatTheyGrewBy) {
  Line l(query(MetricKind::counter));
  EXPECT_FALSE(l.take(counted(5, 1000), counted(1, 100))) << "the first answer is the baseline";
  const auto r = l.take(counted(7, 1400), counted(4, 130));
  ASSERT_TRUE(r);
  EXPECT_EQ(r->x_stable, 2u);
  EXPECT_EQ(r->n_stable, 400u);
  EXPECT_EQ(r->x_candidate, 3u);
  EXPECT_EQ(r->n_candidate, 30u);
  EXPECT_EQ(r->to - r->from, 15s);
}

// analysis page, section 6.2: a series that fell began anew, and all it has is new. A plain total
// may be of several counters: there it is bad data, once.
TEST(Tracker, ACounterThatFell) {
  Line named(query(MetricKind::counter));
  named.take(counted(5, 1000, "instance=a,"), counted(1, 100, "instance=b,"));
  auto r = named.take(counted(6, 1100, "instance=a,"), counted(2, 40, "instance=b,"));
  ASSERT_TRUE(r);
  EXPECT_EQ(r->trouble, "");
  EXPECT_EQ(r->n_candidate, 40u);

  Line plain(query(MetricKind::counter));
  plain.take(counted(5, 1000), counted(1, 100));
  r = plain.take(counted(6, 1100), counted(0, 40));
  ASSERT_TRUE(r);
  EXPECT_NE(r->trouble.find("a counter was reset"), std::string::npos) << r->trouble;
  EXPECT_EQ(r->n_candidate, 0u);
  r = plain.take(counted(7, 1200), counted(1, 50));
  ASSERT_TRUE(r);
  EXPECT_EQ(r->trouble, "");
  EXPECT_EQ(r->n_candidate, 10u);
}

// The first failed request makes a series that was not there; an instance brings its own.
TEST(Tracker, ASeriesThatBegins) {
  Line l(query(MetricKind::counter));
  Said stable = counted(0, 1000, "instance=a,"), candidate;
  candidate.total["instance=b,"] = 100;
  l.take(stable, candidate);
  stable.total["instance=a,"] = 1100;
  candidate.total["instance=b,"] = 130;
  candidate.failed["code=500,instance=b,"] = 3;
  candidate.total["instance=c,"] = 20;
  const auto r = l.take(stable, candidate);
  ASSERT_TRUE(r);
  EXPECT_EQ(r->x_candidate, 3u);
  EXPECT_EQ(r->n_candidate, 50u);
  // One that was not scraped once is not counted again.
  candidate.total.erase("instance=c,");
  EXPECT_EQ(l.take(stable, candidate)->n_candidate, 0u);
  candidate.total["instance=c,"] = 25;
  EXPECT_EQ(l.take(stable, candidate)->n_candidate, 5u);
}

TEST(Tracker, WhatIsNoNumber) {
  for (const double v : {kNan, -1.0, 1e300, kInfinity}) {
    Line l(query(MetricKind::counter));
    l.take(counted(0, 10), counted(0, 10));
    auto r = l.take(counted(0, 20), counted(v, 20));
    ASSERT_TRUE(r) << v;
    EXPECT_NE(r->trouble, "") << v;
    EXPECT_EQ(r->n_candidate, 0u);
    r = l.take(counted(0, 30), counted(1, 30));
    ASSERT_TRUE(r);
    EXPECT_EQ(r->trouble, "");
    EXPECT_EQ(r->x_candidate, 1u) << v;
  }
  Line g(query(MetricKind::gauge));
  Said nan;
  nan.value[""] = kNan;
  EXPECT_EQ(g.take(nan, nan)->trouble, "not a number");
}

TEST(Tracker, TimeThatGoesBackOrStands) {
  Line l(query(MetricKind::gauge));
  const auto at = [](Duration t) {
    Said s;
    s.value[""] = 1;
    s.at = Wall(std::chrono::hours(500'000)) + t;
    return s;
  };
  EXPECT_EQ(l.take(at(14s), at(14s))->trouble, "");
  EXPECT_NE(l.take(at(4s), at(4s))->trouble.find("time went back"), std::string::npos);
  EXPECT_EQ(l.take(at(44s), at(44s))->trouble, "");
  for (int i = 0; i < 10; ++i) l.take(at(44s), at(44s));
  EXPECT_FALSE(l.take(at(44s), at(44s)));
  EXPECT_NE(l.tracker.silence().find("its newest sample is"), std::string::npos);
}

TEST(Tracker, AVersionNobodyKnows) {
  Line l(query(MetricKind::counter));
  EXPECT_FALSE(l.take({}, {}));
  EXPECT_EQ(l.tracker.silence(), "it knows neither version");
  EXPECT_FALSE(l.take(counted(0, 10), {}));
  EXPECT_EQ(l.tracker.silence(), "it does not know the candidate");
  l.take(counted(0, 10), counted(0, 5));
  EXPECT_TRUE(l.take({}, counted(1, 9))) << "at 100 % nothing runs beside it";
}

Said buckets(std::initializer_list<std::pair<double, double>> up_to) {
  Said s;
  for (const auto& [bound, n] : up_to) s.buckets["job=shop,"][bound] = n;
  return s;
}

// Section 6.2: harm counts beyond the smallest bound that is not below the limit, safe beyond the
// largest that is not above it.
TEST(Tracker, AHistogramIsCountedAtItsOwnBounds) {
  MetricQuery q = query(MetricKind::histogram);
  q.scale = 1000;  // seconds
  q.quantile = 0.99;
  q.limit = 400;  // ms: between 0.25 and 0.5
  Line l(q);
  l.take(buckets({{0.25, 0}, {0.5, 0}, {kInfinity, 0}}),
         buckets({{0.25, 0}, {0.5, 0}, {kInfinity, 0}}));
  const auto r = l.take(buckets({{0.25, 90}, {0.5, 98}, {kInfinity, 100}}),
                        buckets({{0.25, 40}, {0.5, 45}, {kInfinity, 50}}));
  ASSERT_TRUE(r);
  EXPECT_EQ(r->n_candidate, 50u);
  EXPECT_EQ(r->x_candidate, 5u);
  EXPECT_EQ(r->x_candidate_safe, 10u);
  EXPECT_EQ(r->x_stable, 2u);

  q.limit = 500;  // a bound of its own: both sides count the same
  Line exact(q);
  exact.take(buckets({{0.5, 0}, {kInfinity, 0}}), buckets({{0.5, 0}, {kInfinity, 0}}));
  EXPECT_FALSE(exact.take(buckets({{0.5, 9}, {kInfinity, 9}}), buckets({{0.5, 9}, {kInfinity, 9}}))
                   ->x_candidate_safe);
  q.limit = 10'000;
  Line none(q);
  none.take(buckets({{0.5, 0}, {kInfinity, 0}}), buckets({{0.5, 0}, {kInfinity, 0}}));
  EXPECT_NE(none.take(buckets({{0.5, 9}, {kInfinity, 9}}), buckets({{0.5, 9}, {kInfinity, 9}}))
                ->trouble.find("no bucket"),
            std::string::npos);
}

TEST(Tracker, AHistogramAgainstStablesQuantile) {
  MetricQuery q = query(MetricKind::histogram);
  q.scale = 1000;
  q.quantile = 0.9;
  q.factor = 2;
  Line l(q);
  const auto of = [](double n) {
    return buckets({{0.1, n * 0.9}, {0.2, n * 0.97}, {0.4, n}, {kInfinity, n}});
  };
  l.take(of(0), of(0));
  auto r = l.take(of(1000), of(100));
  ASSERT_TRUE(r);
  EXPECT_EQ(r->n_candidate, 0u) << "nothing was known before this block";
  r = l.take(of(2000), of(200));
  ASSERT_TRUE(r);
  EXPECT_EQ(r->x_stable, 100u) << "beyond 0.1, the bound nearest to its p90";
  EXPECT_EQ(r->n_candidate, 100u);
  EXPECT_EQ(r->x_candidate, 3u) << "beyond 0.2 = 2 × 0.1";
}

TEST(Hear, AnswersAsTheVendorsWriteThem) {
  struct Case {
    MetricSource source;
    MetricKind kind;
    Part part;
    const char* body;
    double expected;
  };
  const Case all[] = {
      {MetricSource::prometheus, MetricKind::gauge, Part::value,
       R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[1435781451.781,"1.5"]}]}})",
       1.5},
      {MetricSource::prometheus, MetricKind::gauge, Part::value,
       R"({"status":"success","data":{"resultType":"scalar","result":[1435781451.781,"2"]}})", 2},
      {MetricSource::datadog, MetricKind::gauge, Part::value,
       R"({"status":"ok","res_type":"time_series","series":[{"scope":"host:a","pointlist":[[1430311800000.0,0.5],[1430311860000.0,0.75],[1430311920000.0,null]]}]})",
       0.75},
      {MetricSource::newrelic, MetricKind::gauge, Part::value,
       R"({"data":{"actor":{"account":{"nrql":{"results":[{"average.duration":0.25}]}}}}})", 0.25},
      {MetricSource::cloudwatch, MetricKind::gauge, Part::value,
       R"({"MetricDataResults":[{"Id":"m1","Label":"x","Timestamps":[1637074200,1637074260],"Values":[1,4],"StatusCode":"Complete"}],"Messages":[]})",
       4},
  };
  for (const Case& c : all) {
    MetricQuery q = query(c.kind);
    q.source = c.source;
    Said said;
    const auto heard = hear(q, c.part, {c.body, {}}, {}, said);
    ASSERT_TRUE(heard) << c.body << heard.error().text;
    ASSERT_EQ(said.value.size(), 1u) << c.body;
    EXPECT_EQ(said.value.begin()->second, c.expected) << c.body;
  }
}

TEST(Hear, WhatIsNoAnswerIsSaidInTheSourcesWords) {
  const std::tuple<MetricSource, const char*, const char*> all[] = {
      {MetricSource::prometheus,
       R"({"status":"error","errorType":"bad_data","error":"parse error at char 5"})",
       "parse error at char 5"},
      {MetricSource::prometheus,
       R"({"status":"success","data":{"resultType":"matrix","result":[]}})", "matrix"},
      {MetricSource::datadog, R"({"status":"error","error":"Rate limited"})", "Rate limited"},
      {MetricSource::newrelic, R"({"errors":[{"message":"Access denied."}]})", "Access denied."},
      {MetricSource::cloudwatch, R"({"__type":"ValidationError","message":"bad query"})",
       "bad query"},
      {MetricSource::http, "[1, 2", "not JSON"},
      {MetricSource::http, "", "not JSON"},
  };
  for (const auto& [source, body, words] : all) {
    MetricQuery q = query(MetricKind::gauge);
    q.source = source;
    q.query = "/a";
    Said said;
    const auto heard = hear(q, Part::value, {body, {}}, {}, said);
    ASSERT_FALSE(heard) << body;
    EXPECT_NE(heard.error().text.find(words), std::string::npos) << heard.error().text;
  }
}

}  // namespace
}  // namespace slipway::metrics
