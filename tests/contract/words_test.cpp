#include <gtest/gtest.h>

#include <set>

#include "contract/request.h"
#include "contract/site.h"

namespace slipway {
namespace {

TEST(Words, EveryStateIsReadBack) {
  std::set<std::string> seen;
  for (int n = 0; n <= static_cast<int>(State::superseded); ++n) {
    const auto state = static_cast<State>(n);
    State back = State::looking;
    EXPECT_TRUE(parse(word(state), back)) << word(state);
    EXPECT_EQ(back, state);
    EXPECT_TRUE(seen.insert(word(state)).second) << word(state);
  }
  State untouched = State::paused;
  EXPECT_FALSE(parse("Running", untouched));
  EXPECT_FALSE(parse("", untouched));
  EXPECT_EQ(untouched, State::paused);
}

template <class Enum>
void all_differ(Enum last) {
  std::set<std::string> seen;
  for (int n = 0; n <= static_cast<int>(last); ++n) {
    EXPECT_TRUE(seen.insert(word(static_cast<Enum>(n))).second) << word(static_cast<Enum>(n));
  }
}

TEST(Words, AreDifferent) {
  all_differ(Act::retry);
  all_differ(Kind::restart);
  all_differ(StepState::undone);
  all_differ(InstancePhase::stopping);
  all_differ(BackPhase::settle);
  all_differ(Verb::purge);
  all_differ(Strategy::steps);
  all_differ(WhenBusy::refuse);
  all_differ(GateKind::pause);
}

TEST(Words, NameCommandsAndEvents) {
  EXPECT_STREQ(word(Command(StartInstance{})), "start_instance");
  EXPECT_STREQ(word(Command(Tell{})), "tell");
  EXPECT_STREQ(word(What(HealthChanged{})), "health_changed");
  EXPECT_STREQ(word(What(DiskCritical{})), "disk_critical");
  EXPECT_STREQ(word(What(Heard{})), "heard");
}

}  // namespace
}  // namespace slipway
