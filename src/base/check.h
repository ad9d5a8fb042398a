// CHECK guards an invariant: it is on in every build. A broken one throws; the shell drops the
// working copy of the site and quarantines that site alone. Tests and simulations abort instead.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>

namespace slipway {

class InvariantBroken : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] inline void invariant_broken(const char* file, int line, const char* what,
                                          const std::string& detail) {
  throw InvariantBroken(
      fmt::format("{}:{}: {}{}{}", file, line, what, detail.empty() ? "" : ": ", detail));
}

}  // namespace slipway

// The file's name alone: the program must not carry the paths of the machine that built it.
#define CHECK(cond, ...)                                                                          \
  do {                                                                                            \
    if (!(cond)) [[unlikely]]                                                                     \
      ::slipway::invariant_broken(__FILE_NAME__, __LINE__, #cond, ::fmt::format("" __VA_ARGS__)); \
  } while (false)
