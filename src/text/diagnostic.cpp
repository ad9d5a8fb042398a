#include "text/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>

namespace slipway::text {
namespace {

constexpr std::size_t kWidest = 120;  // characters of an excerpt that are shown

struct Paint {
  const char *bold = "", *kind = "", *mark = "", *off = "";
};

Paint paint(Severity severity, bool colour) {
  if (!colour) return {};
  const char* kind = severity == Severity::error     ? "\x1b[1;31m"
                     : severity == Severity::warning ? "\x1b[1;33m"
                                                     : "\x1b[1;36m";
  return {"\x1b[1m", kind, "\x1b[1;32m", "\x1b[0m"};
}

const char* word(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::notice:
      return "notice";
  }
  return "error";
}

// What a hostile file says must not steer the terminal; tabs become one column, as they are
// counted.
std::string tame(const std::string& text) {
  std::string out;
  for (char c : text) {
    const auto u = static_cast<unsigned char>(c);
    out += (u < 0x20 || u == 0x7f) ? ' ' : c;
  }
  return out;
}

struct Excerpt {
  std::string line;
  std::size_t before = 0;  // characters before the mark
  std::size_t width = 1;   // characters of the mark
};

std::size_t characters(const std::string& s, std::size_t from, std::size_t to) {
  std::size_t n = 0;
  for (std::size_t i = from; i < std::min(to, s.size()); ++i) n += !continues(s[i]);
  return n;
}

Excerpt cut(const Diagnostic& d) {
  const std::string line = tame(d.excerpt);
  const std::size_t at = std::min<std::size_t>(std::max(d.place.column - 1, 0), line.size());
  const std::size_t end = std::min(line.size(), at + std::max(d.place.length, 1));
  Excerpt out{line, characters(line, 0, at), std::max<std::size_t>(1, characters(line, at, end))};
  if (characters(line, 0, line.size()) <= kWidest) return out;
  std::size_t from = at > kWidest / 3 ? at - kWidest / 3 : 0;
  while (from > 0 && continues(line[from])) --from;
  std::size_t to = std::min(line.size(), from + kWidest);
  while (to < line.size() && continues(line[to])) ++to;
  const bool left = from > 0, right = to < line.size();
  out.line = (left ? "…" : "") + line.substr(from, to - from) + (right ? "…" : "");
  out.before = characters(line, from, at) + left;
  out.width = std::min(out.width, std::max<std::size_t>(1, characters(line, at, to)));
  return out;
}

std::string where(const Place& place) {
  if (place.line <= 0) return place.file.empty() ? "" : place.file + ": ";
  if (place.column <= 0) return fmt::format("{}:{}: ", place.file, place.line);
  return fmt::format("{}:{}:{}: ", place.file, place.line, place.column);
}

}  // namespace

bool has_errors(const Diagnostics& all) {
  return std::ranges::any_of(all, [](const auto& d) { return d.severity == Severity::error; });
}

std::string render(const Diagnostic& d, bool colour) {
  const Paint p = paint(d.severity, colour);
  std::string out = fmt::format("{}{}{}{}{}:{} {}{}{}", p.bold, tame(where(d.place)), p.off, p.kind,
                                word(d.severity), p.off, p.bold, tame(d.text), p.off);
  if (!d.excerpt.empty() && d.place.line > 0) {
    const Excerpt e = cut(d);
    out += fmt::format("\n{:>5} | {}", d.place.line, e.line);
    out += fmt::format("\n      | {}{}^{}{}", std::string(e.before, ' '), p.mark,
                       std::string(e.width - 1, '~'), p.off);
  }
  if (!d.hint.empty()) out += fmt::format("\n   hint: {}", tame(d.hint));
  return out;
}

std::string render(const Diagnostics& all, bool colour) {
  std::string out;
  for (const auto& d : all) {
    if (!out.empty()) out += '\n';
    out += render(d, colour);
  }
  return out;
}

}  // namespace slipway::text
