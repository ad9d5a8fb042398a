// The quick way of base/math against the long one: the bits must be the same wherever they meet.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/math.h"
#include "base/math_wide.h"
#include "base/prng.h"

namespace slipway {
namespace {

using One = double (*)(double);
using Each = void (*)(std::span<double>);

struct Pace {
  const char* name;
  One quick, exact;
  Each each, narrow;
};

const Pace kLn = {"ln", ln, wide::ln, ln_each, narrow::ln_each};
const Pace kExp = {"exp", exp, wide::exp, exp_each, narrow::exp_each};
const Pace kLog1p = {"log1p", log1p, wide::log1p, log1p_each, narrow::log1p_each};

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) ||
         (std::isnan(a) && std::isnan(b));
}

// Every argument by itself and all of them at once.
void expect_same(const Pace& pace, const std::vector<double>& x) {
  std::vector<double> all = x;
  pace.each(all);
  std::vector<double> by_two = x;
  pace.narrow(by_two);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double want = pace.exact(x[i]), alone = pace.quick(x[i]);
    ASSERT_TRUE(same_bits(alone, want) && same_bits(all[i], want) && same_bits(by_two[i], want))
        << pace.name << "(" << std::hexfloat << x[i] << "): " << want << " the long way, " << alone
        << " the quick one, " << all[i] << " among others";
  }
}

double tiny(Prng& prng, int least) {
  return (prng.unit() - 0.5) * std::ldexp(1.0, -static_cast<int>(prng.below(least)));
}

TEST(MathQuick, AMillionArgumentsGiveTheBitsOfTheLongWay) {
  Prng prng(26);
  for (int round = 0; round < 250; ++round) {
    std::vector<double> logs, powers, rises;
    for (int i = 0; i < 1000; ++i) {
      logs.push_back(std::ldexp(1.0 + prng.unit(), static_cast<int>(prng.below(2098)) - 1074));
      logs.push_back(0.5 + prng.unit());
      logs.push_back(1.0 + tiny(prng, 54));
      logs.push_back(prng.unit() * 100);
      powers.push_back((prng.unit() - 0.5) * 1500);
      powers.push_back((prng.unit() - 0.5) * 20);
      powers.push_back(tiny(prng, 60));
      powers.push_back(prng.unit() - 0.5);
      rises.push_back(tiny(prng, 60));
      rises.push_back(prng.unit() * 50 - 1);
      rises.push_back(-prng.unit());
      rises.push_back(std::ldexp(1.0 + prng.unit(), static_cast<int>(prng.below(1090)) - 60));
    }
    ASSERT_NO_FATAL_FAILURE(expect_same(kLn, logs));
    ASSERT_NO_FATAL_FAILURE(expect_same(kExp, powers));
    ASSERT_NO_FATAL_FAILURE(expect_same(kLog1p, rises));
  }
}

// However many, by wide lanes or without; the second half of them takes the long way. What lies
// behind the last stays.
TEST(MathQuick, AnyNumberSideBySide) {
  for (const Pace& pace : {kLn, kExp, kLog1p}) {
    for (std::size_t n = 0; n <= 17; ++n) {
      std::vector<double> x(n + 1);
      for (std::size_t i = 0; i <= n; ++i) x[i] = i < n / 2 ? 0.3 + 0.37 * i : 5e-324 * (i + 1);
      for (const Each each : {pace.each, pace.narrow}) {
        std::vector<double> all = x;
        each(std::span(all).first(n));
        for (std::size_t i = 0; i < n; ++i)
          ASSERT_TRUE(same_bits(all[i], pace.exact(x[i]))) << pace.name << " " << i << " of " << n;
        ASSERT_TRUE(same_bits(all[n], x[n])) << pace.name << " behind " << n;
      }
    }
  }
}

// Where tables, exponents and ways change: some doubles on both sides of each.
TEST(MathQuick, BesideEveryEdge) {
  const auto around = [](double x, std::vector<double>& out) {
    double up = x, down = x;
    for (int i = 0; i < 4; ++i) {
      out.push_back(up);
      out.push_back(down);
      up = std::nextafter(up, std::numeric_limits<double>::infinity());
      down = std::nextafter(down, -std::numeric_limits<double>::infinity());
    }
  };
  std::vector<double> logs, powers, rises;
  for (int i = 0; i <= 2048; ++i) {
    around(0.5 + i / 1024.0, logs);
    around(i / 1024.0 - 0.5, rises);
    around((i - 1024) * 0x1.62e42fefa39efp-9, powers);
    around((i - 1024) * 0x1.62e42fefa39efp-1, powers);
  }
  for (int e = -1074; e <= 1023; ++e) {
    around(std::ldexp(1.0, e), logs);
    around(std::ldexp(1.0, e), rises);
    around(-std::ldexp(1.0, e), rises);
    around(std::ldexp(1.0, std::min(e, 10)), powers);
    around(-std::ldexp(1.0, std::min(e, 10)), powers);
  }
  const double limit = std::numeric_limits<double>::infinity();
  for (const double x :
       {0.0, -0.0, 1.0, -1.0, limit, -limit, 700.0, -700.0, 709.782712893384, -708.4,
        -745.1332191019412, 0x1p50, -0x1p50, 0x1p-50, std::numeric_limits<double>::quiet_NaN()}) {
    around(x, logs);
    around(x, powers);
    around(x, rises);
  }
  expect_same(kLn, logs);
  expect_same(kExp, powers);
  expect_same(kLog1p, rises);
}

// Results that lie within 2^-50 of their last bit beside a double or between two (Lefèvre & Muller,
// "Worst cases for correct rounding of the elementary functions in double precision", 2001, and
// such as were met): no error bound of the quick way tells how to round all of them.
TEST(MathQuick, TheHardestArguments) {
  expect_same(kLn, {0x1.62a88613629b6p+678, 0x1.ac50b409c8aeep+8, 0x1.8670de0b68cadp+656,
                    0x1.9403fd0ee51c8p-2});
  expect_same(kExp, {0x1.9e9cbbfd6080bp-31, 0x1.83d4bcdebb3f4p+2, 0x1.c7206c1b753e4p+8,
                     -0x1.22e24fa3d5cf9p-1, -0x1.dc2b5df1f7d3dp-1, 0x1.fffffffffffffp-53});
  EXPECT_EQ(ln(0x1.62a88613629b6p+678), 0x1.d6479eba7c971p+8);
  EXPECT_EQ(ln(0x1.ac50b409c8aeep+8), 0x1.83d4bcdebb3f4p+2);
  EXPECT_EQ(exp(0x1.9e9cbbfd6080bp-31), 0x1.000000033d398p+0);
  EXPECT_EQ(exp(-0x1.22e24fa3d5cf9p-1), 0x1.2217147b85eaap-1);
}

TEST(MathQuick, AnyNumberAtOnce) {
  for (std::size_t n = 0; n <= 9; ++n) {
    std::vector<double> x;
    // Every third one takes the long way, beside one that does not.
    for (std::size_t i = 0; i < n; ++i) x.push_back(i % 3 == 2 ? -1.0 : 0.25 * double(i + 1));
    expect_same(kLn, x);
    expect_same(kLog1p, x);
    for (double& v : x) v *= v < 0 ? 720 : 1;
    expect_same(kExp, x);
  }
}

}  // namespace
}  // namespace slipway
