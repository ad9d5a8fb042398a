#include "config/units.h"

#include <array>
#include <charconv>
#include <cmath>
#include <csignal>
#include <utility>

#include "config/config.h"

namespace slipway::config {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

double microseconds_of(std::string_view unit) {
  static constexpr std::array<std::pair<std::string_view, double>, 25> units = {
      {{"us", 1},          {"ms", 1e3},       {"millisecond", 1e3}, {"milliseconds", 1e3},
       {"s", 1e6},         {"sec", 1e6},      {"secs", 1e6},        {"second", 1e6},
       {"seconds", 1e6},   {"m", 6e7},        {"min", 6e7},         {"mins", 6e7},
       {"minute", 6e7},    {"minutes", 6e7},  {"h", 3.6e9},         {"hr", 3.6e9},
       {"hrs", 3.6e9},     {"hour", 3.6e9},   {"hours", 3.6e9},     {"d", 8.64e10},
       {"day", 8.64e10},   {"days", 8.64e10}, {"w", 6.048e11},      {"week", 6.048e11},
       {"weeks", 6.048e11}}};
  for (const auto& [name, us] : units)
    if (name == unit) return us;
  return 0;
}

constexpr double kLongest = 3650 * 8.64e10;  // ten years; more is a mistake

}  // namespace

std::string_view trim(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

std::string lower(std::string_view s) {
  std::string out(s);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string canonical(std::string_view s) {
  std::string out;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const char c = s[i];
    if (c == '-' || c == ' ') {
      out += '_';
    } else if (c >= 'A' && c <= 'Z') {
      const char last = i ? s[i - 1] : '_';
      if ((last >= 'a' && last <= 'z') || digit(last)) out += '_';
      out += static_cast<char>(c - 'A' + 'a');
    } else {
      out += c;
    }
  }
  return out;
}

std::optional<double> parse_number(std::string_view s) {
  s = trim(s);
  double value = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
  if (error != std::errc{} || end != s.data() + s.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

std::optional<long long> parse_integer(std::string_view s) {
  s = trim(s);
  long long value = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
  if (error != std::errc{} || end != s.data() + s.size()) return std::nullopt;
  return value;
}

std::optional<bool> parse_flag(std::string_view s) {
  const std::string w = lower(s);
  if (w == "true" || w == "yes" || w == "on") return true;
  if (w == "false" || w == "no" || w == "off") return false;
  return std::nullopt;
}

std::optional<double> parse_percent(std::string_view s) {
  s = trim(s);
  if (!s.ends_with('%')) return std::nullopt;
  return parse_number(s.substr(0, s.size() - 1));
}

std::optional<long long> parse_cpus(std::string_view s) {
  s = trim(s);
  const bool thousandths = s.ends_with('m');
  if (thousandths) s.remove_suffix(1);
  const auto value = parse_number(s);
  if (!value || *value <= 0 || *value > 1e6) return std::nullopt;
  const auto out = std::llround(thousandths ? *value : *value * 1000);
  return out >= 1 ? std::optional<long long>(out) : std::nullopt;
}

std::optional<long long> parse_bytes(std::string_view s) {
  static constexpr std::array<std::pair<std::string_view, double>, 9> units = {{{"Ki", 0x1p10},
                                                                                {"Mi", 0x1p20},
                                                                                {"Gi", 0x1p30},
                                                                                {"Ti", 0x1p40},
                                                                                {"k", 1e3},
                                                                                {"K", 1e3},
                                                                                {"M", 1e6},
                                                                                {"G", 1e9},
                                                                                {"T", 1e12}}};
  s = trim(s);
  double factor = 1;
  for (const auto& [name, bytes] : units) {
    if (factor != 1 || !s.ends_with(name)) continue;
    factor = bytes;
    s.remove_suffix(name.size());
  }
  const auto value = parse_number(s);
  // Engines take no less; a bare "512" is a forgotten unit.
  if (!value || *value * factor < 6 * 0x1p20 || *value * factor > 0x1p60) return std::nullopt;
  return std::llround(*value * factor);
}

std::optional<int> parse_signal(std::string_view s) {
  static constexpr std::array<std::pair<std::string_view, int>, 7> names = {{{"TERM", SIGTERM},
                                                                             {"INT", SIGINT},
                                                                             {"QUIT", SIGQUIT},
                                                                             {"HUP", SIGHUP},
                                                                             {"KILL", SIGKILL},
                                                                             {"USR1", SIGUSR1},
                                                                             {"USR2", SIGUSR2}}};
  if (const auto n = parse_integer(s); n && *n >= 1 && *n <= 64) return static_cast<int>(*n);
  if (s.starts_with("SIG")) s.remove_prefix(3);
  for (const auto& [name, number] : names)
    if (name == s) return number;
  return std::nullopt;
}

std::optional<Duration> parse_duration(std::string_view s, Duration bare_unit) {
  s = trim(s);
  double sum = 0;
  if (s.empty()) return std::nullopt;
  while (!s.empty()) {
    std::size_t n = 0;
    while (n < s.size() && (digit(s[n]) || s[n] == '.')) ++n;
    const auto value = n ? parse_number(s.substr(0, n)) : std::nullopt;
    if (!value) return std::nullopt;
    s = trim(s.substr(n));
    std::size_t u = 0;
    while (u < s.size() && letter(s[u])) ++u;
    double unit = microseconds_of(lower(s.substr(0, u)));
    // A bare number stands alone; "0" needs no unit.
    if (u == 0 && s.empty() && sum == 0) unit = *value == 0 ? 1 : to_ms(bare_unit) * 1000;
    if (unit == 0) return std::nullopt;
    sum += *value * unit;
    s = trim(s.substr(u));
  }
  if (sum > kLongest) return std::nullopt;
  return Duration(static_cast<Duration::rep>(std::llround(sum)));
}

}  // namespace slipway::config
