// What is said to an engine and what is heard of it, without one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "drivers/docker/hear.h"
#include "drivers/docker/say.h"

namespace slipway::docker {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Reference, OfEveryForm) {
  EXPECT_EQ(reference_of("web"), (Reference{"web", "", ""}));
  EXPECT_EQ(reference_of("web:v2"), (Reference{"web", "v2", ""}));
  EXPECT_EQ(reference_of("localhost:5000/a/web"), (Reference{"localhost:5000/a/web", "", ""}));
  EXPECT_EQ(reference_of("r.example:5000/web:v2").text(), "r.example:5000/web:v2");
  EXPECT_EQ(reference_of("web@sha256:ab"), (Reference{"web", "", "sha256:ab"}));
}

TEST(Say, AContainerHasItsLimitsAndNoSecrets) {
  Birth birth{.agent = "abc", .site = {"web", "production"}, .image_id = "sha256:1", .port = 20001};
  birth.start.instance = 7;
  birth.start.version = "v2";
  birth.start.spec.edit().argv = {"--x"};
  birth.start.spec.edit().secrets = {{"TOKEN", "sealed", ""}};
  birth.start.spec.edit().container = {.image = "web:v2",
                                       .port = 8080,
                                       .milli_cpus = 500,
                                       .memory = 1 << 20,
                                       .restart = "always",
                                       .user = "7"};
  birth.env = {{"A", "b"}};
  birth.secrets = {{"TOKEN", "hush"}};
  const Call call = create(birth, "/run/x");
  EXPECT_EQ(call.target(), "/containers/create?name=slipway-web-production-i7-abc");
  const auto body = boost::json::parse(call.body).as_object();
  const auto& host = body.at("HostConfig").as_object();
  EXPECT_EQ(host.at("NanoCpus"), 500'000'000);
  EXPECT_EQ(host.at("MemorySwap"), host.at("Memory"));
  EXPECT_EQ(boost::json::serialize(host.at("PortBindings")),
            R"({"8080/tcp":[{"HostIp":"127.0.0.1","HostPort":"20001"}]})");
  EXPECT_EQ(boost::json::serialize(host.at("Binds")), R"(["/run/x:/run/secrets:ro"])");
  EXPECT_EQ(boost::json::serialize(body.at("Healthcheck")), R"({"Test":["NONE"]})");
  EXPECT_EQ(body.at("Image"), "sha256:1");
  EXPECT_EQ(body.at("User"), "7");
  EXPECT_EQ(call.body.find("TOKEN"), std::string::npos);
  EXPECT_EQ(call.body.find("hush"), std::string::npos);
}

TEST(Say, ACommandIsTheContainersOwnCheck) {
  Birth birth{.agent = "abc", .site = {"web", "p"}, .own_health = true};
  birth.start.spec.edit().health.kind = HealthCheck::Kind::command;
  birth.start.spec.edit().health.command = {"/check", "1"};
  birth.start.spec.edit().health.interval = 2s;
  EXPECT_THAT(create(birth).body,
              HasSubstr(R"("Healthcheck":{"Test":["CMD","/check","1"],"Interval":2000000000)"));
}

TEST(Say, WhatIsAskedIsEncoded) {
  EXPECT_EQ(pull({"r/web", "", "sha256:ab"}).target(),
            "/images/create?fromImage=r%2Fweb&tag=sha256%3Aab");
}

TEST(Hear, VersionsAreAgreedOn) {
  EXPECT_EQ(*agreed({"1.41", "1.12", "amd64"}), "1.41");
  EXPECT_EQ(*agreed({"1.52", "1.44", "amd64"}), "1.47");
  EXPECT_THAT(agreed({"1.24", "1.12", "amd64"}).error().text, HasSubstr("1.12 to 1.24"));
  EXPECT_FALSE(agreed({"1.60", "1.50", "amd64"}));
}

TEST(Hear, AnErrorInAGoodStreamIsAFailure) {
  EXPECT_TRUE(hear_progress("{\"status\":\"Pulling\"}\n{\"status\":\"Done\"}\n"));
  auto bad = hear_progress("{\"status\":\"Pulling\"}\r\n{\"error\":\"no route\"}\r\n");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().text, "no route");
  EXPECT_EQ(hear_progress("{\"error\":\"write: no space left on device\"}").error().fault,
            Fault::exhausted);
}

TEST(Hear, FaultsByWhatWentWrong) {
  EXPECT_EQ(error_of({404, R"({"message":"No such image"})"}, "x").text, "x: No such image");
  EXPECT_EQ(error_of({409, "{}"}, "x").fault, Fault::conflict);
  EXPECT_EQ(error_of({500, R"({"message":"no space left on device"})"}, "x").fault,
            Fault::exhausted);
  EXPECT_EQ(error_of({500, "<html>"}, "x").text, "x: status 500");
  EXPECT_EQ(hear_container({200, "not JSON"}).error().fault, Fault::corrupt);
}

TEST(Hear, AContainer) {
  const auto seen = hear_container(
      {200, R"({"Id":"c1","Name":"/n","State":{"Status":"exited","Running":false,"OOMKilled":true,
        "ExitCode":137,"Pid":0,"StartedAt":"2026-11-21T10:00:00.5Z",
        "Health":{"Status":"unhealthy","Log":[{"Output":"old"},{"Output":"no\n"}]}},
        "HostConfig":{"Memory":1024,"PortBindings":{"8080/tcp":[{"HostPort":"20001"}]}},
        "NetworkSettings":{"Ports":{}},
        "Config":{"Labels":{"slipway.agent":"abc","slipway.service":"web","slipway.environment":"p",
        "slipway.instance":"3","slipway.version":"v1","slipway.spec":"h"}}})"});
  ASSERT_TRUE(seen) << seen.error().text;
  EXPECT_TRUE(seen->killed_for_memory);
  EXPECT_EQ(exit_status(seen->exit), -9);
  EXPECT_EQ(seen->port, 20001);
  EXPECT_EQ(seen->health_output, "no");
  EXPECT_EQ(owner_of(*seen, "abc")->site.name(), "web-p");
  EXPECT_EQ(owner_of(*seen, "abc")->instance, 3U);
  EXPECT_FALSE(owner_of(*seen, "another"));
}

TEST(Hear, ADigestIsTheRegistrysElseTheImagesOwn) {
  const Image image{.id = "sha256:id", .digests = {"r/web@sha256:a", "web@sha256:b"}};
  EXPECT_EQ(digest_of(image, "web"), "sha256:b");
  EXPECT_EQ(digest_of(image, "docker.io/library/web"), "sha256:b");
  EXPECT_EQ(digest_of(image, "other"), "sha256:id");
  EXPECT_TRUE(has_digest(image, "sha256:a") && has_digest(image, "sha256:id"));
  EXPECT_FALSE(has_digest(image, "sha256:c"));
}

TEST(Hear, EventsComeInPieces) {
  EventLines lines;
  EXPECT_TRUE(lines.feed(R"({"Action":"die","Actor":{"ID":"c1","Attr)").empty());
  const auto deaths =
      lines.feed("ibutes\":{\"exitCode\":\"3\"}},\"timeNano\":5}\n{\"Action\":\"x\"}\n");
  ASSERT_EQ(deaths.size(), 1U);
  EXPECT_EQ(deaths[0].id, "c1");
  EXPECT_EQ(deaths[0].code, 3);
  EXPECT_EQ(deaths[0].at_ns, 5);
}

TEST(Hear, PodmanSaysItItsOwnWay) {
  EXPECT_EQ(hear_container({200, R"({"Id":"c1","State":{"Status":"stopped"}})"})->status, "exited");
  EventLines lines;
  const auto deaths =
      lines.feed(R"({"Action":"died","Actor":{"ID":"c1","Attributes":{"containerExitCode":"137"}}})"
                 "\n"
                 R"({"Action":"died","Actor":{"ID":"c2"}})"
                 "\n");
  ASSERT_EQ(deaths.size(), 2U);
  EXPECT_EQ(deaths[0].code, 137);
  EXPECT_EQ(deaths[1].code, std::nullopt);
}

TEST(Hear, FramesAreTakenOutOfLogs) {
  const std::string framed("\1\0\0\0\0\0\0\4one\n\2\0\0\0\0\0\0\4two\n", 24);
  EXPECT_EQ(plain_log(framed), "one\ntwo\n");
  EXPECT_EQ(plain_log("with a terminal\n"), "with a terminal\n");
  EXPECT_THAT(last_lines("a\nb\r\nc", 2), ElementsAre("b", "c"));
}

TEST(Fetch, WhyAnImageCannotBeHad) {
  const auto fault = [](const char* said, Fault known = Fault::unavailable) {
    return fetch_error({known, said}, "r.example:5000/web");
  };
  EXPECT_EQ(fault("Get https://r.example/v2/: no basic auth credentials").fault, Fault::refused);
  EXPECT_THAT(fault("unauthorized: authentication required").text,
              HasSubstr("`docker login r.example:5000` as the user of the agent"));
  EXPECT_THAT(fetch_error({Fault::unavailable, "pull access denied"}, "team/web").text,
              HasSubstr("`docker login` as"));
  EXPECT_EQ(fault("manifest for r.example/web:v9 not found: manifest unknown").fault,
            Fault::missing);
  EXPECT_EQ(fault("dial tcp 127.0.0.1:5000: connect: connection refused").fault,
            Fault::unavailable);
  EXPECT_EQ(fault("unexpected EOF", Fault::missing).fault, Fault::unavailable);
  EXPECT_EQ(fault("no space left on device", Fault::exhausted).fault, Fault::exhausted);
}

}  // namespace
}  // namespace slipway::docker
