// The agent is killed right before and right after every single commit of two releases. It always
// comes to the same end, no process is started twice, and no driver acts on what is not durable.
#include <sys/wait.h>

#include "stage.h"

namespace slipway::shell {
namespace {

constexpr int kEnd = 0;
constexpr int kKilled = 77;

// One life of the agent: goes on where the last one was, until v2 serves or it is killed.
[[noreturn]] void live(const std::string& folder, int life, int die_at, bool die_after) {
  Stage stage(folder);
  stage.clock.pass(life * 1000s);
  stage.start();
  stage.journal->die_at = die_at;
  stage.journal->die_after = die_after;
  stage.driver->before_begin = [&](const Issued& issued) {
    if (!stage.journal->durable(issued)) stage.driver->note("before its record");
  };
  if (!stage.recover()) ::_exit(3);
  for (int round = 0; round < 20; ++round) {
    stage.settle(60s);
    if (stage.shell->fault()) ::_exit(4);
    const auto site = stage.sites.find(kWeb);
    const bool idle = site == stage.sites.end() || !site->second->live;
    if (idle && stage.serving() == "v2" && site->second->awaiting.empty()) {
      if (!stage.shell->replay_diverged().empty()) ::_exit(5);
      ::_exit(kEnd);
    }
    if (idle) stage.deploy(stage.serving().empty() ? "v1" : "v2");
  }
  ::_exit(6);
}

int one_life(const std::string& folder, int life, int die_at, bool die_after) {
  const pid_t child = ::fork();
  if (child == 0) live(folder, life, die_at, die_after);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status;
}

void check_world(const std::string& folder, const std::string& when) {
  std::map<std::string, int> lines;
  std::ifstream file(folder + "/world");
  for (std::string line; std::getline(file, line);) ++lines[line];
  EXPECT_EQ(lines["before its record"], 0) << when;
  int running = 0;
  for (const auto& [line, times] : lines) {
    if (!line.starts_with("start ")) continue;
    EXPECT_EQ(times, 1) << line << " " << when;
    running += !lines.contains("stop " + line.substr(6));
  }
  EXPECT_EQ(running, 1) << when;  // of v2, and nothing is left over
}

void check_end(const std::string& folder, const std::string& when) {
  Stage stage(folder);
  stage.clock.pass(3000s);
  stage.start();
  ASSERT_TRUE(stage.recover()) << when;
  EXPECT_EQ(stage.serving(), "v2") << when;
  EXPECT_EQ(stage.site().last->state, State::succeeded) << when;
  EXPECT_EQ(stage.site().copies.size(), 1U) << when;
  EXPECT_EQ(stage.site().copies.begin()->second.weight, 10'000) << when;
}

class KillTest : public StageTest, public testing::WithParamInterface<bool> {};

TEST_P(KillTest, AtEveryCommitItComesToTheSameEnd) {
  const bool after = GetParam();
  int points = 0;
  for (int n = 1; n < 500; ++n) {
    const std::string when = fmt::format("killed {} commit {}", after ? "after" : "before", n);
    const std::string folder = fmt::format("{}/{}", folder_, n);
    std::filesystem::create_directory(folder);
    const int first = one_life(folder, 0, n, after);
    if (first == kEnd) break;
    ASSERT_EQ(first, kKilled) << when;
    ++points;
    ASSERT_EQ(one_life(folder, 1, 0, after), kEnd) << when;
    check_world(folder, when);
    check_end(folder, when);
    if (HasFailure()) return;
    std::filesystem::remove_all(folder);
  }
  EXPECT_GT(points, 20);
}

INSTANTIATE_TEST_SUITE_P(Kill, KillTest, testing::Bool(),
                         [](const auto& param) { return param.param ? "after" : "before"; });

}  // namespace
}  // namespace slipway::shell
