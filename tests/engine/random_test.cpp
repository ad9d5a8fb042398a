// Hundreds of random lives (SLIPWAY_RUNS for more, SLIPWAY_SEED for one, told in full) of a site.
// step() checks all invariants after every event; here it is asked in addition that everything ends
// once the faults stop, and that a run is the same again.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "show.h"
#include "twin.h"

namespace slipway::engine {
namespace {

std::uint64_t runs() {
  const char* asked = std::getenv("SLIPWAY_RUNS");
  return asked == nullptr ? 800 : std::strtoull(asked, nullptr, 10);
}

// What went wrong in this run; empty: nothing.
std::string trouble_of(Twin& twin) {
  try {
    twin.meddle(200);
    if (twin.calm_down(3'000) < 0) {
      std::string rest;
      for (const auto& [id, i] : twin.site.instances) {
        rest += fmt::format(" {}:{}{}", id, word(i.phase), i.healthy ? "+" : "-");
      }
      return fmt::format("without faults it does not end: {};{}", show(twin.site), rest);
    }
  } catch (const std::exception& broken) {
    return broken.what();
  }
  for (const auto& [id, i] : twin.site.instances) {
    if (!twin.site.copies.contains(i.copy)) return "an instance is left that belongs to nothing";
  }
  const std::string disorder = twin.disorder();
  return disorder.empty() ? twin.stray() : disorder;
}

TEST(Random, InvariantsHoldAndEverythingEnds) {
  std::map<State, int> ends;
  std::uint64_t events = 0;
  int failures = 0;
  const char* only = std::getenv("SLIPWAY_SEED");
  const std::uint64_t first = only == nullptr ? 1 : std::strtoull(only, nullptr, 10);
  for (std::uint64_t seed = first; seed < first + (only ? 1 : runs()); ++seed) {
    Twin twin(seed);
    twin.traced = only != nullptr;
    const std::string trouble = trouble_of(twin);
    if (!trouble.empty() && ++failures <= 20) ADD_FAILURE() << "seed " << seed << ": " << trouble;
    events += twin.events;
    for (const auto& [state, count] : twin.ends) ends[state] += count;
  }
  EXPECT_EQ(failures, 0);
  std::string seen;
  for (const auto& [state, count] : ends) seen += fmt::format(" {} {}", word(state), count);
  std::cout << events << " events; ends:" << seen << "\n";
  if (only != nullptr) return;
  for (const State s :
       {State::succeeded, State::rolled_back, State::aborted, State::failed, State::superseded}) {
    EXPECT_GT(ends[s], 0) << word(s) << " never happened: the runs look at too little";
  }
}

TEST(Random, TheSameSeedIsTheSameRun) {
  Twin a(42);
  Twin b(42);
  a.meddle(300);
  b.meddle(300);
  EXPECT_EQ(a.site, b.site);
}

}  // namespace
}  // namespace slipway::engine
