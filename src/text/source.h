// The bytes of one file by lines: places from offsets, and the line a diagnostic shows. Looks for
// what no configuration may hold (size, NUL, broken UTF-8) before any parser sees it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/diagnostic.h"

namespace slipway::text {

class Source {
 public:
  // `bytes` must outlive this object.
  Source(std::string_view bytes, std::string file);

  const std::string& file() const { return file_; }
  std::string_view bytes() const { return bytes_; }
  std::string_view line(int number) const;  // from 1, without its end; "" when there is none
  Place at_offset(std::size_t offset, int length = 1) const;
  // From a line and a column counted in characters, both from 0, as libyaml counts.
  Place at_mark(std::size_t line, std::size_t column) const;
  Diagnostic error(const Place&, std::string code, std::string text, std::string hint = "") const;

  // Too large, NUL bytes, not UTF-8: the first such fault, or nothing.
  std::optional<Diagnostic> unreadable() const;

 private:
  std::string_view bytes_;
  std::string file_;
  std::vector<std::size_t> starts_;  // of each line
};

// The offset of the first byte that is not part of well-formed UTF-8 (RFC 3629), or npos.
std::size_t first_broken_utf8(std::string_view bytes);

}  // namespace slipway::text
