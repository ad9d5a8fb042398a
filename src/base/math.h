// ln, exp, log1p and expm1 whose results are the same bits on every processor. The C library picks
// its own variant by the processor it finds, and their last bits differ; the judge's evidence must
// not. Only IEEE additions, products and quotients are used here, never a fused one.
#pragma once

#include <span>

namespace slipway {

// Natural logarithm, correctly rounded in practice (the error before the last rounding is below
// 2^-95 of the result). ln(0) is -inf, ln(x < 0) is NaN, infinities and NaN pass.
double ln(double x);

// e^x, correctly rounded in practice, also where the result is subnormal. Overflows to +inf.
double exp(double x);

// ln(1 + x), accurate for small x; -inf at -1, NaN below.
double log1p(double x);

// e^x - 1, accurate for small x.
double expm1(double x);

// Of each in its place, the same bits: many at once take less than half as long.
void ln_each(std::span<double> values);
void exp_each(std::span<double> values);
void log1p_each(std::span<double> values);

// Two at a time, as where the processor has no wider lanes: to compare with.
namespace narrow {
void ln_each(std::span<double>);
void log1p_each(std::span<double>);
void exp_each(std::span<double>);
}  // namespace narrow

}  // namespace slipway
