// Processes whose shim was killed.
#include "shim_stage.h"

namespace slipway::os {
namespace {

using OrphanTest = ShimTest;

TEST_F(OrphanTest, OrphanOfAKilledShimIsFoundAndEndedBeforeANewStart) {
  auto shim = Shim::start(script("sleep 98 & echo $! > inner; exec sleep 97"));
  ASSERT_TRUE(shim);
  pid_t inner = pid_in("inner"), child = shim->status()->child;
  ::kill(shim_of(*shim), SIGKILL);
  ASSERT_TRUE(soon([&] { return Shim::orphan(folder()) == child; }));
  EXPECT_FALSE(gone(child)) << "it serves until it is told otherwise";
  EXPECT_FALSE(Shim::adopt(folder()));
  auto fresh = Shim::start(script("exec sleep 100"));
  ASSERT_TRUE(fresh) << fresh.error().text;
  EXPECT_TRUE(gone(child));
  EXPECT_TRUE(gone(inner));
}

TEST_F(OrphanTest, OrphanOfAKilledShimIsGuardedAgain) {
  ShimSpec spec = script("trap 'echo bye; exit 0' TERM; echo one; while :; do sleep 0.05; done");
  auto shim = Shim::start(spec);
  ASSERT_TRUE(shim);
  const pid_t child = shim->status()->child;
  ASSERT_TRUE(soon([&] { return !shim->tail(9).empty(); }));
  EXPECT_EQ(Shim::guard(spec).error().fault, Fault::missing) << "it has a shim";
  ::kill(shim_of(*shim), SIGKILL);
  ASSERT_TRUE(soon([&] { return Shim::orphan(folder()) == child; }));
  auto again = Shim::guard(spec);
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ(again->status()->child, child);
  EXPECT_EQ(Shim::orphan(folder()), 0);
  // Signals, output and end come through the new one.
  EXPECT_TRUE(again->signal(SIGTERM));
  EXPECT_TRUE(soon([&] { return std::filesystem::exists(folder() + "/exit"); }));
  EXPECT_EQ(again->status()->exit, 255);
  EXPECT_EQ(again->tail(9).front(), "one");
  EXPECT_EQ(again->tail(1), std::vector<std::string>{"bye"});
}

// A killed shim's door closes some time before it has gone: here it is made longer.
TEST_F(OrphanTest, AShimOnItsWayOutIsNoShim) {
  ShimSpec spec = script("exec sleep 94");
  auto shim = Shim::start(spec);
  ASSERT_TRUE(shim);
  const pid_t child = shim->status()->child, going = shim_of(*shim);
  ASSERT_TRUE(std::filesystem::remove(folder() + "/sock"));
  std::jthread ends([&] {
    std::this_thread::sleep_for(200ms);  // poll: the length of its way
    ::kill(going, SIGKILL);
  });
  auto again = Shim::guard(spec);
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ(again->status()->child, child);
  EXPECT_TRUE(gone(going));
}

TEST_F(OrphanTest, EndKillsAGuardedOrphanToo) {
  ShimSpec spec = script("trap '' TERM; sleep 96 & exec sleep 95");
  auto shim = Shim::start(spec);
  ASSERT_TRUE(shim);
  const pid_t child = shim->status()->child;
  ::kill(shim_of(*shim), SIGKILL);
  ASSERT_TRUE(soon([&] { return Shim::orphan(folder()) == child; }));
  auto again = Shim::guard(spec);
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_TRUE(again->end());
  EXPECT_TRUE(gone(child));
}

TEST_F(OrphanTest, RecycledNumbersAreLeftAlone) {
  // A pid file whose numbers belong to this very test, with other start times.
  ASSERT_TRUE(make_folder(folder()));
  pid_t stranger = ::fork();
  if (stranger == 0) {
    ::setpgid(0, 0);
    for (;;) ::pause();
  }
  std::string text = fmt::format("boot {}\nshim {} 1\nchild {} 1\n", boot_id(), stranger, stranger);
  ASSERT_TRUE(write_file(folder() + "/pid", text));
  EXPECT_EQ(Shim::orphan(folder()), 0);
  EXPECT_TRUE(Shim::clear(folder()));
  EXPECT_FALSE(gone(stranger));
  std::uint64_t start = process_of(stranger).start;
  ASSERT_TRUE(
      write_file(folder() + "/pid",
                 fmt::format("boot another\nshim 999999 1\nchild {} {}\n", stranger, start)));
  EXPECT_EQ(Shim::orphan(folder()), 0) << "another boot";
  EXPECT_TRUE(Shim::clear(folder()));
  EXPECT_FALSE(gone(stranger));
  ::kill(stranger, SIGKILL);
  ::waitpid(stranger, nullptr, 0);
}

}  // namespace
}  // namespace slipway::os
