// Containers: what their settings mean, and what is said of those that mean nothing.
#include "config/units.h"
#include "given.h"

namespace slipway::config {
namespace {

std::string contained(const std::string& more = "") {
  return "service: { name: web, image: r.example/web, port: 8080 }\n"
         "environments:\n  production:\n    listen: 127.0.0.1:8080\n    platform: docker\n" +
         more;
}

TEST(Containers, SettingsOfAnEnvironment) {
  const Config c = good(contained(
      "    docker: { host: \"tcp://127.0.0.1:2376\", tls: certs, restart: unless_stopped,\n"
      "              user: \"7:7\", read_only: true, command: [--verbose], secrets: environment }\n"
      "    resources: { cpu: 500m, memory: 512Mi }\n"));
  const Effective& e = only(c);
  EXPECT_EQ(e.platform, "docker");
  EXPECT_EQ(e.container.image.value, "r.example/web");
  EXPECT_EQ(e.container.port, 8080);
  EXPECT_EQ(e.container.tls, "/srv/shop/certs");
  EXPECT_EQ(e.container.restart, "unless-stopped");
  EXPECT_EQ(e.container.milli_cpus, 500);
  EXPECT_EQ(e.container.memory, 512 << 20);
  EXPECT_TRUE(e.container.read_only && e.container.open_secrets);
  EXPECT_NE(show(c).find("resources.cpu"), std::string::npos);
}

TEST(Containers, ASwarmHasTheSameSettingsUnderItsOwnName) {
  const Config c = good(
      "service: { name: web, image: web, port: 8080 }\n"
      "environments:\n  production:\n    listen: 127.0.0.1:8080\n    platform: swarm\n"
      "    swarm: { host: \"unix:///run/other.sock\", restart: always }\n"
      "    docker: { user: \"7\" }\n    resources: { memory: 64Mi }\n");
  EXPECT_TRUE(only(c).contained());
  EXPECT_EQ(only(c).container.host, "unix:///run/other.sock");
  EXPECT_EQ(only(c).container.restart, "always");
  EXPECT_EQ(only(c).container.user, "");
  EXPECT_NE(noted(c, "`docker` says nothing to the platform swarm"), nullptr);
  EXPECT_NE(noted(c, "on every address"), nullptr);
  EXPECT_NE(noted(c, "swap above it"), nullptr);
  EXPECT_NE(show(c).find("swarm.restart"), std::string::npos);
}

TEST(Containers, ASwarmMayRollByItselfAndSaysWhatThatCosts) {
  const auto loaded = [](const std::string& settings, const std::string& strategy = "rolling") {
    return good(
        "service: { name: web, image: registry.example/web, port: 80 }\n"
        "environments:\n  production:\n    listen: 127.0.0.1:8080\n    platform: swarm\n"
        "    swarm: { " +
        settings + " }\n    strategy: " + strategy + "\n");
  };
  const Config c = loaded("rolling: swarm, failure_action: rollback, restart: always");
  EXPECT_TRUE(only(c).container.rolls);
  EXPECT_EQ(only(c).container.failure_action, "rollback");
  EXPECT_NE(noted(c, "chooses which instances go"), nullptr);
  EXPECT_EQ(noted(c, "restarts what ends"), nullptr);
  EXPECT_NE(noted(loaded("rolling: swarm"), "restarts what ends"), nullptr);
  EXPECT_FALSE(only(loaded("rolling: slipway")).container.rolls);
  EXPECT_NE(noted(loaded("failure_action: rollback"), "does nothing here"), nullptr);
  EXPECT_EQ(noted(c, "does nothing here"), nullptr);
  EXPECT_EQ(noted(c, "one service for each instance"), nullptr);
  // Another strategy has nothing of it but one that a deployment is told.
  const Config other = loaded("rolling: swarm", "canary");
  EXPECT_EQ(noted(other, "chooses which instances go"), nullptr);
  EXPECT_EQ(noted(other, "restarts what ends"), nullptr);
  EXPECT_NE(noted(other, "`canary` has one service for each instance"), nullptr);
  EXPECT_EQ(only(other).cannot.size(), 1U);  // the open ports
  EXPECT_EQ(only(other).cannot_rolling.size(), 2U);
}

TEST(Containers, WhatAnImageIsMadeOf) {
  const Config c = good(
      "service:\n  name: web\n  image: web\n  port: 8080\n"
      "  build: { context: app, dockerfile: ci/Dockerfile, target: run, args: { V: \"${version}\" "
      "},\n"
      "           cache_from: \"web:v1\" }\n"
      "environments: { production: { listen: \"127.0.0.1:8080\", platform: docker } }\n");
  const BuildSettings& b = only(c).build;
  EXPECT_EQ(b.context, "/srv/shop/app");
  EXPECT_EQ(b.dockerfile, "/srv/shop/app/ci/Dockerfile");
  EXPECT_EQ(b.target, "run");
  EXPECT_EQ(b.args.front(), (std::pair<std::string, std::string>("V", "${version}")));
  EXPECT_EQ(b.cache_from.front(), "web:v1");
  EXPECT_NE(show(c).find("build.args.V"), std::string::npos);
  EXPECT_FALSE(only(good(contained())).build.written());
  EXPECT_EQ(error(contained("    build: { steps: [make] }\n")).code, "not_supported");
  EXPECT_NE(noted(good(web("", "    build: { target: run }\n")), "makes images"), nullptr);
}

TEST(Containers, TheEngineIsTheAgentsUnlessItIsSaid) {
  Sources s = given(contained());
  EXPECT_EQ(only(good(s)).container.host, "unix:///var/run/docker.sock");
  s.variables["DOCKER_HOST"] = "unix:///run/podman/podman.sock";
  EXPECT_EQ(only(good(s)).container.host, "unix:///run/podman/podman.sock");
}

TEST(Containers, WhatCannotBeIsRefused) {
  EXPECT_EQ(error(contained("    docker: { host: \"tcp://10.0.0.5:2376\" }\n")).code,
            "not_supported");
  EXPECT_EQ(error(contained("    docker: { host: \"ssh://me@there\" }\n")).code, "bad_value");
  EXPECT_EQ(error(contained("    docker: { network: host }\n")).code, "not_supported");
  EXPECT_EQ(error(contained("    resources: { memory: 512 }\n")).code, "bad_value");
  EXPECT_EQ(error(contained("    resources: { cpu: many }\n")).code, "bad_value");
}

TEST(Containers, WhatHasNoEffectIsSaid) {
  EXPECT_NE(noted(good(web("", "    resources: { cpu: 1 }\n")), "no limit is set"), nullptr);
  EXPECT_NE(noted(good(web("", "    docker: { user: \"7\" }\n")), "says nothing to the platform"),
            nullptr);
  EXPECT_NE(noted(good(web("", "    platform: docker\n")), "has no `image`"), nullptr);
}

TEST(Units, Quantities) {
  EXPECT_EQ(parse_cpus("2"), 2000);
  EXPECT_EQ(parse_cpus("250m"), 250);
  EXPECT_EQ(parse_cpus("0.5"), 500);
  EXPECT_FALSE(parse_cpus("0"));
  EXPECT_EQ(parse_bytes("512Mi"), 512 << 20);
  EXPECT_EQ(parse_bytes("1G"), 1'000'000'000);
  EXPECT_EQ(parse_bytes("1.5Gi"), 3LL << 29);
  EXPECT_FALSE(parse_bytes("512"));
  EXPECT_FALSE(parse_bytes("-1Gi"));
}

}  // namespace
}  // namespace slipway::config
