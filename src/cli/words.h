// How numbers, times and texts are written for people. Pure: the zone and the present arrive as
// values. Texts from outside are made harmless for a terminal here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace slipway::cli {

// How and when a screen is drawn.
struct Look {
  int width = 80;
  bool colour = false;
  Wall now{};
  int utc_offset_s = 0;  // of the reader's zone
};

using Lines = std::vector<std::string>;

// "0.4 s", "8.2 s", "40 s", "5 m 40 s", "14 m", "2 h 5 m", "3 d".
std::string span(double milliseconds);
// "3.1 ms", "3 ms", "1.2 s": for latencies and gaps.
std::string brief_ms(double milliseconds);
// "48,213"
std::string count(std::int64_t);
// 2500 basis points: "25 %"; 2490: "24.9 %"; one decimal at most.
std::string share(double basis_points);
// A value in its unit: fraction 0.0012 "0.12 %", ms, us, s, or a bare number.
std::string measure(double value, std::string_view unit);

// RFC 3339 UTC ("2026-11-21T10:00:00.123Z"); nothing when it is not one.
std::optional<Wall> parse_time(std::string_view);
// "10:08:48" today, "20 Nov 10:08" on another day.
std::string clock(Wall, const Look&);
// The same of a text as it stands in JSON; the text itself when it is no time.
std::string clock(std::string_view rfc3339, const Look&);
// "2 h ago", "just now".
std::string ago(std::string_view rfc3339, const Look&);

// Columns a text takes (code points; every glyph used here is one column wide).
int columns(std::string_view);
// At most so many columns, "…" at the end when something was cut.
std::string fit(std::string_view, int columns);
std::string pad(std::string_view, int columns);       // blanks behind
std::string pad_left(std::string_view, int columns);  // blanks in front
// Breaks at blanks; the following lines are indented by so many blanks.
Lines wrap(std::string_view, int columns, int indent);
// Control characters out: what an application or a person wrote never steers the terminal.
std::string harmless(std::string_view);

enum class Ink : unsigned char { plain, good, bad, warn, bold, dim };
std::string paint(std::string_view, Ink, bool colour);

// A table: columns as wide as their widest cell, two blanks between, header first.
// The last column is cut where the width ends; `right` marks columns of numbers.
Lines table(const std::vector<std::vector<std::string>>& rows, int width,
            const std::vector<bool>& right = {});

}  // namespace slipway::cli
