#include "text/source.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"

namespace slipway::text {
namespace {

// The length of the sequence at `i`, or 0 when it is not well-formed.
std::size_t sequence(std::string_view s, std::size_t i) {
  const auto u = [&](std::size_t k) { return static_cast<unsigned char>(s[k]); };
  const unsigned char a = u(i);
  if (a < 0x80) return 1;
  const std::size_t n = a >= 0xf0 && a <= 0xf4  ? 4
                        : a >= 0xe0 && a < 0xf0 ? 3
                        : a >= 0xc2 && a < 0xe0 ? 2
                                                : 0;
  if (n == 0 || i + n > s.size()) return 0;
  for (std::size_t k = 1; k < n; ++k)
    if (!continues(s[i + k])) return 0;
  const unsigned char b = u(i + 1);
  if ((a == 0xe0 && b < 0xa0) || (a == 0xed && b > 0x9f) || (a == 0xf0 && b < 0x90) ||
      (a == 0xf4 && b > 0x8f))
    return 0;  // overlong, surrogate, beyond U+10FFFF
  return n;
}

}  // namespace

std::size_t first_broken_utf8(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    const std::size_t n = sequence(bytes, i);
    if (n == 0) return i;
    i += n;
  }
  return std::string_view::npos;
}

Source::Source(std::string_view bytes, std::string file) : bytes_(bytes), file_(std::move(file)) {
  starts_.push_back(0);
  if (bytes.size() > limits::kConfigBytes) return;  // refused before a line of it is asked for
  for (std::size_t i = 0; i < bytes.size(); ++i)
    if (bytes[i] == '\n' || (bytes[i] == '\r' && (i + 1 == bytes.size() || bytes[i + 1] != '\n')))
      starts_.push_back(i + 1);
}

std::string_view Source::line(int number) const {
  if (number < 1 || static_cast<std::size_t>(number) > starts_.size()) return {};
  const std::size_t from = starts_[static_cast<std::size_t>(number) - 1];
  const std::size_t to = bytes_.find_first_of("\r\n", from);
  return bytes_.substr(from, to == std::string_view::npos ? to : to - from);
}

Place Source::at_offset(std::size_t offset, int length) const {
  const auto next = std::ranges::upper_bound(starts_, offset);
  const auto line = static_cast<int>(next - starts_.begin());
  return {file_, line, static_cast<int>(offset - *(next - 1)) + 1, length};
}

Place Source::at_mark(std::size_t line, std::size_t column) const {
  const auto number = static_cast<int>(std::min(line + 1, starts_.size()));
  const std::string_view text = this->line(number);
  std::size_t i = 0;
  for (; i < text.size() && column > 0; --column) {
    ++i;
    while (i < text.size() && continues(text[i])) ++i;
  }
  return {file_, number, static_cast<int>(i) + 1, 1};
}

Diagnostic Source::error(const Place& place, std::string code, std::string text,
                         std::string hint) const {
  return {Severity::error, place,           std::move(code),
          std::move(text), std::move(hint), std::string(line(place.line))};
}

std::optional<Diagnostic> Source::unreadable() const {
  if (bytes_.size() > limits::kConfigBytes)
    return Diagnostic{Severity::error,
                      {file_, 0, 0, 1},
                      "too_large",
                      fmt::format("the file has {} bytes; at most {} are read", bytes_.size(),
                                  limits::kConfigBytes),
                      "a configuration holds settings; keep data in files of its own",
                      ""};
  if (const auto nul = bytes_.find('\0'); nul != std::string_view::npos) {
    Diagnostic d = error(at_offset(nul), "nul_byte", "the file holds a NUL byte",
                         "save it as plain UTF-8 text");
    d.excerpt.clear();
    return d;
  }
  if (const auto bad = first_broken_utf8(bytes_); bad != std::string_view::npos) {
    Diagnostic d =
        error(at_offset(bad), "not_utf8",
              fmt::format("byte 0x{:02x} is not UTF-8", static_cast<unsigned char>(bytes_[bad])),
              "save the file as UTF-8");
    d.excerpt.clear();
    return d;
  }
  return std::nullopt;
}

}  // namespace slipway::text
