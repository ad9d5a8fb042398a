#include "plan/spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "effective.h"
#include "plan/text.h"

namespace slipway::plan {
namespace {

using testing::Contains;

TEST(Spec, FillsTheDeploymentsNamesAndLeavesTheInstances) {
  config::Effective e = web("canary");
  e.run.value = {"./releases/${version}/server", "--port=${port}", "--id", "$${port}-${commit}",
                 "$${HOME}"};
  e.env["LOG"] = {"info-${version}", {}};
  e.env["DATABASE_URL"] = {"${DATABASE_URL}", {}};
  e.secrets = {"DATABASE_URL", "TOKEN"};
  e.secrets_from_caller = {"TOKEN"};
  const InstanceSpec spec = instance_spec(e, order().to);
  EXPECT_EQ(spec.argv, (std::vector<std::string>{"./releases/v2/server", "--port=${port}", "--id",
                                                 "$${port}-c0ffee", "${HOME}"}));
  EXPECT_EQ(spec.artifact, "./releases/v2");
  EXPECT_EQ(spec.digest, "sha256:two");
  EXPECT_EQ(spec.directory, "/srv/web");
  const std::pair<std::string, std::string> log{"LOG", "info-v2"}, version{"SLIPWAY_VERSION", "v2"},
      commit{"SLIPWAY_COMMIT", "c0ffee"};
  EXPECT_THAT(spec.env, Contains(log));
  EXPECT_THAT(spec.env, Contains(version));
  EXPECT_THAT(spec.env, Contains(commit));
  for (const auto& [name, value] : spec.env) EXPECT_NE(name, "DATABASE_URL");
  EXPECT_EQ(spec.secrets,
            (std::vector<SecretRef>{{"DATABASE_URL", "environment", ""}, {"TOKEN", "sealed", ""}}));
}

TEST(Spec, TheArtifactIsToldFromRun) {
  const auto artifact = [](const std::string& run, bool shell, const std::string& written = "") {
    config::Effective e = web("canary");
    e.run.value = {run};
    e.run_is_shell = shell;
    e.artifact.value = written;
    return artifact_of(e, order().to);
  };
  EXPECT_EQ(artifact("./releases/${version}/server", false), "./releases/v2");
  EXPECT_EQ(artifact("./releases/${version}/bin/server --port ${port}", true), "./releases/v2/bin");
  EXPECT_EQ(artifact("exec A=1 B=\"x\" ${release}/server", true), "releases/v2");
  EXPECT_EQ(artifact("exec ./server", true), "./server");
  EXPECT_EQ(artifact("'./my server' --x", true), "./my server");
  EXPECT_EQ(artifact("./bin/server-${version}", true), "./bin/server-v2");
  EXPECT_EQ(artifact("python3 app.py", true), "");
  EXPECT_EQ(artifact("$HOME/server", true), "");
  EXPECT_EQ(artifact("", true), "");
  EXPECT_EQ(artifact("python3 app.py", true, "./dist/${version}"), "./dist/v2");
  config::Effective e = web("blue_green");
  e.run.value = {"python3", "app.py"};
  EXPECT_EQ(made(e).warnings.at(0).first, "no_artifact");
}

TEST(Spec, RoutesHaveRoomInPowersOfTwo) {
  EXPECT_EQ(made(web("rolling", 4), order(), {.stable = 4}).route.servers, 8);
  EXPECT_EQ(made(web("rolling", 1), order(), {.stable = 6}).route.servers, 8);
  EXPECT_EQ(made(web("rolling", 1)).route.servers, 2);
  EXPECT_EQ(made(web("rolling", 1)).route.health_path, "/up");
  EXPECT_EQ(share_of("25%", 4, true), 1);
  EXPECT_EQ(share_of("25%", 5, true), 2);
  EXPECT_EQ(share_of("25%", 5, false), 1);
  EXPECT_EQ(share_of("25%", 1, false), 0);
  EXPECT_EQ(share_of("-1", 5, false), std::nullopt);
  EXPECT_EQ(share_of("x%", 5, false), std::nullopt);
}

TEST(Spec, SmokeTestsKnowTheRelease) {
  config::Effective e = web("blue_green");
  e.smoke = {{.endpoint = "/api/version", .method = "", .expected_response = "${new_version}"}};
  const Plan plan = made(e);
  EXPECT_EQ(program(plan), "check provision:1 warm:1 smoke shift:10000 judge:bake retire:0");
  EXPECT_EQ(first(plan, Verb::smoke).smoke.at(0),
            (SmokeTest{.endpoint = "/api/version", .expected_body = "v2"}));
}

TEST(Text, APlanReadsLikeThis) {
  config::Effective e = web("canary");
  e.stages_written = true;
  e.stages = {{"initial", 5, Duration(10min), {success("error_rate", "< 1%")}, {}},
              {"final", 100, Duration(90min), {}, {}}};
  EXPECT_EQ(render(made(e)),
            "web production   v1 → v2   canary\n"
            "  1  check      program and digest of v2\n"
            "  2  provision  1 instance of v2\n"
            "  3  warm       until 1 instance of v2 is ready                      at most 1 m\n"
            "  4  shift      5 % of the requests to v2\n"
            "  5  judge      v2 at 5 %: error_rate < 1%, as good as stable        10 m\n"
            "  6  shift      100 % of the requests to v2\n"
            "  7  judge      v2 at 100 %: error_rate < 1%, as good as stable was  1 h 30 m\n"
            "  8  retire     v1 without traffic, removed after 1 h\n"
            "total  1 h 40 m of watching and pauses, beside starts and drains\n"
            "back   by itself when a step or a verdict fails, traffic first\n"
            "note   v1 is kept warm for 1 h after the switch: going back takes no start");
}

TEST(Text, Durations) {
  EXPECT_EQ(text_of(Duration(0)), "0 s");
  EXPECT_EQ(text_of(250ms), "250 ms");
  EXPECT_EQ(text_of(60s), "1 m");
  EXPECT_EQ(text_of(25h + 30s), "1 d 1 h");
}

}  // namespace
}  // namespace slipway::plan
