// What every source has to do, whatever speaks behind it: the made-up ones, a real Prometheus and a
// real PostgreSQL.
#include <algorithm>

#include "bench.h"

namespace slipway::metrics {
namespace {

const SiteId kSite{"web", "production"};

struct Kind {
  const char* name;
  std::unique_ptr<Bench> (*make)();
};
void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

class Suite : public testing::TestWithParam<Kind> {
 protected:
  Suite() : bench(GetParam().make()) {
    readings = std::make_unique<Readings>(Readings::World{
        .sink = &told,
        .asker = make_asker({.secret = [](const SiteId&, const SecretRef&) -> Result<Secret> {
                               return Secret("hidden");
                             },
                             .wall = [] { return os::wall_now(); },
                             .environment = {{"PATH", "/usr/bin:/bin"}}}),
        .engine_now = [] { return Instant(os::since_boot()); },
        .wall = [] { return os::wall_now(); },
        .log = [](const SiteId&, const std::string&) {}});
    bench->readings = readings.get();
  }

  void watch(std::vector<MetricQuery> metrics) {
    Watch w{.stable = "v1", .candidate = "v2"};
    w.metrics = std::move(metrics);
    w.from = Release{"web", "v1", "", ""};
    w.to = Release{"web", "v2", "", ""};
    readings->watch(kSite, w);
  }

  // It is being counted: what happens from now on is heard.
  void begin() {
    bench->happen("v1", 0, 10);
    bench->happen("v2", 0, 10);
    watch({bench->counts()});
    ASSERT_TRUE(told.until([&] {
      bench->happen("v1", 0, 1);
      bench->happen("v2", 0, 1);
      ++warm;
      return !sound().empty();
    })) << "nothing was heard: "
        << last_silence();
  }

  std::vector<analysis::Reading> sound() {
    auto all = told.all();
    std::erase_if(all, [](const auto& r) { return r.silent || !r.trouble.empty(); });
    return all;
  }
  std::string last_silence() {
    const auto all = told.all();
    for (auto r = all.rbegin(); r != all.rend(); ++r)
      if (r->silent) return r->trouble;
    return "";
  }
  std::unique_ptr<Bench> bench;
  Told told;
  std::unique_ptr<Readings> readings;
  std::uint64_t warm = 10;  // good ones that may be counted, too
};

TEST_P(Suite, EveryEventIsCountedOnce) {
  begin();
  std::uint64_t n_s = 0, x_s = 0, n_c = 0, x_c = 0;
  const auto more = [&](std::uint64_t xs, std::uint64_t ns, std::uint64_t xc, std::uint64_t nc) {
    bench->happen("v1", static_cast<double>(xs), static_cast<double>(ns));
    bench->happen("v2", static_cast<double>(xc), static_cast<double>(nc));
    n_s += ns, x_s += xs, n_c += nc, x_c += xc;
  };
  more(3, 100, 7, 50);
  EXPECT_TRUE(told.until([&] { return told.sum().x_candidate >= x_c; }));
  more(0, 40, 1, 20);
  more(1, 40, 0, 20);
  EXPECT_TRUE(told.until([&] {
    const auto s = told.sum();
    return s.x_candidate >= x_c && s.x_stable >= x_s && s.n_stable >= n_s && s.n_candidate >= n_c;
  }));
  const auto s = told.sum();
  EXPECT_EQ(s.x_stable, x_s);
  EXPECT_EQ(s.x_candidate, x_c);
  EXPECT_LE(s.n_stable, n_s + warm) << "none is counted twice";
  EXPECT_LE(s.n_candidate, n_c + warm);
  for (const auto& r : told.all()) EXPECT_EQ(r.silent ? "" : r.trouble, "");
  for (const auto& r : sound()) {
    EXPECT_EQ(r.name, "checkout");
    EXPECT_LE(r.from, r.to);
    EXPECT_LE(r.x_candidate, r.n_candidate);
  }
}

TEST_P(Suite, AGaugeIsReadForBothVersions) {
  if (!bench->has_gauge()) GTEST_SKIP();
  bench->value("v1", 40);
  bench->value("v2", 55);
  MetricQuery q = bench->gauge();
  q.scale = 0.01;
  watch({q});
  const auto near = [](double a, double b) { return std::abs(a - b) < 1e-9; };
  EXPECT_TRUE(told.until([&] {
    const auto all = sound();
    return !all.empty() && near(all.back().stable, 0.4) && near(all.back().candidate, 0.55);
  }));
  bench->value("v2", 70);
  EXPECT_TRUE(told.until([&] { return near(sound().back().candidate, 0.7); }));
}

// Down, slow, refusing, overloaded, talking nonsense: nothing is counted, it is said once, and when
// it is well again it goes on where it was.
TEST_P(Suite, AFailingSourceCountsNothingAndComesBack) {
  begin();
  for (const Trouble t : {Trouble::down, Trouble::refused, Trouble::too_many, Trouble::garbage}) {
    if (!bench->has(t)) continue;
    bench->trouble(t);
    const std::size_t told_before = told.all().size();
    EXPECT_TRUE(told.until([&] {
      const auto all = told.all();
      return std::any_of(all.begin() + static_cast<std::ptrdiff_t>(told_before), all.end(),
                         [](const auto& r) { return r.silent && !r.trouble.empty(); });
    })) << static_cast<int>(t);
    const std::size_t heard = sound().size();
    bench->happen("v2", 2, 10);
    EXPECT_FALSE(told.until([&] { return sound().size() > heard; }, 350ms)) << static_cast<int>(t);
    const auto x = told.sum().x_candidate;
    bench->trouble(Trouble::none);
    EXPECT_TRUE(told.until([&] { return told.sum().x_candidate == x + 2; }))
        << static_cast<int>(t) << ": " << last_silence();
  }
}

// A source that takes longer than its timeout holds up nobody, and ends when the agent does.
TEST_P(Suite, ASlowSourceHoldsNobodyUp) {
  if (!bench->has(Trouble::slow)) GTEST_SKIP();
  bench->happen("v1", 0, 10);
  bench->happen("v2", 0, 10);
  bench->trouble(Trouble::slow);
  MetricQuery slow = bench->counts();
  slow.timeout = 300ms;
  MetricQuery told_by_others;
  told_by_others.name = "complaints";
  told_by_others.source = MetricSource::webhook;
  told_by_others.kind = MetricKind::count;
  told_by_others.interval = 50ms;
  watch({slow, told_by_others});
  readings->rows(kSite, 100, 10);
  EXPECT_EQ(readings->signal({"complaints", "", "", "v2", 3}), 1);
  EXPECT_TRUE(told.until([&] { return told.sum().x_candidate == 3; }, 5s));
  EXPECT_TRUE(told.until([&] { return !last_silence().empty(); }, 10s));
  for (const auto& r : sound()) EXPECT_EQ(r.name, "complaints");
  const auto start = std::chrono::steady_clock::now();
  readings->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - start, 3s);
}

TEST_P(Suite, WhatIsNoCountIsTroubleAndNoEvidence) {
  begin();
  for (const Trouble t : {Trouble::not_a_number, Trouble::negative}) {
    if (!bench->has(t)) continue;
    const auto x = told.sum();
    bench->trouble(t);
    EXPECT_TRUE(told.until([&] {
      const auto all = told.all();
      return !all.empty() && !all.back().silent && !all.back().trouble.empty();
    })) << static_cast<int>(t);
    EXPECT_EQ(told.sum().x_candidate, x.x_candidate);
    bench->trouble(Trouble::none);
    EXPECT_TRUE(told.until([&] {
      const auto all = told.all();
      return !all.empty() && all.back().trouble.empty();
    }));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Every, Suite,
    testing::Values(Kind{"http", http_bench}, Kind{"prometheus", prometheus_bench},
                    Kind{"datadog", datadog_bench}, Kind{"newrelic", newrelic_bench},
                    Kind{"cloudwatch", cloudwatch_bench}, Kind{"command", command_bench},
                    Kind{"webhook", webhook_bench}, Kind{"real_prometheus", real_prometheus_bench},
                    Kind{"real_sql", real_sql_bench}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace slipway::metrics
