#include "base/math.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "base/digest.h"
#include "base/prng.h"

namespace slipway {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Known {
  double (*f)(double);
  double x, want;
};

// Correctly rounded from 300-bit values.
const Known kKnown[] = {
    {ln, 0x0.0000000000001p-1022, -0x1.74385446d71c3p+9},
    {ln, 0x0.012688b70e62bp-1022, -0x1.64e69394d9508p+9},
    {ln, 0x1.0000000000000p-1022, -0x1.6232bdd7abcd2p+9},
    {ln, 0x1.56e1fc2f8f359p-997, -0x1.5963447f87fb5p+9},
    {ln, 0x1.79ca10c924223p-67, -0x1.7069e2aa2aa5bp+5},
    {ln, 0x1.0000000000000p-1, -0x1.62e42fefa39efp-1},
    {ln, 0x1.6666666666666p-1, -0x1.6d3c324e13f50p-2},
    {ln, 0x1.fae147ae147aep-1, -0x1.495453e6fd4bcp-7},
    {ln, 0x1.fffffffffffffp-1, -0x1.0000000000000p-53},
    {ln, 0x1.0000000000001p+0, 0x1.fffffffffffffp-53},
    {ln, 0x1.8000000000000p+0, 0x1.9f323ecbf984cp-2},
    {ln, 0x1.0000000000000p+1, 0x1.62e42fefa39efp-1},
    {ln, 0x1.4000000000000p+3, 0x1.26bb1bbb55516p+1},
    {ln, 0x1.81cd6c8b43958p+13, 0x1.2d79559791e31p+3},
    {ln, 0x1.0f0cf064dd592p+73, 0x1.95414621954fep+5},
    {ln, 0x1.7e43c8800759cp+996, 0x1.5963447f87fb5p+9},
    {ln, 0x1.fffffffffffffp+1023, 0x1.62e42fefa39efp+9},
    {exp, -0x1.6200000000000p+9, 0x1.7c8ab2288c9abp-1022},
    {exp, -0x1.5e00000000000p+9, 0x1.14f2b0fb9307fp-1010},
    {exp, -0x1.9200000000000p+6, 0x1.01a0e5643644fp-145},
    {exp, -0x1.2800000000000p+5, 0x1.898471fca6055p-54},
    {exp, -0x1.0000000000000p+0, 0x1.78b56362cef38p-2},
    {exp, -0x1.0624dd2f1a9fcp-10, 0x1.ff7cfe56f1a9ep-1},
    {exp, -0x1.b7cdfd9d7bdbbp-34, 0x1.ffffffff24190p-1},
    {exp, 0x1.70ef54646d497p-57, 0x1.0000000000000p+0},
    {exp, 0x1.b7cdfd9d7bdbbp-34, 0x1.000000006df38p+0},
    {exp, 0x1.3333333333333p-2, 0x1.599058c8c1a96p+0},
    {exp, 0x1.62e42fefa39efp-2, 0x1.6a09e667f3bccp+0},
    {exp, 0x1.0000000000000p-1, 0x1.a61298e1e069cp+0},
    {exp, 0x1.0000000000000p+0, 0x1.5bf0a8b145769p+1},
    {exp, 0x1.0000000000000p+1, 0x1.d8e64b8d4ddaep+2},
    {exp, 0x1.4000000000000p+3, 0x1.5829dcf950560p+14},
    {exp, 0x1.9000000000000p+6, 0x1.3494a9b171bf5p+144},
    {exp, 0x1.5e00000000000p+9, 0x1.d945df4f8ec8ep+1009},
    {exp, 0x1.62e3d70a3d70ap+9, 0x1.fe9ce5c4c52b4p+1023},
    {log1p, -0x1.fffffffffffffp-1, -0x1.25e4f7b2737fap+5},
    {log1p, -0x1.ccccccccccccdp-1, -0x1.26bb1bbb55516p+1},
    {log1p, -0x1.0000000000000p-1, -0x1.62e42fefa39efp-1},
    {log1p, -0x1.0624dd2f1a9fcp-10, -0x1.064670d979b6fp-10},
    {log1p, -0x1.b7cdfd9d7bdbbp-34, -0x1.b7cdfd9dda4e3p-34},
    {log1p, -0x1.70ef54646d497p-57, -0x1.70ef54646d497p-57},
    {log1p, 0x1.56e1fc2f8f359p-997, 0x1.56e1fc2f8f359p-997},
    {log1p, 0x1.70ef54646d497p-57, 0x1.70ef54646d497p-57},
    {log1p, 0x1.203af9ee75616p-50, 0x1.203af9ee75613p-50},
    {log1p, 0x1.4f8b588e368f1p-17, 0x1.4f8aea9ae7317p-17},
    {log1p, 0x1.999999999999ap-4, 0x1.8663f793c46c7p-4},
    {log1p, 0x1.0000000000000p-1, 0x1.9f323ecbf984cp-2},
    {log1p, 0x1.0000000000000p+0, 0x1.62e42fefa39efp-1},
    {log1p, 0x1.8000000000000p+1, 0x1.62e42fefa39efp+0},
    {log1p, 0x1.2a05f20000000p+33, 0x1.7069e2aa3184ep+4},
    {log1p, 0x1.6345785d8a000p+56, 0x1.3926cd770aa67p+5},
    {log1p, 0x1.7e43c8800759cp+996, 0x1.5963447f87fb5p+9},
    {expm1, -0x1.9000000000000p+6, -0x1.0000000000000p+0},
    {expm1, -0x1.9000000000000p+5, -0x1.0000000000000p+0},
    {expm1, -0x1.2c00000000000p+5, -0x1.0000000000000p+0},
    {expm1, -0x1.0000000000000p+0, -0x1.43a54e4e98864p-1},
    {expm1, -0x1.999999999999ap-4, -0x1.85c933156a62cp-4},
    {expm1, -0x1.0624dd2f1a9fcp-10, -0x1.0603521cac48cp-10},
    {expm1, -0x1.b7cdfd9d7bdbbp-34, -0x1.b7cdfd9d1d693p-34},
    {expm1, -0x1.70ef54646d497p-57, -0x1.70ef54646d497p-57},
    {expm1, 0x1.56e1fc2f8f359p-997, 0x1.56e1fc2f8f359p-997},
    {expm1, 0x1.70ef54646d497p-57, 0x1.70ef54646d497p-57},
    {expm1, 0x1.b7cdfd9d7bdbbp-34, 0x1.b7cdfd9dda4e3p-34},
    {expm1, 0x1.cac083126e979p-8, 0x1.cc5c83bae0dddp-8},
    {expm1, 0x1.0000000000000p-7, 0x1.0100ab00222d8p-7},
    {expm1, 0x1.999999999999ap-4, 0x1.aec7b35a00d3ap-4},
    {expm1, 0x1.0000000000000p-1, 0x1.4c2531c3c0d38p-1},
    {expm1, 0x1.0000000000000p+0, 0x1.b7e151628aed3p+0},
    {expm1, 0x1.4000000000000p+3, 0x1.5825dcf950560p+14},
    {expm1, 0x1.9000000000000p+6, 0x1.3494a9b171bf5p+144},
    {expm1, 0x1.5e00000000000p+9, 0x1.d945df4f8ec8ep+1009},
};

TEST(Math, KnownValuesToTheLastBit) {
  for (const Known& k : kKnown)
    EXPECT_EQ(std::bit_cast<std::uint64_t>(k.f(k.x)), std::bit_cast<std::uint64_t>(k.want))
        << std::hexfloat << k.x << " gives " << k.f(k.x) << " instead of " << k.want;
}

// Half a unit in the last place of a double near v, with room for the reference's own error.
long double half_ulp(long double v) {
  const double d = std::fabs(static_cast<double>(v));
  const double up = std::nextafter(d, kInfinity);
  return (static_cast<long double>(up) - d) * 0.5008L;
}

TEST(Math, RandomPointsAgainstTheLongDoubleLibrary) {
  if (std::numeric_limits<long double>::digits < 64) GTEST_SKIP() << "no wider reference here";
  Prng prng(11);
  const auto near = [](double got, long double want, double x, const char* what) {
    ASSERT_LE(std::fabs(static_cast<long double>(got) - want), half_ulp(want))
        << what << "(" << std::hexfloat << x << ")";
  };
  for (int i = 0; i < 20'000; ++i) {
    const double x = std::ldexp(1.0 + prng.unit(), static_cast<int>(prng.below(2000)) - 1000);
    near(ln(x), std::log(static_cast<long double>(x)), x, "ln");
    const double y = (prng.unit() - 0.5) * 1400.0;
    near(exp(y), std::exp(static_cast<long double>(y)), y, "exp");
    const double sign = prng.below(2) == 0 ? 1.0 : -1.0;
    const double z = sign * std::ldexp(1.0 + prng.unit(), -static_cast<int>(prng.below(60)) - 2);
    near(log1p(z), std::log1p(static_cast<long double>(z)), z, "log1p");
    near(expm1(z), std::expm1(static_cast<long double>(z)), z, "expm1");
  }
}

TEST(Math, Edges) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(ln(0.0), -kInfinity);
  EXPECT_EQ(ln(-0.0), -kInfinity);
  EXPECT_TRUE(std::isnan(ln(-1.0)));
  EXPECT_TRUE(std::isnan(ln(nan)));
  EXPECT_EQ(ln(kInfinity), kInfinity);
  EXPECT_EQ(ln(1.0), 0.0);
  EXPECT_EQ(exp(-kInfinity), 0.0);
  EXPECT_EQ(exp(kInfinity), kInfinity);
  EXPECT_EQ(exp(0.0), 1.0);
  EXPECT_EQ(exp(710.0), kInfinity);
  EXPECT_EQ(exp(-746.0), 0.0);
  EXPECT_TRUE(std::isnan(exp(nan)));
  EXPECT_EQ(log1p(-1.0), -kInfinity);
  EXPECT_TRUE(std::isnan(log1p(-1.5)));
  EXPECT_EQ(log1p(kInfinity), kInfinity);
  EXPECT_EQ(log1p(0.0), 0.0);
  EXPECT_TRUE(std::signbit(log1p(-0.0)));
  EXPECT_EQ(expm1(-kInfinity), -1.0);
  EXPECT_EQ(expm1(kInfinity), kInfinity);
  EXPECT_EQ(expm1(1e-300), 1e-300);
  EXPECT_TRUE(std::isnan(expm1(nan)));
}

TEST(Math, SubnormalResultsAreRoundedOnce) {
  if (std::numeric_limits<long double>::digits < 64) GTEST_SKIP() << "no wider reference here";
  Prng prng(5);
  for (int i = 0; i < 5'000; ++i) {
    const double x = -708.0 - prng.unit() * 37.0;
    const long double want = std::exp(static_cast<long double>(x));
    EXPECT_LE(std::fabs(static_cast<long double>(exp(x)) - want), 0x1p-1074L * 0.5008L)
        << std::hexfloat << x;
  }
}

// The same digest on every machine: this is what makes a seed reproduce a run.
TEST(Math, TheSameBitsEverywhere) {
  Prng prng(2026);
  Sha256 hash;
  for (int i = 0; i < 20'000; ++i) {
    const double x = prng.unit() * 50.0 + 1e-9;
    for (const double v : {ln(x), exp(-x), log1p(x), expm1(-x)}) {
      const auto bits = std::bit_cast<std::uint64_t>(v);
      for (int byte = 0; byte < 8; ++byte) {
        const char c = static_cast<char>(bits >> (8 * byte));
        hash.update({&c, 1});
      }
    }
  }
  EXPECT_EQ(hash.hex(), "65c4164cd6e2d445332bf6c94f4385f564468f0dbc0f42fc927a9682ceaf78f3");
}

}  // namespace
}  // namespace slipway
