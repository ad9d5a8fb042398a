#include "views/waits.h"

#include <gtest/gtest.h>

#include "sample.h"

namespace slipway::views {
namespace {

Wait wait_of(const Site& site) { return waits_for(site, *site.live); }

analysis::Block block(double from, double to, std::uint64_t candidate) {
  analysis::Block b;
  b.from = sample::at(from);
  b.to = sample::at(to);
  b.stable.requests = candidate * 19;
  b.candidate.requests = candidate;
  return b;
}

TEST(Waits, ForAnInstanceToBecomeHealthy) {
  Site site = sample::warming();
  Wait w = wait_of(site);
  EXPECT_EQ(w.what, "1 instance of v2 to become healthy");
  EXPECT_EQ(w.until, sample::wall(60.5));
  EXPECT_EQ(w.then, "ends and is undone; v1 keeps serving");
  site.instances.rbegin()->second.trouble = "connection refused";
  EXPECT_EQ(wait_of(site).what, "1 instance of v2 to become healthy (connection refused)");
}

TEST(Waits, ForTheFirstRequest) {
  const Wait w = wait_of(sample::judging());
  EXPECT_EQ(w.what, "the first request to v2");
  EXPECT_EQ(w.until, sample::wall(3.4 + 3600));
  EXPECT_EQ(w.then, "alerts, holds 1 h more (1 of 3)");
}

TEST(Waits, ForEvidence) {
  Site site = sample::judging();
  site.live->judge->ingest(block(41.4, 51.4, 50));
  const Wait w = wait_of(site);
  EXPECT_TRUE(w.what.starts_with("evidence at 5 %: ")) << w.what;
  EXPECT_TRUE(w.what.ends_with("of 1 m watched")) << w.what;
  site.live->judge->extensions = 3;
  EXPECT_EQ(wait_of(site).then, "rolls back, all traffic to v1 first");
}

TEST(Waits, ForSoManyRequestsMore) {
  Site site = sample::judging();
  analysis::Charge charge = site.live->judge->charge;
  charge.ahead = {10'000};
  charge.criteria = analysis::default_criteria();
  site.live->judge.emplace(charge, sample::at(3.4));
  for (int i = 0; i < 8; ++i) site.live->judge->ingest(block(4 + i * 10, 14 + i * 10, 50));
  site.now = sample::at(84);
  const Wait w = wait_of(site);
  EXPECT_TRUE(w.what.starts_with("evidence on ")) << w.what;
  EXPECT_NE(w.what.find(" requests, about "), std::string::npos) << w.what;
  EXPECT_TRUE(w.what.ends_with(" more")) << w.what;
}

TEST(Waits, ForTheRouter) {
  Site site = sample::warming();
  site.live->step = 3;
  sample::run_step(*site.live, 3, StepState::running, 3, 0);
  Awaited a;
  a.id = 7;
  a.attempt = 1;
  a.number = 42;
  a.deadline = sample::at(33);
  Route route;
  route.slots.push_back({.slot = 1, .copy = 42, .version = "v2", .weight = 500, .servers = {}});
  a.command = Shift{route};
  site.awaiting.push_back(a);
  EXPECT_EQ(wait_of(site).what, "the router to serve 5 % of the traffic by v2");
  EXPECT_EQ(wait_of(site).until, sample::wall(33));
  site.awaiting[0].retry_at = sample::at(5);
  EXPECT_EQ(wait_of(site).what,
            "the router to serve 5 % of the traffic by v2, attempt 2 of 5 at "
            "2026-11-21T10:00:05.000Z");
}

TEST(Waits, ForAPerson) {
  Site site = sample::judging();
  site.live->state = State::paused;
  site.live->deadline = sample::at(86400);
  const Wait w = wait_of(site);
  EXPECT_EQ(w.what, "somebody to resume, promote or abort it");
  EXPECT_EQ(w.until, sample::wall(86400));
  EXPECT_EQ(w.then, "aborted: rolls back, all traffic to v1 first");
  EXPECT_FALSE(w.who.empty());
}

TEST(Waits, ForApproval) {
  Site site = sample::warming();
  Deployment& d = *site.live;
  d.plan.steps.edit()[2].verb = Verb::gate;
  d.plan.steps.edit()[2].gate = {GateKind::approval, 8h, 2, false};
  d.state = State::waiting_approval;
  d.deadline = sample::at(28800);
  d.approvals.push_back({"ben", sample::wall(1), true, "", "sha256:plan"});
  d.approvals.push_back({"eve", sample::wall(1), true, "", "sha256:another"});
  const Wait w = wait_of(site);
  EXPECT_EQ(w.what, "approval of this plan, 1 of 2 given");
  EXPECT_EQ(w.then, "ends aborted");
  EXPECT_EQ(w.who, std::vector<std::string>{"an approver other than ana"});
}

TEST(Waits, OnTheWayBack) {
  Site site = sample::going_back();
  EXPECT_EQ(wait_of(site).what, "v2 to be drained and stopped");
  EXPECT_EQ(wait_of(site).then, "ends rolled_back");
  site.live->state = State::rollback_failed;
  site.live->back_tries = 2;
  site.live->back_retry_at = sample::at(30);
  EXPECT_EQ(wait_of(site).what, "try 3 of the way back, or a person");
  EXPECT_EQ(wait_of(site).until, sample::wall(30));
}

TEST(Waits, InTheQueue) {
  Site site = sample::warming();
  Deployment next = sample::canary();
  next.number = 43;
  next.state = State::queued;
  site.queued = next;
  EXPECT_EQ(waits_for(site, *site.queued).what,
            "web-production-42 to end, which waits for 1 instance of v2 to become healthy");
}

// Whatever the state, there is something to say (promise 1).
TEST(Waits, NeverSilent) {
  for (const Site& base : {sample::warming(), sample::judging(), sample::going_back()}) {
    for (int s = 0; s < static_cast<int>(State::succeeded); ++s) {
      for (std::size_t step = 0; step <= base.live->plan.steps.size(); ++step) {
        Site site = base;
        site.live->state = static_cast<State>(s);
        site.live->step = step;
        const Wait w = wait_of(site);
        EXPECT_FALSE(w.what.empty()) << word(site.live->state) << " step " << step;
        EXPECT_FALSE(w.then.empty()) << word(site.live->state) << " step " << step;
      }
    }
  }
  const Site over = sample::rolled_back();
  EXPECT_TRUE(waits_json(&over, *over.last).is_null());
}

TEST(WayBack, IsReadyWhileStableIsHealthy) {
  Site site = sample::judging();
  EXPECT_EQ(
      way_back_json(&site, *site.live),
      (boost::json::value{
          {"to", "v1"}, {"ready", true}, {"takes_ms", nullptr}, {"point_of_no_return", nullptr}}));
  for (auto& [id, i] : site.instances)
    if (i.copy == 41) i.phase = InstancePhase::crashed;
  EXPECT_EQ(way_back_json(&site, *site.live).at("ready"), false);
  site.live->plan.from = {};
  EXPECT_TRUE(way_back_json(&site, *site.live).is_null());
}

}  // namespace
}  // namespace slipway::views
