// Finding and starting the agent (interface page 1).
#include "stage.h"

namespace slipway::cli {
namespace {

class Reach : public Stage {
 protected:
  void config() { write("slipway.yaml", "environments:\n  production: {}\n"); }
  void deployable() {
    script.on("POST /v1/deployments", 201, deployment("succeeded"));
    script.on("GET /v1/environments", 200, R"({"schema":"status/1","environments":[]})");
  }
};

TEST_F(Reach, UrlIsFirstAndBringsItsToken) {
  config();
  agent_runs = true;
  deployable();
  console.vars["SLIPWAY_URL"] = "http://elsewhere:1";
  console.vars["SLIPWAY_STATE"] = "/state";
  console.vars["SLIPWAY_TOKEN"] = "slp_1_x";
  EXPECT_EQ(run_line({"status"}), 0);
  EXPECT_EQ(doors.back().url, "http://elsewhere:1");
  EXPECT_EQ(tokens.back(), "slp_1_x");
  EXPECT_EQ(run_line({"status", "--url", "http://said:2"}), 0);
  EXPECT_EQ(doors.back().url, "http://said:2");
}

TEST_F(Reach, StateFolderIsSecond) {
  config();
  agent_runs = true;
  deployable();
  console.vars["SLIPWAY_STATE"] = "sub/state";
  EXPECT_EQ(run_line({"status"}), 0);
  EXPECT_EQ(doors.back().socket, (folder / "sub/state/agent.sock").string());
  EXPECT_EQ(run_line({"--state", "/other", "status"}), 0);
  EXPECT_EQ(doors.back().socket, "/other/agent.sock");
}

TEST_F(Reach, BesideTheConfigurationFoundUpwardsIsThird) {
  config();
  write(".slipway/journal.db", "");
  fs::create_directories(folder / "a/b");
  console.here = (folder / "a/b").string();
  agent_runs = true;
  deployable();
  EXPECT_EQ(run_line({"status"}), 0);
  EXPECT_EQ(doors.back().socket, (folder / ".slipway/agent.sock").string());
}

TEST_F(Reach, InstalledServiceIsFourth) {
  config();
  write("service.sock", "");
  console.vars["SLIPWAY_INSTALLED_SOCKET"] = (folder / "service.sock").string();
  agent_runs = true;
  deployable();
  EXPECT_EQ(run_line({"status"}), 0);
  EXPECT_EQ(doors.back().socket, (folder / "service.sock").string());
  EXPECT_EQ(doors.back().state_dir, "");
}

TEST_F(Reach, ReadingWhereNoAgentEverRanIsRefused) {
  config();
  EXPECT_EQ(run_line({"status"}), 3);
  EXPECT_TRUE(spawned.empty());
  EXPECT_NE(console.errors.find("slipway deploy"), std::string::npos) << console.errors;
}

TEST_F(Reach, ChangingWhereNoAgentRunsStartsOneAndSaysSo) {
  config();
  deployable();
  EXPECT_EQ(run_line({"deploy", "production", "v2"}), 0);
  ASSERT_EQ(spawned.size(), 1u);
  EXPECT_EQ(spawned[0].state_dir, (folder / ".slipway").string());
  EXPECT_EQ(spawned[0].config_file, (folder / "slipway.yaml").string());
  EXPECT_NE(console.errors.find("starting an agent in"), std::string::npos);
}

TEST_F(Reach, AfterACrashReadingStartsItAgain) {
  config();
  write(".slipway/journal.db", "");
  deployable();
  EXPECT_EQ(run_line({"status"}), 0);
  EXPECT_EQ(spawned.size(), 1u);
}

TEST_F(Reach, AfterACrashAskingForTheAgentSaysThatItIsGone) {
  config();
  write(".slipway/journal.db", "");
  EXPECT_EQ(run_line({"agent", "status"}), 3);
  EXPECT_TRUE(spawned.empty());
  EXPECT_NE(console.errors.find("is gone; what it started serves on"), std::string::npos)
      << console.errors;
}

TEST_F(Reach, AfterStopOnlyAChangeStartsIt) {
  config();
  write(".slipway/journal.db", "");
  write(".slipway/stopped", "");
  deployable();
  EXPECT_EQ(run_line({"status"}), 3);
  EXPECT_TRUE(spawned.empty());
  EXPECT_NE(console.errors.find("slipway agent start"), std::string::npos);
  EXPECT_EQ(run_line({"deploy", "production", "v2"}), 0);
  EXPECT_EQ(spawned.size(), 1u);
  EXPECT_FALSE(fs::exists(folder / ".slipway/stopped"));
}

TEST_F(Reach, InCiNothingIsStartedInTheBackground) {
  config();
  console.vars["CI"] = "true";
  EXPECT_EQ(run_line({"deploy", "production", "v2", "-o", "json"}), 2);
  EXPECT_TRUE(spawned.empty());
  EXPECT_EQ(out_json().at("code"), "no_agent_in_ci");
  EXPECT_EQ(out_json().at("schema"), "error/1");
}

TEST_F(Reach, AnAgentThatNeverAnswersIsGivenTenSeconds) {
  config();
  hooks.agent_spawn = [](const AgentOptions&) -> Result<> { return {}; };
  EXPECT_EQ(run_line({"deploy", "production", "v2"}), 3);
  EXPECT_GE(console.passed, Duration(10s));
  EXPECT_LT(console.passed, Duration(11s));
  EXPECT_NE(console.errors.find("slipway agent run"), std::string::npos);
}

TEST_F(Reach, AnAgentThatCannotBeStartedSaysWhy) {
  config();
  hooks.agent_spawn = [](const AgentOptions&) -> Result<> {
    return fail(Fault::refused, "the folder is not writable");
  };
  EXPECT_EQ(run_line({"deploy", "production", "v2"}), 3);
  EXPECT_NE(console.errors.find("the folder is not writable"), std::string::npos);
}

TEST_F(Reach, WithoutAConfigurationItSaysWhatToDo) {
  EXPECT_EQ(run_line({"status"}), 3);
  EXPECT_NE(console.errors.find("slipway init"), std::string::npos);
  EXPECT_EQ(run_line({"status", "--config", "none.yaml"}), 2);
}

TEST_F(Reach, AgentStopLeavesAMarkAndStatusTells) {
  project();
  script.on("POST /v1/agent/stop", 200, R"({"stopped":true})");
  EXPECT_EQ(run_line({"agent", "status"}), 0);
  EXPECT_NE(console.written.find("pid 77"), std::string::npos);
  EXPECT_EQ(run_line({"agent", "stop"}), 0);
  EXPECT_TRUE(fs::exists(folder / ".slipway/stopped"));
  agent_runs = false;
  EXPECT_EQ(run_line({"agent", "status"}), 3);
  EXPECT_EQ(run_line({"agent", "start", "--listen", "127.0.0.1:7411"}), 0);
  EXPECT_EQ(spawned.back().listen, "127.0.0.1:7411");
  EXPECT_FALSE(fs::exists(folder / ".slipway/stopped"));
  EXPECT_EQ(run_line({"agent", "run"}), 7);
}

}  // namespace
}  // namespace slipway::cli
