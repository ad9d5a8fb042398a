#include "base/math_wide.h"

#include <array>
#include <bit>
#include <cstdint>
#include <limits>

#include "base/double_double.h"

namespace slipway::wide {
namespace {

// ln 2 in three parts.
constexpr double kLn2Hi = 0x1.62e42fefa39efp-1;
constexpr double kLn2Mid = 0x1.abc9e3b39803fp-56;
constexpr double kLn2Lo = 0x1.7b57a079a1934p-111;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

constexpr double power_of_two(int e) {  // -1022 <= e <= 1023
  return std::bit_cast<double>(static_cast<std::uint64_t>(e + 1023) << 52);
}

// ln(j / 128) for j in [kLnFirst, kLnLast], by 2 atanh((c - 1)/(c + 1)).
constexpr int kLnFirst = 88, kLnLast = 184;

constexpr auto kLnTable = [] {
  std::array<Wide, kLnLast - kLnFirst + 1> table{};
  for (int j = kLnFirst; j <= kLnLast; ++j)
    table[static_cast<std::size_t>(j - kLnFirst)] = slow_ln(j / 128.0);
  return table;
}();

// e^(j / 64) for |j| <= kExpLast.
constexpr int kExpLast = 24;

constexpr auto kExpTable = [] {
  std::array<Wide, 2 * kExpLast + 1> table{};
  for (int j = -kExpLast; j <= kExpLast; ++j)
    table[static_cast<std::size_t>(j + kExpLast)] = slow_exp({j / 64.0, 0.0});
  return table;
}();

constexpr Wide kThird = div({1.0, 0.0}, {3.0, 0.0});
constexpr Wide kFifth = div({1.0, 0.0}, {5.0, 0.0});
constexpr Wide kSixth = div({1.0, 0.0}, {6.0, 0.0});
constexpr Wide k24th = div({1.0, 0.0}, {24.0, 0.0});
constexpr Wide k120th = div({1.0, 0.0}, {120.0, 0.0});

// ln(2^k (m + tail)), m in [0.69, 1.42), tail far below m.
double logarithm(int k, double m, double tail) {
  const int j = static_cast<int>(m * 128.0 + 0.5);
  const double c = j / 128.0;
  const Wide above = sum(m - c, tail);  // m - c is exact: both are near
  const Wide below = add(sum(m, c), tail);
  const Wide u = div(above, below);
  const Wide v = mul(u, u);
  // atanh(u) = u (1 + v/3 + v²/5 + …); from v³ on doubles are enough, since v < 2^-16.
  const double far =
      1.0 / 7.0 + v.hi * (1.0 / 9.0 + v.hi * (1.0 / 11.0 + v.hi * (1.0 / 13.0 + v.hi / 15.0)));
  Wide series = add(mul(v, far), kFifth);
  series = add(mul(series, v), kThird);
  series = add(mul(series, v), 1.0);
  Wide result = mul(mul(u, series), 2.0);
  if (j != 128) result = add(kLnTable[static_cast<std::size_t>(j - kLnFirst)], result);
  if (k != 0) {
    const double n = k;
    const Wide high = product(n, kLn2Hi);
    const Wide low = add(product(n, kLn2Mid), n * kLn2Lo);
    result = add(high, add(low, result));
  }
  return result.hi + result.lo;
}

// x = 2^k m with m in [0.69, 1.42); x is normal and positive.
int split_exponent(double x, double& m) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  int k = static_cast<int>(bits >> 52) - 1023;
  m = std::bit_cast<double>((bits & 0x000fffffffffffffULL) | 0x3ff0000000000000ULL);
  if (m >= 1.4140625) {
    m *= 0.5;
    ++k;
  }
  return k;
}

// s + s²/2 + s³/6 + …, |s| <= 2^-6.9: e^s - 1.
Wide small_expm1(Wide s) {
  const double x = s.hi;
  const double far =
      1.0 / 720.0 +
      x * (1.0 / 5040.0 +
           x * (1.0 / 40320.0 +
                x * (1.0 / 362880.0 +
                     x * (1.0 / 3628800.0 + x * (1.0 / 39916800.0 + x / 479001600.0)))));
  Wide series = add(mul(s, far), k120th);
  series = add(mul(series, s), k24th);
  series = add(mul(series, s), kSixth);
  series = add(mul(series, s), 0.5);
  series = add(mul(series, s), 1.0);
  return mul(series, s);
}

// e^x = 2^k × the result, which lies in [0.7, 1.42); |x| < 750.
Wide exponential(double x, int& k) {
  const double turns = x * 0x1.71547652b82fep+0;
  k = static_cast<int>(turns + (turns < 0 ? -0.5 : 0.5));
  Wide r{x, 0.0};
  if (k != 0) {
    const double n = -k;
    r = add(add(product(n, kLn2Hi), x), add(product(n, kLn2Mid), n * kLn2Lo));
  }
  const double scaled = r.hi * 64.0;
  const int j = static_cast<int>(scaled + (scaled < 0 ? -0.5 : 0.5));
  const Wide s = add(r, j / -64.0);
  const Wide factor = kExpTable[static_cast<std::size_t>(j + kExpLast)];
  return add(factor, mul(factor, small_expm1(s)));
}

// 2^k w rounded once, also into the subnormal range.
double scale(Wide w, int k) {
  w = quick_sum(w.hi, w.lo);
  if (k > -1022 || (k == -1022 && w.hi >= 1.0)) {
    if (k > 1022) return (w.hi * 2.0) * power_of_two(k - 1);
    return w.hi * power_of_two(k);
  }
  if (k < -1076) return 0.0;
  // Adding `base` rounds to a multiple of the smallest subnormal; a tie is settled by the low part.
  const double base = power_of_two(-1022 - k);
  const double quantum = power_of_two(-1074 - k);
  const Wide t = sum(base, w.hi);
  double rounded = t.hi;
  if (t.lo == quantum / 2 && w.lo > 0) rounded += quantum;
  if (t.lo == -quantum / 2 && w.lo < 0) rounded -= quantum;
  return ((rounded - base) * power_of_two(k + 100)) * power_of_two(-100);
}

}  // namespace

double ln(double x) {
  if (x != x) return x;
  if (x < 0) return kNan;
  if (x == 0) return -kInfinity;
  if (x == kInfinity) return x;
  int extra = 0;
  if (x < 0x1p-1022) {
    x *= 0x1p54;
    extra = -54;
  }
  double m = 0;
  const int k = split_exponent(x, m);
  return logarithm(k + extra, m, 0.0);
}

double log1p(double x) {
  if (x != x) return x;
  if (x < -1) return kNan;
  if (x == -1) return -kInfinity;
  if (x == kInfinity) return x;
  if (x > -0x1p-54 && x < 0x1p-54) return x;  // x - x²/2 rounds to x
  const Wide y = sum(1.0, x);
  double m = 0;
  const int k = split_exponent(y.hi, m);
  // Beyond 2^54 the low part is 0 or 1 beside y.hi; it is scaled in two steps.
  const double tail = k > 1000 ? 0.0 : y.lo * power_of_two(-k);
  return logarithm(k, m, tail);
}

double exp(double x) {
  if (x != x) return x;
  if (x > 709.782712893384) return kInfinity;
  if (x < -745.1332191019412) return 0.0;
  if (x > -0x1p-55 && x < 0x1p-55) return 1.0 + x;
  int k = 0;
  const Wide w = exponential(x, k);
  return scale(w, k);
}

double expm1(double x) {
  if (x != x) return x;
  if (x > 709.782712893384) return kInfinity;
  if (x > -0x1p-54 && x < 0x1p-54) return x;  // x + x²/2 rounds to x
  if (x > -0x1p-7 && x < 0x1p-7) {
    const Wide r = small_expm1({x, 0.0});
    return r.hi + r.lo;
  }
  if (x < -80.0) return -1.0;  // the next double above -1 is 2^-53 away
  int k = 0;
  const Wide w = exponential(x, k);
  if (k > 200) return scale(w, k);
  const double factor = power_of_two(k);
  const Wide r = add(Wide{w.hi * factor, w.lo * factor}, -1.0);
  return r.hi + r.lo;
}

}  // namespace slipway::wide
