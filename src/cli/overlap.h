// What is new in an output that was read again. Pure.
#pragma once

#include <string>
#include <string_view>

namespace slipway::cli {

// The lines of `now` that came after those of `before`. Each source is compared with itself: the
// agent writes the instances one after the other, "VERSION iN | line". A source that shares nothing
// with what was read before (its file was rotated away) is given whole.
std::string new_lines(std::string_view before, std::string_view now);

std::string last_lines(std::string_view text, std::size_t n);

}  // namespace slipway::cli
