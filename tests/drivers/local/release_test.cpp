#include "drivers/local/release.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <fstream>
#include <set>

#include "house.h"
#include "platform/smoke.h"

namespace slipway::local {
namespace {
namespace fs = std::filesystem;
using ::testing::HasSubstr;

// ---- what cannot be started ------------------------------------------------------------------

TEST_F(LocalTest, MissingProgram) {
  StartInstance start = service();
  start.spec.edit().argv = {"./releases/v2/server"};
  Outcome outcome = give(start);
  ASSERT_TRUE(std::holds_alternative<Failed>(outcome));
  EXPECT_FALSE(std::get<Failed>(outcome).retryable);
  EXPECT_EQ(
      failure(outcome),
      fmt::format("cannot start ./releases/v2/server: no such file ({}/./releases/v2/server); "
                  "build it, or fix `run`",
                  temp_.path().string()));
  EXPECT_FALSE(fs::exists(folder()));
}

TEST_F(LocalTest, NotExecutableAndNoInterpreter) {
  std::ofstream(temp_.path() / "plain") << "hello\n";
  StartInstance start = service();
  start.spec.edit().argv = {"./plain"};
  EXPECT_THAT(failure(give(start)), HasSubstr("cannot start ./plain: not executable"));
  std::ofstream(temp_.path() / "script") << "#!/no/such/sh\n";
  ::chmod((temp_.path() / "script").c_str(), 0755);
  start.spec.edit().argv = {"./script"};
  EXPECT_THAT(failure(give(start)), HasSubstr("its interpreter /no/such/sh does not exist"));
}

TEST_F(LocalTest, MissingSecretsAreNamedTogether) {
  StartInstance start = service();
  start.spec.edit().secrets = {
      {"A", "environment", ""}, {"B", "environment", ""}, {"C", "sealed", ""}};
  secrets_["B"] = "x";
  EXPECT_THAT(failure(give(start)), HasSubstr("Missing environment variables: A, C"));
}

TEST_F(LocalTest, ChangedReleaseIsRefusedByName) {
  fs::path release = temp_.path() / "releases" / "v1";
  fs::create_directories(release);
  fs::copy_file(SLIPWAY_TEST_SERVICE, release / "server");
  Outcome looked =
      give(Look{"releases/v1", {"./releases/v1/server"}, false, temp_.path().string()});
  World world = std::get<Done>(looked).observed.world;
  EXPECT_EQ(world.problem, "");
  EXPECT_TRUE(world.checked) << "all that CheckRelease looks at below";
  ASSERT_THAT(world.digest, ::testing::StartsWith("sha256:"));
  StartInstance start = service();
  start.spec.edit().artifact = "releases/v1";
  start.spec.edit().digest = world.digest;
  EXPECT_TRUE(std::holds_alternative<Done>(give(CheckRelease{start.spec, "v1"})));
  std::ofstream(release / "server", std::ios::app) << "x";
  for (const Command& command : {Command(CheckRelease{start.spec, "v1"}), Command(start)}) {
    Outcome outcome = give(command);
    EXPECT_THAT(failure(outcome), HasSubstr("release v1 changed on disk: releases/v1 is sha256:"));
    EXPECT_FALSE(std::get<Failed>(outcome).retryable);
  }
}

TEST_F(LocalTest, LookSaysWhatIsWrong) {
  auto world = [&](Look look) {
    look.directory = temp_.path().string();
    return std::get<Done>(give(look)).observed.world;
  };
  EXPECT_THAT(world({"releases/v9", {"./releases/v9/server"}}).problem, HasSubstr("releases/v9"));
  EXPECT_THAT(world({"", {"no-such-program-anywhere"}}).problem, HasSubstr("not found in PATH"));
  EXPECT_THAT(world({"", {"PORT=1 exec ./nope --x"}, true}).problem,
              HasSubstr("cannot start ./nope"));
  EXPECT_EQ(world({"", {"cd /tmp && \"./nope\" $X"}, true}).problem, "") << "cannot be told";
  EXPECT_EQ(world({"", {"sleep", "1"}}).problem, "");
  EXPECT_FALSE(world({"releases/v9", {"sleep", "1"}}).checked);
  EXPECT_FALSE(world({"", {"no-such-program-anywhere"}}).checked);
}

// ---- smoke tests -----------------------------------------------------------------------------

TEST_F(LocalTest, SmokeTests) {
  Observed observed = started(service({"--body", "PONG 12"}));
  ASSERT_TRUE(healthy());
  Outcome good = give(RunSmoke{
      1, observed.port, {{"/ping", "GET", 200, "PONG 12"}, {"ping", "POST", 200, "PONG \\d+"}}});
  ASSERT_TRUE(std::holds_alternative<Done>(good)) << failure(good);
  EXPECT_EQ(std::get<Done>(good).observed.details.size(), 2U);
  EXPECT_THAT(failure(give(RunSmoke{1, observed.port, {{"/ping", "GET", 200, "PONG"}}})),
              HasSubstr("smoke test GET /ping failed: answered \"PONG 12\", expected \"PONG\""));
  EXPECT_THAT(failure(give(RunSmoke{1, observed.port, {{"/ping", "GET", 201, {}}}})),
              HasSubstr("status 200, expected 201"));
}

TEST(Smoke, AnswersFitExactlyOrAsAWholeRegularExpression) {
  EXPECT_TRUE(platform::answer_fits("a+b", "a+b")) << "exact before regular expression";
  EXPECT_TRUE(platform::answer_fits("a+b", "aab\n"));
  EXPECT_FALSE(platform::answer_fits("a+b", "xaab"));
  EXPECT_FALSE(platform::answer_fits("(", "x")) << "not a regular expression, not equal";
  EXPECT_TRUE(platform::answer_fits("x*", std::string(64 * 1024, 'x')));
}

TEST(Launch, FillsOnlyItsOwnPlaceholders) {
  EXPECT_EQ(filled("--port ${port} ${HOME} $${port} ${instance}$", 80, 3),
            "--port 80 ${HOME} ${port} 3$");
}

TEST(Note, GoesToDiskAndBack) {
  Note note{"abc", 20001, "v1", {"web", "production"}, 7, 2, 45s};
  EXPECT_EQ(*read_note(write_note(note)), note);
  EXPECT_FALSE(read_note("port x\n"));
}

}  // namespace
}  // namespace slipway::local
