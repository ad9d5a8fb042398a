// Double-double arithmetic after Dekker (1971) and Knuth (TAOCP 2, 4.2.2): a value is the
// unevaluated sum of two doubles, about 106 bits. Argument reduction by tables that are computed at
// compile time.
#include "base/math.h"

#include <array>
#include <bit>
#include <cfloat>
#include <cstdint>
#include <limits>

static_assert(FLT_EVAL_METHOD == 0, "double arithmetic must be done in doubles");
static_assert(std::numeric_limits<double>::is_iec559);

namespace slipway {
namespace {

struct Wide {
  double hi = 0, lo = 0;
};

constexpr Wide quick_sum(double a, double b) {  // |a| >= |b|
  const double s = a + b;
  return {s, b - (s - a)};
}

constexpr Wide sum(double a, double b) {
  const double s = a + b;
  const double t = s - a;
  return {s, (a - (s - t)) + (b - t)};
}

constexpr Wide product(double a, double b) {
  constexpr double kSplit = 134217729.0;  // 2^27 + 1
  const double p = a * b;
  const double ca = kSplit * a, cb = kSplit * b;
  const double ah = ca - (ca - a), al = a - ah;
  const double bh = cb - (cb - b), bl = b - bh;
  return {p, ((ah * bh - p) + ah * bl + al * bh) + al * bl};
}

constexpr Wide add(Wide a, Wide b) {
  Wide s = sum(a.hi, b.hi);
  const Wide t = sum(a.lo, b.lo);
  s = quick_sum(s.hi, s.lo + t.hi);
  return quick_sum(s.hi, s.lo + t.lo);
}

constexpr Wide add(Wide a, double b) {
  const Wide s = sum(a.hi, b);
  return quick_sum(s.hi, s.lo + a.lo);
}

constexpr Wide mul(Wide a, Wide b) {
  const Wide p = product(a.hi, b.hi);
  return quick_sum(p.hi, p.lo + (a.hi * b.lo + a.lo * b.hi));
}

constexpr Wide mul(Wide a, double b) {
  const Wide p = product(a.hi, b);
  return quick_sum(p.hi, p.lo + a.lo * b);
}

constexpr Wide div(Wide a, Wide b) {
  const double q1 = a.hi / b.hi;
  Wide r = add(a, mul(b, -q1));
  const double q2 = r.hi / b.hi;
  r = add(r, mul(b, -q2));
  const double q3 = r.hi / b.hi;
  return add(quick_sum(q1, q2), q3);
}

// ln 2 in three parts.
constexpr double kLn2Hi = 0x1.62e42fefa39efp-1;
constexpr double kLn2Mid = 0x1.abc9e3b39803fp-56;
constexpr double kLn2Lo = 0x1.7b57a079a1934p-111;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

constexpr double power_of_two(int e) {  // -1022 <= e <= 1023
  return std::bit_cast<double>(static_cast<std::uint64_t>(e + 1023) << 52);
}

// ---- tables ---------------------------------------------------------------------------------

// ln(j / 128) for j in [kLnFirst, kLnLast], by 2 atanh((c - 1)/(c + 1)).
constexpr int kLnFirst = 88, kLnLast = 184;

constexpr Wide slow_ln(double c) {
  const Wide u = div({c - 1.0, 0.0}, {c + 1.0, 0.0});
  const Wide v = mul(u, u);
  Wide series{};
  for (int n = 61; n >= 1; n -= 2) series = add(mul(series, v), div({1.0, 0.0}, {double(n), 0.0}));
  return mul(mul(u, series), 2.0);
}

constexpr auto kLnTable = [] {
  std::array<Wide, kLnLast - kLnFirst + 1> table{};
  for (int j = kLnFirst; j <= kLnLast; ++j)
    table[static_cast<std::size_t>(j - kLnFirst)] = slow_ln(j / 128.0);
  return table;
}();

// e^(j / 64) for |j| <= kExpLast.
constexpr int kExpLast = 24;

constexpr Wide slow_exp(double x) {
  Wide series{1.0, 0.0};
  for (int n = 30; n >= 1; --n)
    series = add(mul(mul(series, x), div({1.0, 0.0}, {double(n), 0.0})), 1.0);
  return series;
}

constexpr auto kExpTable = [] {
  std::array<Wide, 2 * kExpLast + 1> table{};
  for (int j = -kExpLast; j <= kExpLast; ++j)
    table[static_cast<std::size_t>(j + kExpLast)] = slow_exp(j / 64.0);
  return table;
}();

constexpr Wide kThird = div({1.0, 0.0}, {3.0, 0.0});
constexpr Wide kFifth = div({1.0, 0.0}, {5.0, 0.0});
constexpr Wide kSixth = div({1.0, 0.0}, {6.0, 0.0});
constexpr Wide k24th = div({1.0, 0.0}, {24.0, 0.0});
constexpr Wide k120th = div({1.0, 0.0}, {120.0, 0.0});

// ---- the quick way --------------------------------------------------------------------------
//
// Doubles with one correction, about 64 bits, and a bound of the error: where every value within
// the bound rounds to the same double, that is the result; else (one in fifty) the long way is
// taken (Ziv 1991). The bits are those of the long way.

// ln 2 as a part with 41 bits, so that k times it is exact, and the rest.
constexpr double kLn2Short = 0x1.62e42fefa38p-1;
constexpr double kLn2Rest = 0x1.ef35793c7673p-45;

struct Near {
  double inverse = 0;  // of about j / 128, ten bits
  Wide ln;             // of its reciprocal
};

constexpr auto kNearTable = [] {
  std::array<Near, kLnLast - kLnFirst + 1> table{};
  for (int j = kLnFirst; j <= kLnLast; ++j) {
    const double inverse = static_cast<double>(static_cast<int>(65536.0 / j + 0.5)) / 512.0;
    const Wide ln = slow_ln(inverse);
    table[static_cast<std::size_t>(j - kLnFirst)] = {inverse, {-ln.hi, -ln.lo}};
  }
  return table;
}();

bool rounds(Wide w, double error, double& result) {
  result = w.hi + (w.lo + error);
  return result == w.hi + (w.lo - error);
}

// ln(2^k (m + tail)) as in logarithm() below.
bool quick_logarithm(int k, double m, double tail, double& result) {
  const int j = static_cast<int>(m * 128.0 + 0.5);
  const Near& near = kNearTable[static_cast<std::size_t>(j - kLnFirst)];
  // r = (m + tail) / c - 1: the products are exact, because the halves of m are short.
  const double high =
      std::bit_cast<double>(std::bit_cast<std::uint64_t>(m) & 0xfffffffff8000000ULL);
  const Wide r = sum(high * near.inverse - 1.0, (m - high) * near.inverse);
  const double rest = r.lo + tail * near.inverse;
  const double x = r.hi;
  // In pairs, so that the steps need not wait for each other.
  const double x2 = x * x, x4 = x2 * x2;
  const double first = (-0.5 + x * (1.0 / 3)) + x2 * (-0.25 + x * 0.2);
  const double then = (-1.0 / 6 + x * (1.0 / 7)) + x2 * (-0.125 + x * (1.0 / 9));
  const double square = x2 * (first + x4 * (then + x4 * (-0.1 + x * (1.0 / 11))));
  const double low = square + rest * (1.0 - x);
  // Near 1 the rest may be nearly as large as x: then its square and the rounding of `low` count.
  if (k == 0 && j == 128) {
    const double lost = (x < 0 ? -x : x) * 0x1p-58 + (rest < 0 ? -rest : rest) * 0x1p-52;
    return rounds(quick_sum(x, low), lost, result);
  }
  const double n = k;
  const Wide whole = sum(n * kLn2Short, near.ln.hi);
  const Wide all = sum(whole.hi, x);
  const double below = all.lo + (whole.lo + (n * kLn2Rest + near.ln.lo + low));
  // Without a power of two the largest error is that of `square`, below 2^-66.
  return rounds(quick_sum(all.hi, below), k == 0 ? 0x1p-65 : 0x1p-63, result);
}

// ---- logarithms -----------------------------------------------------------------------------

// ln(2^k (m + tail)), m in [0.69, 1.42), tail far below m.
double logarithm(int k, double m, double tail) {
  if (double result = 0; quick_logarithm(k, m, tail, result)) return result;
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

// ---- exponentials ---------------------------------------------------------------------------

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

// e^x for |x| < 700, by the quick way.
bool quick_exponential(double x, double& result) {
  const double turns = x * 0x1.71547652b82fep+0;
  const int k = static_cast<int>(turns + (turns < 0 ? -0.5 : 0.5));
  const double n = k;
  const Wide a = sum(x, -n * kLn2Short);
  const Wide r = sum(a.hi, -n * kLn2Rest);
  const double scaled = r.hi * 64.0;
  const int j = static_cast<int>(scaled + (scaled < 0 ? -0.5 : 0.5));
  const double s = r.hi - j / 64.0;  // exact: both are near
  const double rest = r.lo + a.lo;
  const double s2 = s * s;
  const double near = (0.5 + s * (1.0 / 6)) + s2 * (1.0 / 24 + s * (1.0 / 120));
  const double far = (1.0 / 720 + s * (1.0 / 5040)) + s2 * (1.0 / 40320 + s * (1.0 / 362880));
  const double square = s2 * (near + s2 * s2 * far);
  const Wide factor = kExpTable[static_cast<std::size_t>(j + kExpLast)];
  const Wide first = product(factor.hi, s);
  const Wide all = quick_sum(factor.hi, first.hi);
  const double low =
      all.lo + (first.lo + (factor.hi * (square + rest * (1.0 + s)) + factor.lo * (1.0 + s)));
  if (!rounds(quick_sum(all.hi, low), 0x1p-63, result)) return false;
  result *= power_of_two(k);
  return true;
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
  if (double result = 0; x > -700 && x < 700 && quick_exponential(x, result)) return result;
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

}  // namespace slipway
