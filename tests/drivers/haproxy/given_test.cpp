#include "drivers/haproxy/given.h"

#include <gtest/gtest.h>

namespace slipway::haproxy {
namespace {

using All = std::vector<Given>;

TEST(GivenTo, IsWhatWasAddedSinceTheLastLook) {
  GivenCount count;
  count.saw("web", 0, "v1", 10, 5'000);  // from before anybody looked
  EXPECT_EQ(count.take(), All{});
  count.saw("web", 0, "v1", 10, 5'040);
  count.saw("web", 0, "v1", 10, 5'042);
  EXPECT_EQ(count.take(), (All{{"web", "v1", 42}}));
  EXPECT_EQ(count.take(), All{});
}

TEST(GivenTo, AnotherProcessAndAnotherVersionBeginAnew) {
  GivenCount count;
  count.saw("web", 1, "v2", 10, 0);
  count.saw("web", 1, "v2", 10, 30);
  count.saw("web", 1, "v2", 11, 500);  // reloaded: what it got before is in no difference
  count.saw("web", 1, "v2", 11, 501);
  count.saw("web", 1, "v3", 11, 900);
  count.saw("web", 1, "v3", 11, 907);
  count.saw("web", 1, "v3", 11, 900);  // counters were cleared
  EXPECT_EQ(count.take(), (All{{"web", "v2", 31}, {"web", "v3", 7}}));
}

}  // namespace
}  // namespace slipway::haproxy
