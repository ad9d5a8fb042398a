#include "analysis/engines.h"

#include <gtest/gtest.h>

#include <cmath>

#include "analysis/block.h"

namespace slipway::analysis {
namespace {

TEST(Histogram, ReadsBackWithinOnePercent) {
  for (double us : {1.5, 17.0, 999.0, 1.0e4, 3.7e5, 5.9e8}) {
    Histogram h;
    h.add(us);
    EXPECT_NEAR(h.quantile(0.5), us, us * 0.01) << us;
    EXPECT_GE(Histogram::bound(Histogram::index_of(us)), us);
  }
  Histogram h;
  h.add(0.2);
  EXPECT_EQ(h.buckets.front().first, 0);
  EXPECT_EQ(h.quantile(0.99), 1.0);
  EXPECT_EQ(Histogram().quantile(0.5), 0.0);
}

TEST(Histogram, AddsQuantilesAndCountsAbove) {
  Histogram a, b;
  for (int i = 1; i <= 100; ++i) (i % 2 ? a : b).add(i * 1000.0);
  a.add(b);
  EXPECT_EQ(a.count(), 100u);
  EXPECT_NEAR(a.quantile(0.5), 50'000, 600);
  EXPECT_NEAR(a.quantile(0.99), 99'000, 1000);
  EXPECT_EQ(a.above(Histogram::bound(a.quantile_index(0.5))), 50u);
  EXPECT_EQ(a.above(1e9), 0u);
  for (std::size_t i = 1; i < a.buckets.size(); ++i)
    EXPECT_LT(a.buckets[i - 1].first, a.buckets[i].first);
}

// No outcome of a small block may win more than it costs, whatever its true rate within the null.
TEST(Evidence, ABetOnANullIsNoWinningOne) {
  const auto binomial = [](int n, int x, double p) {
    double c = 1;
    for (int i = 0; i < x; ++i) c = c * (n - i) / (i + 1);
    return c * std::pow(p, x) * std::pow(1 - p, n - x);
  };
  for (const double p : {0.001, 0.01, 0.1, 0.5}) {
    for (const double ratio : {1.5, 5.0, 100.0}) {
      double one = 0, two = 0;
      for (int x = 0; x <= 6; ++x) {
        one += binomial(6, x, p) * std::exp(llr_rate1(ratio, p, 6, static_cast<unsigned>(x)));
        for (int y = 0; y <= 9; ++y) {
          const Sample s{6, static_cast<unsigned>(x), 9, static_cast<unsigned>(y)};
          two += binomial(6, x, p) * binomial(9, y, p) * std::exp(llr_rate2(ratio, 1, 0, s));
        }
      }
      EXPECT_LE(one, 1 + 1e-9);
      EXPECT_LE(two, 1 + 1e-9);
    }
  }
}

}  // namespace
}  // namespace slipway::analysis
