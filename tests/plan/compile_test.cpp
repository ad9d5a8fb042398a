#include "plan/compile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "effective.h"

namespace slipway::plan {
namespace {

using testing::Contains;
using testing::HasSubstr;

std::string refusal(const config::Effective& e, const Order& o = order()) {
  const auto plan = compile(e, o, {.stable = 1});
  return plan || plan.error().empty() ? "" : plan.error()[0].code;
}

TEST(Compile, AFirstReleaseGoesStraightToAll) {
  Order o = order();
  o.from = {};
  for (const char* strategy : {"blue_green", "canary", "rolling", "recreate"}) {
    const Plan plan = made(web(strategy, 2), o, {});
    EXPECT_EQ(program(plan), "check provision:2 warm:2 shift:10000") << strategy;
    EXPECT_EQ(plan.floor, 0);
    EXPECT_THAT(plan.notes, Contains(HasSubstr("first release")));
  }
}

TEST(Compile, BlueGreen) {
  config::Effective e = web("blue_green", 2);
  e.triggers = {condition("error_rate > 5%")};
  const Plan plan = made(e, order(), {.stable = 2});
  EXPECT_EQ(program(plan), "check provision:2 warm:2 shift:10000 judge:bake retire:0");
  EXPECT_EQ(plan.floor, 2);
  const Step& bake = first(plan, Verb::judge);
  EXPECT_EQ(bake.charge->dwell, Duration(5min));
  EXPECT_EQ(bake.charge->deadline, Duration(60min));
  EXPECT_EQ(bake.charge->criteria.at(0).limit, 0.05);
  EXPECT_EQ(first(plan, Verb::retire).keep_warm, Duration(1h));
  EXPECT_EQ(first(plan, Verb::retire).who, Who::stable);
  EXPECT_EQ(first(plan, Verb::warm).deadline, Duration(60s));
  EXPECT_TRUE(plan.auto_rollback);
}

TEST(Compile, AMonitorOfZeroIsNoWatchAndSaysSo) {
  config::Effective e = web("blue_green", 1);
  e.monitor = Duration(0);
  const Plan plan = made(e, order(), {.stable = 1});
  EXPECT_EQ(program(plan), "check provision:1 warm:1 shift:10000 retire:0");
  EXPECT_THAT(plan.notes, Contains(HasSubstr("`monitor` is 0")));
}

TEST(Compile, BlueGreenThroughTheCanaryStages) {
  config::Effective e = web("blue_green", 4);
  e.canary_enabled = true;
  EXPECT_EQ(program(made(e)),
            "check provision:4 warm:4 shift:500 judge:stage shift:2500 judge:stage shift:5000 "
            "judge:stage shift:10000 judge:bake retire:0");
}

TEST(Compile, CanaryBringsCapacityAsItsShareRises) {
  config::Effective e = web("canary", 4);
  e.stages_written = true;
  e.stages = {{"initial",
               5,
               Duration(10min),
               {success("error_rate", "< 1%"), success("p99_latency", "< 500ms")},
               {}},
              {"expansion", 25, std::nullopt, {}, {}},
              {"half", 50, Duration(0), {}, {}},
              {"final", 100, Duration(1h), {success("p99_latency", "< 800ms")}, {}}};
  e.triggers = {condition("Error rate increase > 2%")};
  const Plan plan = made(e, order(), {.stable = 4});
  EXPECT_EQ(program(plan),
            "check provision:1 warm:1 shift:500 judge:stage shift:2500 judge:stage provision:2 "
            "warm:2 shift:5000 judge:stage provision:4 warm:4 shift:10000 judge:bake retire:0");
  std::vector<const analysis::Charge*> charges;
  for (const Step& s : plan.steps)
    if (s.verb == Verb::judge) charges.push_back(&*s.charge);
  ASSERT_EQ(charges.size(), 4u);
  EXPECT_EQ(charges[0]->dwell, Duration(10min));
  EXPECT_EQ(charges[1]->dwell, Duration(30min));  // not written: by its share
  EXPECT_EQ(charges[2]->dwell, Duration(1h));     // 0 counts as not written
  EXPECT_EQ(charges[3]->dwell, Duration(1h));
  // Those of the stage before, the trigger, and the defaults of what nobody wrote: p50 and p90.
  EXPECT_EQ(charges[1]->criteria.size(), 5u);
  EXPECT_EQ(charges[0]->ahead, (std::vector<std::int32_t>{2'500, 5'000, 10'000}));
  EXPECT_EQ(charges[2]->ahead, std::vector<std::int32_t>{10'000});
  EXPECT_TRUE(charges[3]->ahead.empty());
  double budget = 0;
  for (const auto& c : charges[0]->criteria) budget += c.weight;
  EXPECT_NEAR(budget, 1, 1e-9);
  EXPECT_EQ(charges[2]->deadline, Duration(2h));
  for (const auto* charge : charges)
    EXPECT_EQ(charge->latency_limits_us, (std::vector<double>{500'000, 800'000}));
}

TEST(Compile, TheJudgesSettingsReachEachStage) {
  config::Effective e = web("canary");
  e.holdback = 200;
  e.pace_by_evidence = true;
  e.warmup = 30s;
  e.sticky = "cookie";
  e.on_inconclusive = "promote";
  e.only_if_stable_ok = true;
  e.triggers = {condition("error_rate > 5%")};
  const Plan plan = made(e);
  EXPECT_EQ(program(plan),
            "check provision:1 warm:1 shift:500 judge:stage shift:2500 judge:stage shift:5000 "
            "judge:stage shift:9800 judge:bake shift:10000 retire:0");
  const analysis::Charge& charge = first(plan, Verb::judge).charge;
  EXPECT_EQ(charge.warmup, Duration(30s));
  EXPECT_FALSE(charge.exposure_floor);  // users stay with their version: no share bounds exposure
  EXPECT_TRUE(charge.by_client);
  EXPECT_EQ(charge.on_inconclusive, analysis::OnInconclusive::promote);
  EXPECT_TRUE(charge.criteria.at(0).only_if_stable_ok);
  EXPECT_EQ(charge.criteria.size(), 4u);

  e.judge_defaults = false;
  const Plan written = made(e);
  EXPECT_EQ(first(written, Verb::judge).charge->criteria.size(), 1u);
  EXPECT_EQ(first(written, Verb::judge).charge->risk_budget, 0);
}

TEST(Compile, CanaryWithoutStagesIsPacedByTheDefaults) {
  const Plan plan = made(web("canary"));
  EXPECT_EQ(program(plan),
            "check provision:1 warm:1 shift:500 judge:stage shift:2500 judge:stage shift:5000 "
            "judge:stage shift:10000 judge:bake retire:0");
  EXPECT_EQ(first(plan, Verb::judge).charge->dwell, Duration(60s));
}

TEST(Compile, ACanaryThatEndsBelowAllIsCompletedAloud) {
  config::Effective e = web("canary");
  e.stages_written = true;
  e.stages = {{"half", 50, Duration(1min), {success("error_rate", "< 1%")}, {}}};
  const Plan plan = made(e);
  EXPECT_EQ(program(plan),
            "check provision:1 warm:1 shift:5000 judge:stage shift:10000 judge:bake retire:0");
  EXPECT_THAT(plan.notes, Contains(HasSubstr("a switch to 100 %")));
  EXPECT_EQ(plan.steps[6].charge->criteria.size(), 4u);
}

TEST(Compile, StagesMustRise) {
  config::Effective e = web("canary");
  e.stages = {{"a", 25, {}, {}, {"slipway.yaml", 14, 3, 1}},
              {"b", 25, {}, {}, {"slipway.yaml", 15, 3, 1}}};
  const auto plan = compile(e, order(), {.stable = 1});
  ASSERT_FALSE(plan);
  ASSERT_EQ(plan.error().size(), 1u);
  EXPECT_EQ(plan.error()[0].code, "out_of_order");
  EXPECT_EQ(plan.error()[0].place.line, 15);
}

TEST(Compile, MistakesInCriteriaAreAllSaidOnce) {
  config::Effective e = web("canary");
  e.triggers = {condition("error_rate < 5%"), condition("p99 > 500")};
  const auto plan = compile(e, order(), {.stable = 1});
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().size(), 2u);
}

TEST(Compile, RollingByDefaultAddsAndTakesAQuarter) {
  const Plan plan = made(web("rolling", 4), order(), {.stable = 4});
  EXPECT_EQ(program(plan),
            "check retire:3 provision:2 warm:2 shift:4000 judge:stage retire:1 provision:4 warm:4 "
            "shift:10000 judge:bake retire:0");
  EXPECT_EQ(plan.floor, 3);
  for (const Step& s : plan.steps)
    if (s.verb == Verb::retire) EXPECT_EQ(s.keep_warm, Duration(0));
}

TEST(Compile, RollingByTheSwarmLetsGoBeforeItJudges) {
  config::Effective e = web("rolling", 3);
  e.container.rolls = true;
  e.cannot_rolling = {"the swarm chooses"};
  e.max_surge = "1";
  const Plan plan = made(e, order(), {.stable = 3});
  EXPECT_EQ(program(plan),
            "check provision:1 warm:1 shift:3333 retire:2 judge:stage provision:2 warm:2 "
            "shift:6667 retire:1 judge:stage provision:3 warm:3 shift:10000 retire:0 judge:bake");
  EXPECT_EQ(plan.spec->container.rolled, 1);
  EXPECT_EQ(plan.floor, 3);
  EXPECT_THAT(plan.notes, Contains(HasSubstr("rolls one service, 1 at a time")));
  Order back = order();
  back.task = Task::rollback;
  back.spec = plan.spec;
  EXPECT_EQ(made(e, back, {.stable = 3}).spec->container.rolled, 3);
  EXPECT_THAT(plan.notes, Contains("the swarm chooses"));
  Order other = order();
  other.strategy = Strategy::canary;
  EXPECT_THAT(made(e, other, {.stable = 3}).notes, testing::Not(Contains("the swarm chooses")));
}

// As many of the old are left as the swarm let go, whatever the number was and will be.
TEST(Compile, RollingByTheSwarmToAnotherNumber) {
  config::Effective e = web("rolling", 2);
  e.container.rolls = true;
  e.max_surge = "2";
  EXPECT_EQ(program(made(e, order(), {.stable = 3})),
            "check retire:2 provision:2 warm:2 shift:10000 retire:0 judge:bake");
  e.replicas.value = 4;
  EXPECT_EQ(program(made(e, order(), {.stable = 3})),
            "check provision:2 warm:2 shift:6667 retire:1 judge:stage provision:4 warm:4 "
            "shift:10000 retire:0 judge:bake");
}

// Plays the steps: capacity never below the floor, nothing retired that has traffic and is the
// last.
void play(const Plan& plan, int stable, int surge) {
  int candidate = 0, weight = 0;
  for (const Step& s : plan.steps) {
    if (s.verb == Verb::provision) {
      EXPECT_GE(s.instances, candidate);
      candidate = s.instances;
    }
    if (s.verb == Verb::shift) {
      EXPECT_GT(candidate, 0);
      EXPECT_GT(s.weight, weight);
      weight = s.weight;
    }
    if (s.verb == Verb::retire) {
      EXPECT_LE(s.instances, stable);
      stable = s.instances;
      if (stable == 0) EXPECT_EQ(weight, 10'000);
      EXPECT_GE(stable + (weight > 0 ? candidate : 0), plan.floor);
    }
    EXPECT_LE(candidate + stable, plan.replicas + surge);
  }
  EXPECT_EQ(candidate, plan.replicas);
  EXPECT_EQ(stable, 0);
  EXPECT_EQ(weight, 10'000);
}

TEST(Compile, RollingKeepsItsFloorWhateverItsRoom) {
  for (int replicas = 1; replicas <= 9; ++replicas) {
    for (int surge = 0; surge <= 3; ++surge) {
      for (int unavailable = 0; unavailable <= replicas; ++unavailable) {
        if (surge == 0 && (unavailable == 0 || replicas == 1)) continue;
        config::Effective e = web("rolling", replicas);
        e.max_surge = std::to_string(surge);
        e.max_unavailable = std::to_string(unavailable);
        SCOPED_TRACE(testing::Message() << replicas << " +" << surge << " -" << unavailable);
        const Plan plan = made(e, order(), {.stable = replicas});
        EXPECT_EQ(plan.floor, replicas - unavailable);
        play(plan, replicas, surge);
      }
    }
  }
}

TEST(Compile, RollingNeedsRoom) {
  config::Effective e = web("rolling", 4);
  e.max_surge = "0";
  e.max_unavailable = "0%";
  EXPECT_EQ(refusal(e), "out_of_range");
  e.max_unavailable = "some";
  EXPECT_EQ(refusal(e), "invalid_value");
  e = web("rolling", 1);
  e.max_surge = "0";
  e.max_unavailable = "1";
  EXPECT_EQ(refusal(e), "out_of_range");
}

TEST(Compile, RecreateSaysItsDowntimeBeforehand) {
  const Plan plan = made(web("recreate"));
  EXPECT_EQ(program(plan), "check retire:0 provision:1 warm:1 shift:10000 judge:bake");
  EXPECT_EQ(plan.floor, 0);
  EXPECT_EQ(first(plan, Verb::retire).keep_warm, Duration(0));
  EXPECT_THAT(plan.notes, Contains(HasSubstr("downtime")));
  config::Effective e = web("recreate");
  e.canary_enabled = true;
  EXPECT_NE(refusal(e), "");
}

TEST(Compile, WrittenStepsAreCompletedAloud) {
  config::Effective e = web("steps", 2);
  e.steps = {{.verb = "shift", .percent = 10}, {.verb = "judge", .duration = Duration(2min)}};
  const Plan plan = made(e, order(), {.stable = 2});
  EXPECT_EQ(program(plan),
            "check provision:1 warm:1 shift:1000 judge:stage provision:2 warm:2 shift:10000 "
            "judge:bake retire:0");
  EXPECT_EQ(plan.notes.size(), 4u);
}

TEST(Compile, WrittenStepsAsWritten) {
  config::Effective e = web("steps", 2);
  e.smoke = {{.endpoint = "/health", .method = "GET"}};
  e.steps = {{.verb = "check"},
             {.verb = "provision", .instances = 2},
             {.verb = "warm"},
             {.verb = "smoke"},
             {.verb = "gate", .approval = true},
             {.verb = "shift", .percent = 50},
             {.verb = "gate", .duration = Duration(1min)},
             {.verb = "judge", .duration = Duration(2min)},
             {.verb = "shift", .percent = 100},
             {.verb = "retire"}};
  const Plan plan = made(e, order(), {.stable = 2});
  EXPECT_EQ(program(plan),
            "check provision:2 warm:2 smoke gate:approval shift:5000 gate:pause judge:stage "
            "shift:10000 retire:0");
  EXPECT_TRUE(plan.notes.empty());
}

TEST(Compile, WrittenStepsThatCannotBe) {
  const auto with = [](config::WrittenStep s) {
    config::Effective e = web("steps");
    s.place = {"slipway.yaml", 20, 5, 1};
    e.steps = {s};
    return refusal(e);
  };
  EXPECT_EQ(with({.verb = "migrate"}), "not_supported");
  EXPECT_EQ(with({.verb = "judge"}), "out_of_order");
  EXPECT_EQ(with({.verb = "retire"}), "out_of_order");
  EXPECT_EQ(with({.verb = "shift", .percent = 101}), "out_of_order");
  EXPECT_EQ(with({.verb = "shift", .percent = 0}), "out_of_order");
  EXPECT_EQ(with({.verb = "gate"}), "out_of_range");
  EXPECT_EQ(with({.verb = "smoke"}), "missing");
  EXPECT_EQ(with({.verb = "provision", .instances = 0}), "out_of_range");
  EXPECT_EQ(refusal(web("steps")), "missing");
}

TEST(Compile, ApprovalComesFirstButNeverBeforeARollback) {
  config::Effective e = web("blue_green");
  e.approval = {.required = true, .approvers = 2, .requester_may = false, .timeout = 2h};
  const Plan plan = made(e);
  EXPECT_EQ(plan.steps[0].verb, Verb::gate);
  EXPECT_EQ(plan.steps[0].gate,
            (Gate{.kind = GateKind::approval, .wait = 2h, .approvers = 2, .requester_may = false}));
  EXPECT_EQ(made(e, order(Task::rollback)).steps[0].verb, Verb::check);
}

TEST(Compile, RollbackToAWarmCopyMovesTrafficFirst) {
  const Ground ground{.stable = 2, .warm = {{7, order().to, 2}, {5, order().to, 2}}};
  const Plan plan = made(web("canary", 2), order(Task::rollback), ground);
  EXPECT_EQ(program(plan), "shift:10000 retire:0");
  EXPECT_EQ(plan.reuse, 7u);
  EXPECT_EQ(plan.steps[1].keep_warm, Duration(0));

  const Ground fewer{.stable = 2, .warm = {{7, order().to, 1}}};
  EXPECT_EQ(program(made(web("canary", 2), order(Task::rollback), fewer)),
            "shift:10000 provision:2 warm:2 retire:0");
  const Ground dead{.stable = 2, .warm = {{7, order().to, 0}}};
  const Plan cold = made(web("canary", 2), order(Task::rollback), dead);
  EXPECT_EQ(program(cold), "check provision:2 warm:2 shift:10000 retire:0");
  EXPECT_FALSE(cold.reuse);
}

TEST(Compile, OverridesOfTheRequest) {
  Order o = order();
  o.strategy = Strategy::recreate;
  o.auto_rollback = false;
  o.warmup = Duration(20s);
  o.health_interval = Duration(3s);
  config::Effective e = web("canary");
  e.triggers = {condition("error_rate > 5%")};
  e.triggers_of["recreate"] = {condition("error_rate > 7%")};
  const Plan plan = made(e, o);
  EXPECT_EQ(program(plan), "check retire:0 provision:1 warm:1 gate:pause shift:10000 judge:bake");
  EXPECT_FALSE(plan.auto_rollback);
  EXPECT_EQ(plan.spec->health.interval, Duration(3s));
  EXPECT_NEAR(first(plan, Verb::judge).charge->criteria.at(0).limit, 0.07, 1e-12);
}

TEST(Compile, NotYetSupported) {
  EXPECT_EQ(refusal(web("shadow")), "not_supported");
  config::Effective e = web("canary");
  e.windows = {{"Mon-Thu 09:00-17:00"}};
  EXPECT_EQ(refusal(e), "not_supported");
  e = web("canary");
  e.replicas.value = 513;
  EXPECT_EQ(refusal(e), "out_of_range");
}

TEST(Strategies, AnySpelling) {
  EXPECT_EQ(parse_strategy("blue-green"), Strategy::blue_green);
  EXPECT_EQ(parse_strategy("blueGreen"), Strategy::blue_green);
  EXPECT_EQ(parse_strategy("BLUE_GREEN"), Strategy::blue_green);
  EXPECT_EQ(parse_strategy("gradual"), std::nullopt);
}

}  // namespace
}  // namespace slipway::plan
