// Time as data. Pure rooms never ask for the time: it arrives in events.
//
// Instant is engine time: microseconds, never decreasing, stamped by the shell. Wall is the civil
// clock, used only by windows, schedules, expiry dates and display.
#pragma once

#include <chrono>
#include <cstdint>

namespace slipway {

using namespace std::chrono_literals;

using Duration = std::chrono::microseconds;

// A clock without now(): only the shell can make an Instant.
struct EngineClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<EngineClock>;
  static constexpr bool is_steady = true;
};

using Instant = EngineClock::time_point;
using Wall = std::chrono::time_point<std::chrono::system_clock, Duration>;

inline constexpr Instant kNever = Instant::max();

constexpr double to_ms(Duration d) { return static_cast<double>(d.count()) / 1000.0; }
constexpr double to_seconds(Duration d) { return static_cast<double>(d.count()) / 1e6; }

}  // namespace slipway
