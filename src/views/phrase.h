// Times, shares and counts as people read them, and as JSON writes them. Never asks for the time.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"
#include "contract/site.h"

namespace slipway::views {

// "2026-11-21T10:00:00.123Z" (RFC 3339, UTC, milliseconds).
std::string rfc3339(Wall);
// The same; null for the epoch, which stands for "not yet".
boost::json::value time_json(Wall);
// Milliseconds: a whole number when it is one, else with microseconds behind the point.
boost::json::value ms_json(Duration);
// A number; null when it is not finite.
boost::json::value number_json(double);

// Basis points as a share: 500 → "5 %", 50 → "0.5 %".
std::string share(std::int32_t basis_points);
// A fraction 0–1 as a share with three digits: 0.0012 → "0.12 %".
std::string share_of(double fraction);
// "350 ms", "8.2 s", "57 s", "5 m 40 s", "1 h 5 m", "3 d 2 h".
std::string span(Duration);
// "1 instance", "2 instances".
std::string many(std::uint64_t n, std::string_view noun);

// The wall time of an engine time, by the offset at the site's newest event; the epoch for kNever.
Wall wall_of(const Site&, Instant);

// The name of a copy among all of its site, the same as in the router's rows: its version; "v2#42"
// for the newer of two that share one.
std::string label(const Site&, const Copy&);

}  // namespace slipway::views
