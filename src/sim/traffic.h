// Modelled users: how many requests come at which hour, and what a version answers them. Draws
// counts for a stretch of time; knows nothing of a deployment.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/block.h"
#include "base/result.h"
#include "sim/dice.h"

namespace slipway::sim {

// Requests per second over the day.
struct Demand {
  enum class Pattern : std::uint8_t { flat, day, night, spikes, ramp };
  double rps = 20;
  Pattern pattern = Pattern::flat;
  struct Piece {
    Duration until{};  // since the recording began
    double rps = 0;
  };
  std::vector<Piece> recorded;  // over and over; wins
  double rate_at(Duration since_begin) const;
};
std::optional<Demand::Pattern> parse_pattern(std::string_view);
const char* word(Demand::Pattern);

// How a version behaves; times count from the start of each of its instances.
struct Behaviour {
  Duration ready_after = std::chrono::milliseconds(300);
  double errors = 0.0005;  // of its answers
  double latency_ms = 20;  // median
  double spread = 0.5;     // of ln latency
  Duration fault_after{};  // from then on:
  double fault_errors = -1;
  double fault_latency = 1;  // times as slow
  std::optional<Duration> crash_after;
  bool never_ready = false;
  bool cannot_start = false;
  bool missing = false;  // nothing of it stands where it should
  bool operator==(const Behaviour&) const = default;

  // From this age on something is wrong with it; none: nothing that users meet.
  std::optional<Duration> faulty_from() const;
  bool is_only_slow() const { return fault_errors < 0 && !crash_after; }

  double errors_at(Duration age) const;
  double latency_at(Duration age) const;
};
// "errors=5% after 3m", "latency=x2", "latency=300ms", "crash after 30s", "never ready",
// "cannot start", "missing"; several with commas.
Result<Behaviour> parse_behaviour(const std::string& text, Behaviour base = {});
Result<Duration> parse_length(std::string_view);  // "90", "30s", "3m", "250ms"

// Latencies of a version as 16 steps of equal chance.
class Latencies {
 public:
  static constexpr std::size_t kSteps = 16;
  using Counts = std::array<std::uint32_t, kSteps>;

  Latencies() = default;
  Latencies(double median_us, double spread);
  void draw(Dice&, std::uint64_t n, Counts& into) const;
  double microseconds(std::size_t step) const { return us_[step]; }
  void add(const Counts&, analysis::Histogram& to) const;

 private:
  std::array<double, kSteps> us_{};
  std::array<std::uint16_t, kSteps> index_{};
};

}  // namespace slipway::sim
