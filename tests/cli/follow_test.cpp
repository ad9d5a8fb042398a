// Following: what is printed, and the exit status of every end (interface page 3.4).
#include "stage.h"

namespace slipway::cli {
namespace {

constexpr const char* kGet = "GET /v1/deployments/web-production-42";

class Following : public Stage {
 protected:
  void SetUp() override {
    Stage::SetUp();
    project();
    script.on("POST /v1/deployments", 201, deployment("running"));
    event(64, "web-production-41", "deployment.ended", "another one");
    event(128, "web-production-42", "deployment.started", "started by ana");
    event(192, "web-production-42", "deployment.shifted", "shifted to 5 %");
  }
  void event(int seq, const char* id, const char* type, const char* text) {
    script.events.push_back(object{{"schema", "event/1"},
                                   {"seq", seq},
                                   {"type", type},
                                   {"at", "2026-11-21T10:08:48Z"},
                                   {"deployment", id},
                                   {"text", text}});
  }
  void ends(const std::string& state, const std::string& kind = "deploy") {
    script.on(kGet, 200, deployment("running", kind));
    script.on(kGet, 200, deployment(state, kind));
    event(256, "web-production-42", "deployment.ended", state.c_str());
  }
  int deploy(std::vector<std::string> more = {}) {
    std::vector<std::string> args = {"deploy", "production", "v2"};
    args.insert(args.end(), more.begin(), more.end());
    return run_line(args);
  }
};

TEST_F(Following, APipeGetsOneLineAnEventAndTheEnding) {
  ends("succeeded");
  EXPECT_EQ(deploy(), 0);
  EXPECT_EQ(console.written.find("another one"), std::string::npos);
  std::size_t started = console.written.find("10:08:48  started by ana\n");
  std::size_t shifted = console.written.find("10:08:48  shifted to 5 %\n");
  std::size_t mark = console.written.find("✓ succeeded   web production: v2 serves, v1 is out");
  EXPECT_NE(started, std::string::npos) << console.written;
  EXPECT_LT(started, shifted);
  EXPECT_LT(shifted, mark);
  EXPECT_NE(mark, std::string::npos);
  EXPECT_EQ(console.written.find('\x1b'), std::string::npos);
}

TEST_F(Following, OnlyItsOwnEventsAreAskedForAndOnlyToTellThem) {
  ends("succeeded");
  EXPECT_EQ(deploy(), 0);
  EXPECT_EQ(script.streams, std::vector<std::string>{"deployment=web-production-42"});
  for (const char* silent : {"--quiet", "--output=json"}) {
    script.answers[kGet].clear();
    ends("succeeded");
    EXPECT_EQ(deploy({silent}), 0) << silent;
  }
  EXPECT_EQ(script.streams.size(), 1U);
  script.answers[kGet].clear();
  ends("succeeded");
  EXPECT_EQ(deploy({"--output", "jsonl"}), 0);
  EXPECT_EQ(script.streams.size(), 2U);
}

TEST_F(Following, ExitStatusOfEveryEnd) {
  const std::pair<const char*, int> kEnds[] = {{"succeeded", 0},  {"rolled_back", 1},
                                               {"aborted", 1},    {"failed", 1},
                                               {"superseded", 1}, {"rollback_failed", 5}};
  for (const auto& [state, status] : kEnds) {
    script.answers[kGet].clear();
    ends(state);
    EXPECT_EQ(deploy(), status) << state;
    EXPECT_NE(console.written.find(state), std::string::npos) << state;
  }
}

TEST_F(Following, ACanaryThatFellByItsCriteriaSaysSo) {
  const std::pair<const char*, bool> kReasons[] = {{"judge_failed", true}, {"rollback_by", false}};
  for (const auto& [code, told] : kReasons) {
    object fell = boost::json::parse(deployment("rolled_back")).as_object();
    fell["strategy"] = "canary";
    fell["because"] = object{{"code", code}, {"text", "why"}, {"values", object{}}};
    script.answers[kGet].clear();
    script.on(kGet, 200, boost::json::serialize(fell));
    console.errors.clear();
    EXPECT_EQ(deploy({"--output", "json"}), 1);
    EXPECT_EQ(console.errors.find("error: Canary deployment failed\n") != std::string::npos, told);
  }
}

TEST_F(Following, RollbackAndAbortSucceedWhenItWasTakenBack) {
  script.on("POST /v1/environments/production/rollback", 201, deployment("rolling_back"));
  ends("rolled_back");
  EXPECT_EQ(run_line({"rollback", "production"}), 0);
  script.answers[kGet].clear();
  ends("succeeded", "rollback");
  EXPECT_EQ(run_line({"undo", "production"}), 0);
  script.answers[kGet].clear();
  ends("rolled_back", "rollback");
  EXPECT_EQ(run_line({"rollback", "production"}), 1);
  script.on("POST /v1/deployments/42/abort", 200, deployment("rolling_back"));
  script.answers[kGet].clear();
  ends("aborted");
  EXPECT_EQ(run_line({"cancel", "42"}), 0);
}

TEST_F(Following, WatchEndsWithItsExitStatus) {
  script.on("GET /v1/deployments/42", 200, deployment("running"));
  ends("rolled_back");
  EXPECT_EQ(run_line({"watch", "42"}), 1);
}

TEST_F(Following, TimeoutLeavesItGoingOn) {
  script.on(kGet, 200, deployment("running"));
  EXPECT_EQ(deploy({"--timeout", "2s"}), 4);
  EXPECT_GE(console.passed, Duration(2s));
  EXPECT_LT(console.passed, Duration(3s));
  EXPECT_NE(console.written.find("slipway abort web-production-42"), std::string::npos);
  EXPECT_EQ(deploy({"--timeout", "2"}), 2) << "a bare number is refused";
}

TEST_F(Following, SignalsLeaveAndNameTheCommandToAbort) {
  script.on(kGet, 200, deployment("running"));
  console.wakes.push_back({1s, {Wake::Why::interrupt, 0}});
  EXPECT_EQ(deploy(), 130);
  EXPECT_NE(console.written.find("slipway abort web-production-42"), std::string::npos);
  EXPECT_EQ(script.body_of("POST /v1/deployments/web-production-42/abort"), nullptr);
  console.wakes.push_back({console.passed + 1s, {Wake::Why::terminate, 0}});
  EXPECT_EQ(deploy(), 143);
}

TEST_F(Following, JsonIsOneObjectAndNothingElse) {
  ends("succeeded");
  EXPECT_EQ(deploy({"--output", "json"}), 0);
  EXPECT_EQ(out_json().at("state"), "succeeded");
  EXPECT_EQ(std::count(console.written.begin(), console.written.end(), '\n'), 1);
}

TEST_F(Following, JsonlIsOneEventALine) {
  ends("succeeded");
  EXPECT_EQ(deploy({"-o", "jsonl"}), 0);
  std::istringstream lines(console.written);
  std::vector<std::string> types;
  for (std::string line; std::getline(lines, line);) {
    types.push_back(text_of(boost::json::parse(line).as_object(), "type"));
  }
  EXPECT_EQ(types, (std::vector<std::string>{"deployment.started", "deployment.shifted",
                                             "deployment.ended"}));
}

TEST_F(Following, QuietIsTheLastLineAlone) {
  ends("rolled_back");
  EXPECT_EQ(deploy({"-q"}), 1);
  EXPECT_EQ(std::count(console.written.begin(), console.written.end(), '\n'), 1);
  EXPECT_TRUE(console.written.starts_with("✗ rolled_back"));
}

TEST_F(Following, NoWaitReturnsWhenAccepted) {
  for (const char* flag : {"--no-wait", "-d", "--detach"}) {
    EXPECT_EQ(deploy({flag}), 0);
    EXPECT_NE(console.written.find("slipway watch web-production-42"), std::string::npos);
  }
}

TEST_F(Following, ATerminalIsRedrawnAndRestored) {
  console.terminal = true;
  ends("succeeded");
  EXPECT_EQ(deploy(), 0);
  EXPECT_TRUE(console.was_raw);
  EXPECT_FALSE(console.raw);
  EXPECT_NE(console.written.find("\x1b[J"), std::string::npos);
  EXPECT_NE(console.written.find("waits for"), std::string::npos);
  EXPECT_NE(console.written.find("✓ succeeded"), std::string::npos);
}

TEST_F(Following, KeysAskTheAgent) {
  console.terminal = true;
  ends("running");
  script.on(kGet, 200, deployment("running"));
  script.on("POST /v1/deployments/web-production-42/pause", 200, deployment("paused"));
  script.on("POST /v1/deployments/web-production-42/promote", 409,
            R"({"code":"wrong_state","detail":"it is not at a stage"})");
  script.on("GET /v1/deployments/web-production-42/explain", 200,
            R"({"schema":"explain/1","id":"web-production-42","state":"running"})");
  script.on("GET /v1/deployments/web-production-42/logs?tail=20", 200, "v2 i1 | hello\n");
  for (auto [at, key] : {std::pair{1s, ' '}, {2s, 'p'}, {3s, 'e'}, {4s, 'l'}, {5s, 'q'}}) {
    console.wakes.push_back({at, {Wake::Why::key, key}});
  }
  EXPECT_EQ(deploy(), 0);
  EXPECT_NE(script.body_of("POST /v1/deployments/web-production-42/pause"), nullptr);
  EXPECT_NE(console.written.find("it is not at a stage"), std::string::npos);
  EXPECT_NE(console.written.find("what has web-production-42 done so far"), std::string::npos);
  EXPECT_NE(console.written.find("v2 i1 | hello"), std::string::npos);
  EXPECT_NE(console.written.find("goes on"), std::string::npos);
  EXPECT_FALSE(console.raw);
}

TEST_F(Following, AnAgentThatComesBackIsFollowedOn) {
  ends("succeeded");
  script.unreachable_from = 2;
  script.unreachable_to = 6;
  EXPECT_EQ(deploy(), 0);
  EXPECT_NE(console.errors.find("traffic stays as it is"), std::string::npos);
  EXPECT_EQ(std::count(console.written.begin(), console.written.end(), '\n'),
            3 + 3)
      << console.written;  // no event twice
}

TEST_F(Following, AnAgentThatStaysAwayIsExitStatus3) {
  script.on(kGet, 200, deployment("running"));
  script.unreachable_from = 2;
  script.unreachable_to = 1'000'000;
  EXPECT_EQ(deploy(), 3);
  EXPECT_NE(console.errors.find("slipway watch web-production-42"), std::string::npos);
}

TEST_F(Following, InAGithubJobTheReceiptGoesToTheSummary) {
  console.vars["GITHUB_ACTIONS"] = "true";
  console.vars["GITHUB_STEP_SUMMARY"] = (folder / "summary").string();
  console.vars["GITHUB_OUTPUT"] = (folder / "output").string();
  ends("rolled_back");
  EXPECT_EQ(deploy({"-o", "json"}), 1);
  EXPECT_NE(read("summary").find("| failed | 3 |"), std::string::npos);
  EXPECT_EQ(read("output"), "id=web-production-42\nstate=rolled_back\n");
  EXPECT_NE(console.errors.find("::error::web-production-42 rolled_back: because of x"),
            std::string::npos);
}

TEST_F(Following, ErrorsAreAnnotatedWithTheirPlace) {
  console.vars["GITHUB_ACTIONS"] = "true";
  script.answers["POST /v1/deployments"].clear();
  script.on("POST /v1/deployments", 422,
            R"({"code":"config_invalid","detail":"1 error","errors":[{"at":"slipway.yaml:14:25",
                "code":"out_of_range","text":"must be\n100%","hint":"5 means 5 %",
                "rendered":"slipway.yaml:14:25: error: must be"}]})");
  EXPECT_EQ(deploy(), 2);
  EXPECT_NE(console.errors.find("::error file=slipway.yaml,line=14,col=25::must be%0A100%25"),
            std::string::npos)
      << console.errors;
  EXPECT_NE(console.errors.find("slipway.yaml:14:25: error: must be\n"), std::string::npos);
}

}  // namespace
}  // namespace slipway::cli
