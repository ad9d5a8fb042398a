// One criterion in any spelling, read: what it is about, how it is compared, with which number.
// print() writes the one spelling that reads the same. Knows nothing of what is measured.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::config {

enum class Subject : std::uint8_t {
  error_rate,
  success_rate,
  latency,
  utilization,  // cpu, memory
  own,          // a metric of `metrics:`, or a name nobody knows
  signal,       // complaints, tickets: counted per release, of so many requests
};
enum class Comparison : std::uint8_t { limit, factor, growth };  // of the number alone, of stable's
enum class Unit : std::uint8_t { none, percent, microseconds, milliseconds, seconds };

struct Clause {
  Subject subject = Subject::own;
  std::string name;       // error_rate, p99_latency, cpu_utilization, or as somebody called it
  double quantile = 0.5;  // of a latency
  Comparison comparison = Comparison::limit;
  bool below = false;  // as written: `<`; of a growth: a decrease
  bool bare = false;   // a signal without a limit: more than stable's
  double number = 0;
  Unit unit = Unit::none;
  bool operator==(const Clause&) const = default;

  double fraction() const;      // of a rate: 0.05 for 5%
  double milliseconds() const;  // of a time
};

struct Misread {
  std::string code, text, hint;
};

// `metric` is the key the text stood under; empty: the text says it. A sentence may hold several,
// joined by `or` where any one is bad (`bad`), by `and` where all have to hold.
std::expected<std::vector<Clause>, Misread> read_clauses(std::string_view metric,
                                                         std::string_view text, bool bad);
std::string print(const Clause&);

// "cpu", "P99 Latency", "latency_p99" as the judge calls them; what is not known stays.
std::string metric_name(std::string_view words);
// The names this version knows by itself, for suggestions.
const std::vector<std::string>& known_metrics();

}  // namespace slipway::config
