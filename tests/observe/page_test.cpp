// The page of /metrics, held against Prometheus' own checker, and its bounds.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "observe/figures.h"
#include "os/files.h"

namespace slipway::observe {
namespace {

SiteId web() { return {"web", "production"}; }

std::shared_ptr<Site> site(const SiteId& id) {
  auto s = std::make_shared<Site>();
  s->id = id;
  s->serving = 1;
  s->copies[1].release.version = "v1";
  s->copies[1].wanted = 2;
  s->instances[1] = {.id = 1, .copy = 1, .phase = InstancePhase::ready, .healthy = true};
  return s;
}

Deployment ended(std::uint32_t number, State state, Duration took) {
  Deployment d;
  d.number = number;
  d.state = state;
  d.planned = true;
  d.plan.strategy = Strategy::canary;
  d.started_wall = Wall(1'000s);
  d.ended_wall = Wall(1'000s) + took;
  d.receipt.requests = 100;
  d.receipt.failed = d.receipt.caused_direct = state == State::rolled_back ? 3 : 0;
  if (state == State::rolled_back) {
    d.receipt.first_harm = Wall(1'010s);
    d.receipt.verdict_at = Wall(1'018s);
    d.receipt.traffic_back = Wall(1'019s);
  }
  return d;
}

Figures figures() {
  Figures f;
  f.standing = {.version = "1.2.3", .started = Wall(1'000s), .now = Wall(2'000s)};
  f.standing.components = {{.name = "journal"}, {.name = "proxy", .ok = false}};
  views::Delivery delivery;
  delivery.ended(web(), ended(1, State::succeeded, 40s));
  delivery.ended(web(), ended(2, State::rolled_back, 20s));
  delivery.ended(web(), ended(2, State::rolled_back, 20s));
  f.delivered = delivery.sites();
  f.sites = {site(web())};
  f.delivery["production"] = {{"success_rate", 0.5},  {"deployments_per_day", 0.25},
                              {"lead_time_ms", 1500}, {"change_failure_rate", 0.5},
                              {"mttr_ms", nullptr},   {"zero_downtime_rate", 0.5},
                              {"failed", 1},          {"changes", 2}};
  f.journal = {.commits = 3, .bytes = 4096, .sum_s = 0.5, .within = {{0.1, 2}, {1, 1}}};
  f.counts.steps = {{"counted", 7}};
  f.builds["web"].succeeded.add(95s);
  f.builds["web"].test_coverage = 0.87;
  f.counts.watched[web()] = {.stable_requests = 90, .candidate_requests = 10};
  return f;
}

bool has(const std::string& page, const std::string& line) {
  return page.find("\n" + line + "\n") != std::string::npos;
}

TEST(MetricsPage, SaysWhatWasCounted) {
  const std::string page = metrics_page(figures());
  for (const char* line :
       {"slipway_build_info{version=\"1.2.3\"} 1", "slipway_ready 0",
        "slipway_component_healthy{component=\"proxy\"} 0",
        "slipway_deployments_total{environment=\"production\",service=\"web\","
        "strategy=\"canary\",state=\"rolled_back\"} 1",
        "slipway_deployment_duration_seconds_bucket{environment=\"production\",service=\"web\","
        "le=\"30\"} 0",
        "slipway_deployment_duration_seconds_bucket{environment=\"production\",service=\"web\","
        "le=\"60\"} 1",
        "slipway_detection_duration_seconds_sum{environment=\"production\",service=\"web\"} 8",
        "slipway_deployment_caused_failures_total{environment=\"production\",service=\"web\"} 3",
        "slipway_deployment_success_rate{environment=\"production\"} 0.5",
        "slipway_build_duration_seconds_bucket{service=\"web\",state=\"succeeded\",le=\"120\"} 1",
        "slipway_build_duration_seconds_sum{service=\"web\",state=\"succeeded\"} 95",
        "slipway_test_coverage_ratio{service=\"web\"} 0.87",
        "slipway_lead_time_seconds{environment=\"production\"} 1.5",
        "slipway_journal_commit_duration_seconds_bucket{le=\"1\"} 3",
        "slipway_watched_requests_total{environment=\"production\",service=\"web\","
        "role=\"candidate\"} 10",
        "slipway_service_version_info{environment=\"production\",service=\"web\",version=\"v1\"} "
        "1"})
    EXPECT_TRUE(has(page, line)) << line << "\n" << page;
  EXPECT_EQ(page.find("slipway_mttr_seconds"), std::string::npos) << "nothing was restored yet";
}

TEST(MetricsPage, PromtoolFindsNothing) {
  if (std::system("command -v promtool >/dev/null") != 0) GTEST_SKIP() << "no promtool";
  os::TempDir folder;
  const std::string file = (folder.path() / "page.txt").string();
  std::ofstream(file) << metrics_page(figures());
  const std::string said = (folder.path() / "said.txt").string();
  const int status =
      std::system(("promtool check metrics <'" + file + "' >'" + said + "' 2>&1").c_str());
  EXPECT_EQ(status, 0) << os::read_file(said).value_or("");
}

TEST(MetricsPage, TellsABoundedNumberOfSites) {
  Figures f = figures();
  f.sites.clear();
  for (std::size_t i = 0; i < kSitesTold + 50; ++i)
    f.sites.push_back(site({"s" + std::to_string(i), "production"}));
  const std::string page = metrics_page(f);
  EXPECT_TRUE(has(page, "slipway_services_left_out 50"));
  std::size_t told = 0;
  for (auto at = page.find("\nslipway_service_down{"); at != std::string::npos;
       at = page.find("\nslipway_service_down{", at + 1))
    ++told;
  EXPECT_EQ(told, kSitesTold);
}

TEST(MetricsPage, EscapesWhatALabelMayNotHold) {
  Figures f = figures();
  f.standing.version = "a\"b\\c\nd";
  EXPECT_TRUE(has(metrics_page(f), R"(slipway_build_info{version="a\"b\\c\nd"} 1)"));
}

TEST(Counters, FoldsBlocksAndVerdicts) {
  Counters counters;
  auto before = site(web()), after = site(web());
  before->live = after->live = ended(3, State::running, 0s);
  after->live->verdicts.push_back({.verdict = {.ruling = analysis::Ruling::fail}});
  Published p{.event = {.what = Counted{.tally = {.failed = 2,
                                                  .stable_requests = 5,
                                                  .candidate_requests = 4,
                                                  .candidate_failed = 2}}},
              .before = before,
              .after = after};
  counters.fold(p);
  p.before = after;
  counters.fold(p);
  const auto now = counters.now();
  EXPECT_EQ(now.steps.at("counted"), 2U);
  EXPECT_EQ(now.verdicts.at("fail"), 1U) << "the same entry is one change";
  EXPECT_EQ(now.watched.at(web()).candidate_failed, 4U);
  EXPECT_EQ(now.judged, 2U);
}

}  // namespace
}  // namespace slipway::observe
