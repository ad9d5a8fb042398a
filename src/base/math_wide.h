// The long way of base/math.h: every step in double-doubles, the error before the last rounding is
// below 2^-95 of the result. Taken where the quick way cannot tell how to round, and what that is
// held against. Of base/math and its tests alone.
#pragma once

namespace slipway::wide {

double ln(double x);
double exp(double x);
double log1p(double x);
double expm1(double x);

}  // namespace slipway::wide
