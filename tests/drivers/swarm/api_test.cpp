// What is said to a Swarm's manager and what is heard of it, without one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

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
  birth.start.spec.argv = {"--x"};
  birth.start.spec.container = {
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
  EXPECT_THAT(create_secret(birth, "web-7", "TOKEN", "hush").body, HasSubstr("\"aHVzaA==\""));
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
