#include "cli/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace slipway::cli {
namespace {

// Digits without the zeros at the end: 25, 24.9, 0.12.
std::string digits(double v, int decimals) {
  std::string s = fmt::format("{:.{}f}", v, decimals);
  if (s.find('.') == std::string::npos) return s;
  while (s.back() == '0') s.pop_back();
  if (s.back() == '.') s.pop_back();
  return s == "-0" ? "0" : s;
}

bool starts_glyph(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

// Bytes of the first `n` code points.
std::size_t bytes_of(std::string_view s, int n) {
  std::size_t i = 0;
  for (; i < s.size(); ++i) {
    if (starts_glyph(s[i]) && n-- == 0) break;
  }
  return i;
}

struct Civil {
  std::chrono::year_month_day day;
  std::chrono::hh_mm_ss<std::chrono::seconds> time;
};

Civil civil(Wall at, int offset_s) {
  auto local = std::chrono::floor<std::chrono::seconds>(at) + std::chrono::seconds(offset_s);
  auto day = std::chrono::floor<std::chrono::days>(local);
  return {std::chrono::year_month_day(day),
          std::chrono::hh_mm_ss<std::chrono::seconds>(local - day)};
}

const char* month_name(unsigned month) {
  static constexpr const char* kNames[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return kNames[(month - 1) % 12];
}

std::optional<int> two(std::string_view s, std::size_t at, std::size_t n = 2) {
  if (at + n > s.size()) return std::nullopt;
  int v = 0;
  for (std::size_t i = at; i < at + n; ++i) {
    if (s[i] < '0' || s[i] > '9') return std::nullopt;
    v = v * 10 + (s[i] - '0');
  }
  return v;
}

}  // namespace

std::string span(double ms) {
  if (ms < 0) ms = 0;
  double s = ms / 1000;
  if (s < 9.95) return digits(s, 1) + " s";
  auto whole = static_cast<std::int64_t>(std::llround(s));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) {
    return whole % 60 == 0 ? fmt::format("{} m", whole / 60)
                           : fmt::format("{} m {} s", whole / 60, whole % 60);
  }
  std::int64_t minutes = whole / 60;
  if (minutes < 48 * 60) {
    return minutes % 60 == 0 ? fmt::format("{} h", minutes / 60)
                             : fmt::format("{} h {} m", minutes / 60, minutes % 60);
  }
  return fmt::format("{} d", minutes / (24 * 60));
}

std::string brief_ms(double ms) {
  if (ms >= 1000) return span(ms);
  return digits(ms, ms < 10 ? 1 : 0) + " ms";
}

std::string count(std::int64_t n) {
  std::string s = fmt::format("{}", n < 0 ? -n : n);
  for (int i = static_cast<int>(s.size()) - 3; i > 0; i -= 3) s.insert(i, ",");
  return n < 0 ? "-" + s : s;
}

std::string share(double basis_points) { return digits(basis_points / 100, 1) + " %"; }

std::string measure(double v, std::string_view unit) {
  if (unit == "fraction") {
    double percent = v * 100;
    return digits(percent, percent > 0 && percent < 0.01 ? 4 : (percent < 10 ? 2 : 1)) + " %";
  }
  if (unit == "ms") return brief_ms(v);
  if (unit == "us") return brief_ms(v / 1000);
  if (unit == "s") return span(v * 1000);
  std::string s = digits(v, 3);
  return unit.empty() || unit == "count" ? s : s + " " + std::string(unit);
}

std::optional<Wall> parse_time(std::string_view s) {
  auto year = two(s, 0, 4), month = two(s, 5), day = two(s, 8);
  auto hour = two(s, 11), minute = two(s, 14), second = two(s, 17);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  if (s[4] != '-' || s[7] != '-' || s[10] != 'T' || s.back() != 'Z') return std::nullopt;
  std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                   std::chrono::day(*day)};
  if (!date.ok()) return std::nullopt;
  Duration fraction{};
  if (s.size() > 20 && s[19] == '.') {
    std::int64_t unit = 100'000;
    for (std::size_t i = 20; i < s.size() && s[i] >= '0' && s[i] <= '9' && unit > 0; ++i) {
      fraction += Duration((s[i] - '0') * unit);
      unit /= 10;
    }
  }
  return Wall(std::chrono::sys_days(date)) + std::chrono::hours(*hour) +
         std::chrono::minutes(*minute) + std::chrono::seconds(*second) + fraction;
}

std::string clock(Wall at, const Look& look) {
  Civil c = civil(at, look.utc_offset_s), today = civil(look.now, look.utc_offset_s);
  if (c.day == today.day) {
    return fmt::format("{:02}:{:02}:{:02}", c.time.hours().count(), c.time.minutes().count(),
                       c.time.seconds().count());
  }
  return fmt::format("{} {} {:02}:{:02}", static_cast<unsigned>(c.day.day()),
                     month_name(static_cast<unsigned>(c.day.month())), c.time.hours().count(),
                     c.time.minutes().count());
}

std::string clock(std::string_view rfc3339, const Look& look) {
  auto at = parse_time(rfc3339);
  return at ? clock(*at, look) : harmless(rfc3339);
}

std::string ago(std::string_view rfc3339, const Look& look) {
  auto at = parse_time(rfc3339);
  if (!at) return {};
  double ms = to_ms(look.now - *at);
  if (ms < 1000) return "just now";
  if (ms > 86'400'000.0 * 2) return span(ms) + " ago";
  if (ms > 3'600'000) return fmt::format("{} h ago", static_cast<int>(ms / 3'600'000));
  if (ms > 60'000) return fmt::format("{} m ago", static_cast<int>(ms / 60'000));
  return fmt::format("{} s ago", static_cast<int>(ms / 1000));
}

int columns(std::string_view s) {
  return static_cast<int>(std::count_if(s.begin(), s.end(), starts_glyph));
}

std::string fit(std::string_view s, int n) {
  if (columns(s) <= n) return std::string(s);
  if (n <= 0) return {};
  return std::string(s.substr(0, bytes_of(s, n - 1))) + "…";
}

std::string pad(std::string_view s, int n) {
  return std::string(s) + std::string(std::max(0, n - columns(s)), ' ');
}

std::string pad_left(std::string_view s, int n) {
  return std::string(std::max(0, n - columns(s)), ' ') + std::string(s);
}

namespace {

// "12 s": a number and its unit are never parted.
bool is_unit(std::string_view piece) {
  while (!piece.empty() && std::string_view(",;:.)").find(piece.back()) != std::string_view::npos) {
    piece.remove_suffix(1);
  }
  for (std::string_view unit : {"s", "m", "h", "d", "ms", "%"}) {
    if (piece == unit) return true;
  }
  return false;
}

// The end of the piece that begins at `at`: a blank where a line may end, or the end of the text.
std::size_t piece_end(std::string_view s, std::size_t at) {
  std::size_t end = std::min(s.find(' ', at), s.size());
  while (end < s.size() && end > at && s[end - 1] >= '0' && s[end - 1] <= '9') {
    std::size_t next = std::min(s.find(' ', end + 1), s.size());
    if (!is_unit(s.substr(end + 1, next - end - 1))) break;
    end = next;
  }
  return end;
}

}  // namespace

Lines wrap(std::string_view s, int n, int indent) {
  Lines lines;
  std::string line;
  auto room = [&] { return lines.empty() ? n : n - indent; };
  auto flush = [&] {
    lines.push_back((lines.empty() ? "" : std::string(static_cast<std::size_t>(indent), ' ')) +
                    line);
    line.clear();
  };
  for (std::size_t at = 0; at < s.size();) {
    std::size_t end = piece_end(s, at);
    std::string_view piece = s.substr(at, end - at);
    if (!line.empty() && columns(line) + 1 + columns(piece) > room()) flush();
    // The first line keeps its runs of blanks: they align the label before the text.
    if (!line.empty() || (at > 0 && lines.empty())) line += ' ';
    line += piece;
    at = end + 1;
  }
  if (!line.empty() || lines.empty()) flush();
  for (std::string& l : lines) {
    while (!l.empty() && l.back() == ' ') l.pop_back();
    l = fit(l, n);
  }
  return lines;
}

std::string harmless(std::string_view s) {
  std::string out;
  out.reserve(s.size());
  for (std::size_t i = 0; i < s.size(); ++i) {
    auto c = static_cast<unsigned char>(s[i]);
    bool c1 = c == 0xC2 && i + 1 < s.size() && static_cast<unsigned char>(s[i + 1]) < 0xA0;
    if (c1) {
      out += '?';
      ++i;
    } else if (c == '\t' || c == '\n' || c == '\r') {
      out += ' ';
    } else {
      out += c < 0x20 || c == 0x7F ? '?' : s[i];
    }
  }
  return out;
}

std::string paint(std::string_view s, Ink ink, bool colour) {
  static constexpr const char* kCodes[] = {"",         "\x1b[32m", "\x1b[31m",
                                           "\x1b[33m", "\x1b[1m",  "\x1b[2m"};
  if (!colour || ink == Ink::plain) return std::string(s);
  return kCodes[static_cast<int>(ink)] + std::string(s) + "\x1b[0m";
}

Lines table(const std::vector<std::vector<std::string>>& rows, int width,
            const std::vector<bool>& right) {
  std::vector<int> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns(row[i]));
  }
  Lines lines;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) line += "  ";
      line += i < right.size() && right[i] ? pad_left(row[i], widths[i]) : pad(row[i], widths[i]);
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    lines.push_back(fit(line, width));
  }
  return lines;
}

}  // namespace slipway::cli
