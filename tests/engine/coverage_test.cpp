// Which (state, event) pairs the scripts and the random runs went through; printed, and all of them
// demanded but those that cannot be.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iostream>

#include "transcript.h"
#include "twin.h"

namespace slipway::engine {
namespace {

TEST(Coverage, EveryStateMeetsEveryEvent) {
  for (const auto& entry :
       std::filesystem::directory_iterator(SLIPWAY_SOURCE_DIR "/tests/engine/scripts")) {
    std::ifstream in(entry.path());
    Transcript().run({std::istreambuf_iterator<char>(in), {}});
  }
  for (std::uint64_t seed = 1; seed <= 400; ++seed) Twin(seed).meddle(200);

  const std::vector<What> events = {Requested{},      Planned{},       Refused{}, Asked{},
                                    Answered{},       HealthChanged{}, Exited{},  Ejected{},
                                    ProxyRestarted{}, Counted{},       Due{},     Resumed{},
                                    Quarantined{},    DiskCritical{}};
  const std::vector<std::string> states = {"idle",
                                           word(State::looking),
                                           word(State::waiting_approval),
                                           word(State::running),
                                           word(State::paused),
                                           word(State::rolling_back),
                                           word(State::rollback_failed)};
  // Rows are counted for planned deployments alone.
  const std::set<std::pair<std::string, std::string>> never = {{"idle", "counted"},
                                                               {"looking", "counted"}};
  for (const std::string& state : states) {
    std::cout << state << ":";
    for (const What& event : events) {
      const std::pair<std::string, std::string> pair{state, word(event)};
      std::cout << " " << (covered().contains(pair) ? "" : "NOT-") << pair.second;
      EXPECT_TRUE(covered().contains(pair) || never.contains(pair))
          << pair.second << " never happened while " << state;
    }
    std::cout << "\n";
  }
}

}  // namespace
}  // namespace slipway::engine
