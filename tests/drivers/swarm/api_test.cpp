// What is said to a Swarm's manager and what is heard of it, without one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>

#include "drivers/swarm/claims.h"
#include "drivers/swarm/hear.h"
#include "drivers/swarm/say.h"

namespace slipway::swarm {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Say, AServiceIsOneTaskOnThisNodeWithAPortOfItsOwn) {
  docker::Birth birth{
      .agent = "abc", .site = {"web", "production"}, .image_id = "sha256:1", .port = 20001};
  birth.start.instance = 7;
  birth.start.spec.edit().argv = {"--x"};
  birth.start.spec.edit().container = {
      .port = 8080, .network = "back", .milli_cpus = 500, .memory = 1 << 20, .restart = "always"};
  birth.secrets = {{"TOKEN", "hush"}};
  const docker::Call call = create_service(birth, "web-7", "n1", {{"TOKEN", "s1"}});
  const auto body = boost::json::parse(call.body).as_object();
  EXPECT_EQ(
      boost::json::serialize(body.at("EndpointSpec")),
      R"({"Ports":[{"Protocol":"tcp","TargetPort":8080,"PublishedPort":20001,"PublishMode":"host"}]})");
  const auto& task = body.at("TaskTemplate").as_object();
  EXPECT_EQ(boost::json::serialize(task.at("Placement")), R"({"Constraints":["node.id==n1"]})");
  EXPECT_EQ(boost::json::serialize(task.at("RestartPolicy")), R"({"Condition":"any"})");
  EXPECT_EQ(boost::json::serialize(task.at("Networks")), R"([{"Target":"back"}])");
  EXPECT_EQ(boost::json::serialize(task.at("Resources")),
            R"({"Limits":{"NanoCPUs":500000000,"MemoryBytes":1048576}})");
  EXPECT_THAT(call.body, HasSubstr(R"("SecretID":"s1")"));
  EXPECT_EQ(call.body.find("hush"), std::string::npos);
  EXPECT_THAT(create_secret(birth, "web-7", "slipway-1", "hush").body, HasSubstr("\"aHVzaA==\""));
}

docker::Birth rolled_birth(std::uint32_t instance) {
  docker::Birth birth{.agent = "abcdefghij",
                      .site = {"web", "production"},
                      .spec = "h2",
                      .image_id = "sha256:2",
                      .env = {{"PORT", "8080"}, {"SLIPWAY_INSTANCE", "0"}}};
  birth.start.instance = instance;
  birth.start.version = "v2";
  birth.start.spec.edit().container = {.port = 8080, .rolled = 2};
  birth.start.spec.edit().drain = 5s;
  birth.start.spec.edit().health.start_timeout = 10s;
  return birth;
}

TEST(Say, ARolledServiceIsAlikeForAllItsInstancesAndWaitsForOurWord) {
  const Rolling rolling{
      .replicas = 6, .released = 2, .at_once = 2, .last = false, .failure_action = "rollback"};
  const docker::Call call = roll(rolled_birth(7), "web", "n1", {}, 42, rolling);
  EXPECT_EQ(call.body, roll(rolled_birth(8), "web", "n1", {}, 42, rolling).body);
  EXPECT_EQ(call.target(), "/services/web/update?version=42");
  const auto body = boost::json::parse(call.body).as_object();
  EXPECT_EQ(boost::json::serialize(body.at("UpdateConfig")),
            R"({"Parallelism":2,"Delay":604800000000000,"FailureAction":"rollback",)"
            R"("Monitor":30000000000,"Order":"start-first"})");
  EXPECT_EQ(
      boost::json::serialize(body.at("EndpointSpec")),
      R"({"Mode":"dnsrr","Ports":[{"Protocol":"tcp","TargetPort":8080,"PublishMode":"host"}]})");
  const auto& container = body.at("TaskTemplate").at("ContainerSpec");
  // Ten minutes above the start and two drains, and a signal that nobody minds.
  EXPECT_EQ(container.at("StopGracePeriod"), 620'000'000'000);
  EXPECT_EQ(container.at("StopSignal"), "SIGCONT");
  EXPECT_EQ(boost::json::serialize(container.at("Env")),
            R"(["PORT=8080","SLIPWAY_INSTANCE={{.Task.Slot}}"])");
}

TEST(Say, GoingOnChangesNothingOfATask) {
  const Rolling first{.replicas = 6, .released = 2, .at_once = 2, .last = false};
  const auto made = boost::json::parse(roll(rolled_birth(7), "web", "n1", {}, 42, first).body);
  const Rolling next{.replicas = 6, .released = 6, .at_once = 4};
  const auto then = boost::json::parse(go_on("web", boost::json::serialize(made), 43, next).body);
  EXPECT_EQ(then.at("TaskTemplate"), made.at("TaskTemplate"));
  EXPECT_EQ(then.at("UpdateConfig").at("Delay"), 0);
  EXPECT_EQ(then.at("UpdateConfig").at("FailureAction"), "pause");
  EXPECT_EQ(then.at("Labels").at(kReleased), "6");
}

TEST(Hear, WhatATaskOfARolledServiceIs) {
  const auto tasks = hear_tasks(
      {200, R"([{"ID":"t1","Slot":3,"DesiredState":"shutdown","Status":{"State":"running"},
                 "Spec":{"ContainerSpec":{"Image":"sha256:1",
                   "Labels":{"slipway.image":"sha256:1","slipway.spec":"h1"}}}},
                {"ID":"t2","Slot":3,"DesiredState":"running","Status":{"State":"starting"},
                 "CreatedAt":"2026-11-21T10:18:14.9Z","Spec":{"ContainerSpec":{"Image":"by hand",
                   "Labels":{"slipway.image":"sha256:1","slipway.spec":"h1"}}}}])"});
  ASSERT_TRUE(tasks);
  EXPECT_TRUE(tasks->at(0).leaves());
  EXPECT_EQ(tasks->at(0).key, "h1");
  EXPECT_TRUE(tasks->at(1).stays());
  EXPECT_EQ(tasks->at(1).key, "");
  EXPECT_EQ(tasks->at(1).slot, 3);
}

TEST(Hear, OneByItselfIsNotTakenForOneThatIsRolled) {
  const auto service = hear_service({200, R"({"Spec":{"Name":"web-7","Labels":{}}})"});
  ASSERT_TRUE(service);
  EXPECT_TRUE(service->labels.empty());
}

TEST(Hear, WhetherTheSwarmGoesBackIsSaidWhateverItsWordIs) {
  const auto said = [](const char* state, const char* message) {
    return Service{.update = state, .update_says = message}.said();
  };
  EXPECT_EQ(said("paused", "because"), "paused: because");
  EXPECT_EQ(said("rollback_started", "because"),
            "it goes back by itself, rollback_started: because");
  EXPECT_EQ(said("rollback_completed", ""), "it goes back by itself, rollback_completed");
}

TEST(Claims, WhoIsWhichTaskHoldsOverRestarts) {
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("claims-{}", ::getpid());
  const Claim claim{"web-i7", "web", 7, 3, "t1", "", "h1", 0};
  {
    Claims claims(folder / "claims");
    ASSERT_TRUE(claims.keep(claim));
    ASSERT_TRUE(claims.keep({"web-i8", "web", 8, 4, "t2", "c2", "h1", 32768}));
    ASSERT_TRUE(claims.forget("web-i8"));
  }
  Claims again(folder / "claims");
  EXPECT_EQ(again.find("web-i7"), claim);
  EXPECT_EQ(again.of("web").size(), 1U);
  std::filesystem::remove_all(folder);
}

TEST(Say, NamesFitWhateverTheServiceIsCalled) {
  EXPECT_EQ(service_name("abcdefghij", {"web", "p"}, 3), "slipway-web-p-i3-abcdefgh");
  const std::string dotted = service_name("abcdefghij", {"web.api", "p"}, 3);
  EXPECT_EQ(dotted.find('.'), std::string::npos);
  EXPECT_NE(dotted, service_name("abcdefghij", {"web-api", "p"}, 3));
  const std::string one = service_name("a", {std::string(63, 'x'), "p"}, 1);
  EXPECT_EQ(one.size(), 63U);
  EXPECT_NE(one, service_name("a", {std::string(63, 'x'), "p"}, 2));
  EXPECT_LE(secret_name(one, "TOKEN").size(), 64U);
}

Service made() {
  return {.name = "web-7",
          .image = "sha256:1",
          .labels = {{kImage, "sha256:1"}, {docker::kSpec, "h"}},
          .port = 20001};
}

TEST(Hear, AnInstanceIsWaitedForUntilItsTaskSaysThatNoneComes) {
  EXPECT_TRUE(seen_of(made(), {}, nullptr).waiting);
  EXPECT_EQ(seen_of(made(), {}, nullptr).port, 20001);
  const docker::Seen pending =
      seen_of(made(), {{.state = "pending", .error = "no suitable node"}}, nullptr);
  EXPECT_TRUE(pending.waiting);
  EXPECT_THAT(pending.trouble, HasSubstr("no suitable node"));
  const docker::Seen rejected =
      seen_of(made(), {{.state = "rejected", .error = "No such image", .over = true}}, nullptr);
  EXPECT_FALSE(rejected.waiting);
  EXPECT_THAT(rejected.trouble, HasSubstr("No such image"));
  const docker::Seen container{.id = "c1", .status = "exited", .exit = 3};
  EXPECT_EQ(seen_of(made(), {{.state = "failed", .over = true}}, &container).trouble, "");
}

TEST(Hear, AServiceThatSomebodyChangedIsNotTheOneThatWasMade) {
  Service changed = made();
  changed.image = "sha256:2";
  changed.update = "rollback_completed";
  changed.update_says = "rollback completed";
  EXPECT_EQ(seen_of(changed, {}, nullptr).labels.count(docker::kSpec), 0U);
  EXPECT_EQ(seen_of(made(), {}, nullptr).labels.count(docker::kSpec), 1U);
  EXPECT_THAT(last_words(changed, {{.state = "failed", .error = "exit (1)", .over = true}}),
              ElementsAre(HasSubstr("failed: exit (1)"), HasSubstr("rollback_completed")));
}

TEST(Hear, TasksComeOldestFirst) {
  const auto tasks = hear_tasks({200, R"([
      {"CreatedAt":"2026-11-21T10:00:00.597Z","Status":{"State":"running","ContainerStatus":
       {"ContainerID":"c2"}}},
      {"CreatedAt":"2026-11-21T10:00:00.59Z","Status":{"State":"failed","Err":"x"}}])"});
  ASSERT_TRUE(tasks) << tasks.error().text;
  EXPECT_EQ(tasks->back().container, "c2");
  EXPECT_TRUE(tasks->front().over);
}

TEST(Hear, ANodeThatIsNoManager) {
  const auto node = hear_node({200, R"({"Swarm":{"LocalNodeState":"inactive"}})"});
  ASSERT_TRUE(node);
  EXPECT_FALSE(node->manager);
  EXPECT_EQ(node->state, "inactive");
}

}  // namespace
}  // namespace slipway::swarm
