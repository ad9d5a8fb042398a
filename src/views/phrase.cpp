#include "views/phrase.h"

#include <fmt/format.h>

#include <cmath>
#include <ctime>

namespace slipway::views {

std::string rfc3339(Wall at) {
  const auto us = at.time_since_epoch().count();
  std::int64_t seconds = us / 1'000'000;
  std::int64_t rest = us % 1'000'000;
  if (rest < 0) {
    rest += 1'000'000;
    --seconds;
  }
  const std::time_t t = seconds;
  std::tm tm{};
  gmtime_r(&t, &tm);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", tm.tm_year + 1900, tm.tm_mon + 1,
                     tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, rest / 1000);
}

boost::json::value time_json(Wall at) {
  if (at == Wall{}) return nullptr;
  return boost::json::string(rfc3339(at));
}

boost::json::value ms_json(Duration d) {
  if (d.count() % 1000 == 0) return d.count() / 1000;
  return to_ms(d);
}

boost::json::value number_json(double x) {
  if (!std::isfinite(x)) return nullptr;
  return x;
}

namespace {

// At most `decimals` digits behind the point, without zeros at the end.
std::string trimmed(double x, int decimals) {
  std::string s = fmt::format("{:.{}f}", x, decimals);
  if (s.find('.') == std::string::npos) return s;
  while (s.back() == '0') s.pop_back();
  if (s.back() == '.') s.pop_back();
  return s;
}

}  // namespace

std::string share(std::int32_t basis_points) { return trimmed(basis_points / 100.0, 2) + " %"; }

std::string share_of(double fraction) {
  if (!std::isfinite(fraction)) return "unknown";
  const double percent = fraction * 100;
  if (percent == 0) return "0 %";
  return trimmed(percent, percent >= 10 ? 1 : percent >= 0.1 ? 2 : 4) + " %";
}

std::string span(Duration d) {
  if (d < Duration::zero()) return "0 s";
  const auto ms = (d.count() + 500) / 1000;
  if (ms < 1000) return fmt::format("{} ms", ms);
  if (ms < 10'000) return trimmed(static_cast<double>(ms) / 1000, 1) + " s";
  const auto s = (ms + 500) / 1000;
  const auto two = [](std::int64_t a, const char* big, std::int64_t b, const char* small) {
    return b == 0 ? fmt::format("{} {}", a, big) : fmt::format("{} {} {} {}", a, big, b, small);
  };
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return two(s / 60, "m", s % 60, "s");
  if (s < 86'400) return two(s / 3600, "h", s % 3600 / 60, "m");
  return two(s / 86'400, "d", s % 86'400 / 3600, "h");
}

std::string many(std::uint64_t n, std::string_view noun) {
  return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
}

Wall wall_of(const Site& site, Instant at) {
  if (at == kNever) return Wall{};
  return site.wall + (at - site.now);
}

std::string label(const Site& site, const Copy& copy) {
  const std::string& version = copy.release.version;
  // The candidate of a restart keeps its longer name when the old copy goes first: its rows were
  // counted by it.
  bool shared = site.live && site.live->planned && site.live->candidate == copy.number &&
                site.live->stable != copy.number && site.live->plan.from.version == version;
  for (const auto& [number, other] : site.copies)
    shared |= number < copy.number && other.release.version == version;
  return shared ? fmt::format("{}#{}", version, copy.number) : version;
}

}  // namespace slipway::views
