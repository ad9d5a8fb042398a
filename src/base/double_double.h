// Double-double arithmetic after Dekker (1971) and Knuth (TAOCP 2, 4.2.2): a value is the
// unevaluated sum of two doubles, about 106 bits. With logarithms and powers for tables that are
// computed at compile time. Of base/math alone.
#pragma once

#include <bit>
#include <cfloat>
#include <cstdint>
#include <limits>

static_assert(FLT_EVAL_METHOD == 0, "double arithmetic must be done in doubles");
static_assert(std::numeric_limits<double>::is_iec559);

namespace slipway::wide {

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

// By 2 atanh((c - 1)/(c + 1)), for c near 1.
constexpr Wide slow_ln(double c) {
  const Wide u = div({c - 1.0, 0.0}, {c + 1.0, 0.0});
  const Wide v = mul(u, u);
  Wide series{};
  for (int n = 61; n >= 1; n -= 2) series = add(mul(series, v), div({1.0, 0.0}, {double(n), 0.0}));
  return mul(mul(u, series), 2.0);
}

// For |x| < 1.
constexpr Wide slow_exp(Wide x) {
  Wide series{1.0, 0.0};
  for (int n = 30; n >= 1; --n)
    series = add(mul(mul(series, x), div({1.0, 0.0}, {double(n), 0.0})), 1.0);
  return series;
}

}  // namespace slipway::wide
