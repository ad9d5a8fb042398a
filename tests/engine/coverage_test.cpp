// Every state meets every event: none throws, and every pair is printed. What becomes of each is in
// the scripts; that the invariants hold is checked by step() itself.
#include <gtest/gtest.h>

#include <iostream>

#include "transcript.h"

namespace slipway::engine {
namespace {

const std::vector<std::pair<std::string, std::string>> kWays = {
    {"idle", "release v1\n"},
    {"looking", "release v1\nrequest deploy v2\n"},
    {"waiting_approval", "release v1\nplan approved\nrequest deploy v2\nauto\n"},
    {"running", "plan canary\nrelease v1\nrequest deploy v2\nauto\n"},
    {"paused", "plan canary\nrelease v1\nrequest deploy v2\nauto\nask pause\n"},
    {"rolling_back", "plan canary\nrelease v1\nrequest deploy v2\nauto\nask abort\n"},
    {"rollback_failed",
     "plan canary\nrelease v1\nrequest deploy v2\nauto\nask abort\nlost shift gone\n"},
};

std::vector<What> events(const Site& site) {
  Answered answered;
  if (!site.awaiting.empty()) answered = {site.awaiting.back().id, 1, Done{}};
  const Request deploy{.act = Act::deploy, .by = "ana", .version = "v9"};
  const std::uint32_t number = site.live ? site.live->number : 77;
  return {Requested{deploy, 9, 77, {}},
          Planned{number, plans::canary(site, "v2"), "sha256:other"},
          Refused{number, "missing_secrets", "no"},
          Asked{{.act = Act::abort, .by = "ben"}, 10},
          answered,
          HealthChanged{1, false, "503"},
          Exited{1, -9, {"killed"}},
          Ejected{1, true, "L4CON"},
          Leaving{1, "another is in its place"},
          ProxyRestarted{80ms, 2},
          Counted{},
          Due{},
          Resumed{10min},
          Quarantined{"invariant 0: a test"},
          DiskCritical{},
          Heard{}};
}

TEST(Coverage, EveryStateMeetsEveryEvent) {
  for (const auto& [state, script] : kWays) {
    std::cout << state << ":";
    Transcript first;
    first.run(script);
    for (std::size_t n = 0; n < events(first.site()).size(); ++n) {
      Transcript t;
      t.run(script);
      ASSERT_EQ(t.site().live ? word(t.site().live->state) : "idle", state);
      const What event = events(t.site())[n];
      EXPECT_NO_THROW(t.happen(event)) << word(event) << " while " << state;
      std::cout << " " << word(event);
    }
    std::cout << "\n";
  }
}

}  // namespace
}  // namespace slipway::engine
