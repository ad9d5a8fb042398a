// Expected failures are values. An Error is a closed kind and one sentence that names place, cause
// and, where there is one, the remedy. Broken invariants are not errors: see check.h.
#pragma once

#include <fmt/format.h>

#include <expected>
#include <string>
#include <utility>

namespace slipway {

enum class Fault : unsigned char {
  invalid,      // the input is wrong
  missing,      // what was named does not exist
  conflict,     // the state does not allow it now
  refused,      // a rule or a right forbids it
  unavailable,  // the other side cannot be reached or cannot work
  timeout,      // no answer in time
  exhausted,    // disk, memory, ports, descriptors, quota
  corrupt,      // what was read is not what was written
  cancelled,
  unsupported,  // not in this version
  internal,
};

struct Error {
  Fault fault = Fault::internal;
  std::string text;
  bool operator==(const Error&) const = default;
};

template <class T = void>
using Result = std::expected<T, Error>;

template <class... A>
std::unexpected<Error> fail(Fault fault, fmt::format_string<A...> f, A&&... a) {
  return std::unexpected(Error{fault, fmt::format(f, std::forward<A>(a)...)});
}

}  // namespace slipway

// The value of a Result, or an early return of its error from the enclosing function.
#define TRY(...)                                                                \
  ({                                                                            \
    auto slipway_try_ = (__VA_ARGS__);                                          \
    if (!slipway_try_) return std::unexpected(std::move(slipway_try_).error()); \
    std::move(slipway_try_).value();                                            \
  })
