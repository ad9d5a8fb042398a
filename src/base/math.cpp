// The quick way: doubles with one correction, about 67 bits, and a bound of the error. Where every
// value within the bound rounds to the same double, that is the result; else the long way is taken
// (Ziv, "Fast evaluation of elementary mathematical functions with correctly rounded last bit",
// ACM TOMS 17, 1991; Sibidanov, Zimmermann & Glondu, "The CORE-MATH project", ARITH 2022). So the
// bits are those of the long way, whatever the quick one costs. Several arguments go side by side.
#include "base/math.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "base/double_double.h"
#include "base/math_wide.h"

namespace slipway {
namespace {

// So many lanes: two are what every processor has. Each lane's operations are those of a double by
// itself.
template <std::size_t N>
struct Lanes;
template <>
struct Lanes<2> {
  using Values = double __attribute__((vector_size(16)));
  using Bits = std::uint64_t __attribute__((vector_size(16)));
  using Mask = std::int64_t __attribute__((vector_size(16)));
};
template <>
struct Lanes<4> {
  using Values = double __attribute__((vector_size(32)));
  using Bits = std::uint64_t __attribute__((vector_size(32)));
  using Mask = std::int64_t __attribute__((vector_size(32)));
};

template <class V>
inline constexpr std::size_t kLanes = sizeof(V) / sizeof(double);
template <class V>
using BitsOf = typename Lanes<kLanes<V>>::Bits;
template <class V>
using MaskOf = typename Lanes<kLanes<V>>::Mask;
using Pair = Lanes<2>::Values;
using Four = Lanes<4>::Values;

#define SLIPWAY_PART [[gnu::always_inline]] inline
template <class V>
SLIPWAY_PART BitsOf<V> bits_of(V x) {
  return std::bit_cast<BitsOf<V>>(x);
}
template <class B>
SLIPWAY_PART auto values_of(B x) {
  return std::bit_cast<typename Lanes<kLanes<B>>::Values>(x);
}
template <class V>
SLIPWAY_PART V kept_bits(V x, std::uint64_t mask) {
  return values_of(bits_of(x) & mask);
}
template <class V>
SLIPWAY_PART V size_of(V x) {
  return kept_bits(x, ~0ULL >> 1);
}
template <class V>
SLIPWAY_PART V all_of(double x) {
  return x - V{};
}
template <class M>
SLIPWAY_PART bool every(M mask) {
  std::int64_t all = mask[0];
  for (std::size_t i = 1; i < sizeof(M) / 8; ++i) all &= mask[i];
  return all != 0;
}
// Of the table, for each lane.
template <class V, class Table, class Get>
SLIPWAY_PART V taken(const Table& table, BitsOf<V> at, Get get) {
  V values;
  for (std::size_t i = 0; i < kLanes<V>; ++i) values[i] = get(table[at[i]]);
  return values;
}

constexpr std::uint64_t kExponent = 0xfff0000000000000, kFraction = ~kExponent;
constexpr std::uint64_t kOne = 0x3ff0000000000000;
constexpr std::uint64_t kShort = ~0x7ffffffULL;  // 26 significant bits

// Whether hi + lo + anything within ±error rounds to the same; then that is the result. The sum of
// lo and error is rounded itself: the bounds below have room for it.
template <class V>
SLIPWAY_PART MaskOf<V> rounds(V hi, V lo, V error, V& result) {
  result = hi + (lo + error);
  return result == hi + (lo - error);
}

// A constant whose last bit is 2^-42: small integers times it are exact. And the rest.
constexpr wide::Wide shortened(wide::Wide w) {
  constexpr double kCut = 0x1.8p10;  // its last bit is 2^-42
  const double high = (w.hi + kCut) - kCut;
  return {high, (w.hi - high) + w.lo};
}
constexpr wide::Wide kLn2 = {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};
constexpr wide::Wide kLn2Parts = shortened(kLn2);

// ---- logarithms -----------------------------------------------------------------------------

// An argument is 2^k z, z in [0.6875, 1.375); eight bits choose r near 1/z with at most nine bits.
// ln = k ln 2 - ln r + ln(1 + x), x = z r - 1. Because r is short, x is a double exactly:
//   z < 1:  z is a multiple of 2^-53, r of 2^-8, so is x of 2^-61; |x| <= 2^-10 r + 2^-9 z < 2^-8
//   z >= 1: of 2^-52, 2^-9 and 2^-61; |x| <= 2^-9 r + 2^-10 z < 2^-8
// Beside 1 on either side r is 1.
constexpr std::uint64_t kLeastZ = 0x3fe6000000000000;  // 0.6875
constexpr int kZBits = 8;

struct Near {
  double r = 0;
  wide::Wide ln;  // of 1/r, shortened
};

constexpr auto kNear = [] {
  std::array<Near, 1 << kZBits> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const auto middle =
        std::bit_cast<double>(kLeastZ + (i << (52 - kZBits)) + (std::uint64_t{1} << (51 - kZBits)));
    const double steps = middle < 1 ? 256 : 512;
    const bool beside_one = middle > 1 - 0x1p-9 && middle < 1 + 0x1p-8;
    const double r = beside_one ? 1 : static_cast<int>(steps / middle + 0.5) / steps;
    const wide::Wide ln = wide::slow_ln(r);
    table[i] = {r, shortened({-ln.hi, -ln.lo})};
  }
  return table;
}();

// ln(y + rest), where y is normal and |rest| at most half of its last bit.
//
// The error (u = 2^-53): x is exact, and `whole` = k ln2.hi - ln r is, since both are multiples of
// 2^-42 below 2^10. It is 0 or at least 2^-9 and always a multiple of the last bit of x, so the
// rest of its sum with x is exact (Rump, Ogita & Oishi 2008, lemma 2.6); so is -x_high²/2, since
// x_high has 26 bits, and the rest of its sum with that. What is left out and rounded, |x| <
// 2^-8.4:
//   the series after x^8:            |x|^9/9 < 2^-78.7
//   x³ (1/3 - …), five roundings:    5 u |x|³/3 < 2^-77.4
//   the sums of low parts below 2^-26, and that ± error: 4 of 2^-80
//   ln2.lo and the table's low part: 2^10 2^-97 + 2^-96
//   x_low (x + x_high)/2:            3 u 2^-26 x² < 2^-94
//   rest r (1 - x + x²), |rest r| <= u: |x³| u + 4 u²
// Together below 2^-75.9; kFar is twice as much. Beside 1, where `whole` is 0 and |x| <= 2^-8, the
// same lines are, in parts of |x|: x^8/9 + 5 u x²/3 < 2^-50.7 x², 2^-78 |x|, and four roundings u
// of low parts below u + x²/3 + 2^-26 |x|: below 2^-50 x² + 2^-100; and 2^-51 |rest|.
template <bool kRest, class V>
SLIPWAY_PART MaskOf<V> quick_ln(V y, V rest, V& result) {
  constexpr double kFar = 0x1p-75, kCubed = 0x1p-50, kLeast = 0x1p-100, kOfRest = 0x1p-51;
  const BitsOf<V> from = bits_of(y) - kLeastZ;
  const V z = values_of(bits_of(y) - (from & kExponent));
  const BitsOf<V> at = (from & kFraction) >> (52 - kZBits);
  // k + 2048 in the fraction of 2^52: no conversion of integers is needed.
  const BitsOf<V> counted = ((from + (std::uint64_t{1} << 63)) >> 52) + 0x4330000000000000ULL;
  const V k = values_of(counted) - (0x1p52 + 2048);
  const V r = taken<V>(kNear, at, [](const Near& near) { return near.r; });
  const V z_high = kept_bits(z, kShort);
  const V x = (z_high * r - 1.0) + (z - z_high) * r;

  const V whole =
      k * kLn2Parts.hi + taken<V>(kNear, at, [](const Near& near) { return near.ln.hi; });
  const V sum = whole + x;
  const V x_high = kept_bits(x, kShort);
  const V square = x_high * x_high * -0.5;
  const V hi = sum + square;
  const V exact = (x - (sum - whole)) + (square - (hi - sum));

  const V x2 = x * x;
  const V series = (1.0 / 3 - x * 0.25) + x2 * ((0.2 - x * (1.0 / 6)) + x2 * (1.0 / 7 - x * 0.125));
  V low = x2 * x * series - (x - x_high) * (x + x_high) * 0.5;
  low +=
      exact + (k * kLn2Parts.lo + taken<V>(kNear, at, [](const Near& near) { return near.ln.lo; }));
  V beside = size_of(x) * (x2 * kCubed + kLeast);
  if constexpr (kRest) {
    // rest is scaled by 2^-k as y was.
    const V part = rest * values_of(kOne - (from & kExponent)) * r;
    low += part - part * (x - x2);
    beside += size_of(part) * kOfRest;
  }
  const BitsOf<V> apart = std::bit_cast<BitsOf<V>>(whole != 0.0);
  const V error = values_of((bits_of(all_of<V>(kFar)) & apart) | (bits_of(beside) & ~apart));
  return rounds(hi, low, error, result);
}

template <class V>
SLIPWAY_PART MaskOf<V> quick_ln(V x, V& result) {
  const MaskOf<V> normal = (x >= 0x1p-1022) & (x < std::numeric_limits<double>::infinity());
  return normal & quick_ln<false>(x, V{}, result);
}

template <class V>
SLIPWAY_PART MaskOf<V> quick_log1p(V x, V& result) {
  const MaskOf<V> plain = (x > -1.0) & (x < 0x1p50) & (size_of(x) > 0x1p-50);
  const V y = 1.0 + x;
  const V one = y - x;  // the sum's exact rest, after Knuth
  const V rest = (1.0 - one) + (x - (y - one));
  return plain & quick_ln<true>(y, rest, result);
}

// ---- exponentials ---------------------------------------------------------------------------

// 2^(j/128): 26 bits and the rest.
constexpr auto kPowers = [] {
  std::array<wide::Wide, 128> table{};
  for (std::size_t j = 0; j < table.size(); ++j) {
    const wide::Wide power = wide::slow_exp(wide::mul(kLn2, static_cast<double>(j) / 128.0));
    const auto high = std::bit_cast<double>(std::bit_cast<std::uint64_t>(power.hi) & kShort);
    table[j] = {high, (power.hi - high) + power.lo};
  }
  return table;
}();

constexpr wide::Wide kLn2By128 = shortened({kLn2.hi / 128, kLn2.lo / 128});

// e^x = 2^(n/128) e^r, |r| <= ln 2 / 256 (1 + u) < 2^-8.5, for |x| < 700.
//
// The error: n·kLn2By128.hi is exact (n < 2^17) and so is what remains of x, a multiple of 2^-61
// below 2^-8. n·kLn2By128.lo is below 2^-26, its error below 2^-79. With t the table's power, at
// most 2, and s_high of 26 bits, t.hi·s_high is exact and so is the sum with t.hi. What is left out
// and rounded, for a result from 1 to 2:
//   the series after s^6:   t s^7/5040 < 2^-70.8
//   s² (1/2 + …), four roundings: 4.1 u s²/2 t <= 2^-67.9
//   s_low + that: t 2^-71; times t: 2^-70; the sums of low parts below 2^-17: two of 2^-70;
//   lo ± error: 2^-70
//   t.lo (s + q), t.lo < 2^-25: 2^-86
// Together below 2^-66.6.
template <class V>
SLIPWAY_PART MaskOf<V> quick_exp(V x, V& result) {
  constexpr double kError = 0x1p-66;
  constexpr double kInteger = 0x1.8p52;  // what is added to it is rounded to an integer
  const MaskOf<V> plain = (x > -700.0) & (x < 700.0);
  const V turned = x * 0x1.71547652b82fep+7 + kInteger;
  const V n = turned - kInteger;
  const BitsOf<V> at = bits_of(turned) & 127ULL;
  const V high = taken<V>(kPowers, at, [](const wide::Wide& power) { return power.hi; });
  const V low = taken<V>(kPowers, at, [](const wide::Wide& power) { return power.lo; });

  const V r = x - n * kLn2By128.hi;
  const V r_low = n * kLn2By128.lo;
  const V s_high = kept_bits(r, kShort);
  const V s_low = (r - s_high) - r_low;
  const V s = s_high + s_low;
  const V s2 = s * s;
  const V q = s2 * ((0.5 + s * (1.0 / 6)) + s2 * ((1.0 / 24 + s * (1.0 / 120)) + s2 * (1.0 / 720)));
  const V first = high * s_high;
  const V hi = high + first;
  const V lo = (first - (hi - high)) + (high * (s_low + q) + (low + low * (s + q)));
  const MaskOf<V> sure = rounds(hi, lo, all_of<V>(kError), result);
  result = values_of(bits_of(result) + ((bits_of(turned) & ~127ULL) << 45));  // times 2^k
  return plain & sure;
}

// ---- one, and many --------------------------------------------------------------------------

struct Ln {
  template <class V>
  SLIPWAY_PART static MaskOf<V> quick(V x, V& result) {
    return quick_ln(x, result);
  }
  static double slow(double x) { return wide::ln(x); }
};

struct Log1p {
  template <class V>
  SLIPWAY_PART static MaskOf<V> quick(V x, V& result) {
    return quick_log1p(x, result);
  }
  static double slow(double x) { return wide::log1p(x); }
};

struct Exp {
  template <class V>
  SLIPWAY_PART static MaskOf<V> quick(V x, V& result) {
    return quick_exp(x, result);
  }
  static double slow(double x) { return wide::exp(x); }
};

template <class F>
double one(double x) {
  Pair result;
  return F::quick(Pair{x, x}, result)[0] != 0 ? result[0] : F::slow(x);
}

template <class F, class V>
SLIPWAY_PART V all_at_once(V x) {
  V result;
  const MaskOf<V> sure = F::quick(x, result);
  if (!every(sure)) {
    for (std::size_t i = 0; i < kLanes<V>; ++i) {
      if (sure[i] == 0) result[i] = F::slow(x[i]);
    }
  }
  return result;
}

// Two are a pair for themselves, one is both of a pair.
template <class F>
SLIPWAY_PART void few(double* values, std::size_t n) {
  if (n == 0) return;
  const Pair result = all_at_once<F>(Pair{values[0], values[n - 1]});
  values[0] = result[0];
  values[n - 1] = result[1];
}

template <class F>
SLIPWAY_PART void each_by_two(double* values, std::size_t n) {
  for (; n > 2; n -= 2, values += 2) few<F>(values, 2);
  few<F>(values, n);
}

#ifdef __x86_64__
template <class F>
[[gnu::target("avx2")]] void each_by_four(double* values, std::size_t n) {
  for (; n > 2; values += 4) {
    const Four x = {values[0], values[1], values[2], n > 3 ? values[3] : values[0]};
    const Four result = all_at_once<F>(x);
    for (std::size_t i = 0; i < 3; ++i) values[i] = result[i];
    if (n == 3) return;
    values[3] = result[3];
    n -= 4;
  }
  few<F>(values, n);
}

template <class F>
void each(std::span<double> values) {
  static const bool has_four = __builtin_cpu_supports("avx2") != 0;
  (has_four ? each_by_four<F> : each_by_two<F>)(values.data(), values.size());
}
#else
template <class F>
void each(std::span<double> values) {
  each_by_two<F>(values.data(), values.size());
}
#endif

}  // namespace

double ln(double x) { return one<Ln>(x); }
double log1p(double x) { return one<Log1p>(x); }
double exp(double x) { return one<Exp>(x); }
double expm1(double x) { return wide::expm1(x); }

void narrow::ln_each(std::span<double> x) { each_by_two<Ln>(x.data(), x.size()); }
void narrow::log1p_each(std::span<double> x) { each_by_two<Log1p>(x.data(), x.size()); }
void narrow::exp_each(std::span<double> x) { each_by_two<Exp>(x.data(), x.size()); }

void ln_each(std::span<double> values) { each<Ln>(values); }
void log1p_each(std::span<double> values) { each<Log1p>(values); }
void exp_each(std::span<double> values) { each<Exp>(values); }

}  // namespace slipway
