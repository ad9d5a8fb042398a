#include "analysis/power.h"

#include <gtest/gtest.h>

#include <cmath>

namespace slipway::analysis {
namespace {

using namespace std::chrono_literals;

Charge stage(std::int32_t weight, Duration dwell, std::vector<std::int32_t> ahead) {
  Charge c;
  c.stage = "stage";
  c.weight = weight;
  c.dwell = dwell;
  c.ahead = std::move(ahead);
  c.criteria = {default_criteria().front()};
  return c;
}

// Medians of the method's own simulation: 545 s, 155 s, 54 s and 11 s; nine of ten take longer.
TEST(Power, AgreesWithTheSimulation) {
  const Charge c = stage(500, 10min, {10'000});
  const auto after = [&](double rps, double p) { return seconds_to_detect(c, {rps, 0.001}, p); };
  EXPECT_GT(after(10, 0.02), 545);
  EXPECT_LT(after(10, 0.02), 2.5 * 545);
  EXPECT_GT(after(100, 0.02), 54);
  EXPECT_LT(after(100, 0.02), 2.5 * 54);
  EXPECT_GT(after(1000, 0.02), 9);
  EXPECT_LT(after(1000, 0.02), 2.5 * 11);
  EXPECT_GE(after(1000, 1.0), 5);               // the token bucket
  EXPECT_TRUE(std::isinf(after(100, 0.0015)));  // within the margin it is no harm
}

TEST(Power, SaysWhatAStageCanSeeAndWhatWouldDo) {
  const auto seen = foresee({stage(500, 10min, {2'500, 10'000}), stage(2'500, 10min, {10'000})},
                            {.per_second = 20, .error_rate = 0.001});
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_DOUBLE_EQ(seen[0].candidate_per_second, 1);
  EXPECT_GT(seen[0].smallest, 0.01);
  EXPECT_LT(seen[0].smallest, 0.1);
  EXPECT_LT(seen[1].smallest, seen[0].smallest);
  EXPECT_GT(seen[0].reference_after, Duration(10min));
  EXPECT_GT(seen[0].reference_share, 0.05);
  // About 260 requests to be let to 25 %, at one a second; 1,240 before everything.
  EXPECT_NEAR(to_seconds(seen[0].shown), 280, 60);
  EXPECT_GT(seen[1].shown, Duration(60s));
  EXPECT_LT(seen[1].shown, Duration(400s));  // what the first stage showed is not shown again
}

TEST(Power, WithHardlyAnyTrafficOnlyACatastropheIsSeen) {
  const auto seen = foresee({stage(500, 60s, {10'000})}, {.per_second = 0.1});
  EXPECT_GT(seen.at(0).smallest, 0.2);  // and that only because the stage lasts its hour
  EXPECT_GT(seen.at(0).shown, Duration(1h));
}

}  // namespace
}  // namespace slipway::analysis
