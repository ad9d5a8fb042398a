#include "sim/traffic.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/math.h"
#include "config/config.h"

namespace slipway::sim {
namespace {

// Share of the busiest hour, by hour: an office's day.
constexpr std::array<double, 24> kDay = {0.22, 0.18, 0.15, 0.14, 0.15, 0.20, 0.32, 0.50,
                                         0.72, 0.88, 0.96, 1.00, 0.97, 0.93, 0.95, 0.94,
                                         0.90, 0.84, 0.80, 0.78, 0.70, 0.58, 0.42, 0.30};

// Standard normal quantiles of (i + 1/2) / 16.
constexpr std::array<double, Latencies::kSteps> kNormal = {
    -1.8627, -1.3180, -1.0100, -0.7764, -0.5791, -0.4023, -0.2372, -0.0784,
    0.0784,  0.2372,  0.4023,  0.5791,  0.7764,  1.0100,  1.3180,  1.8627};

double hourly(Duration since) {
  const double hours = to_seconds(since) / 3600.0;
  const double place = hours - 24.0 * std::floor(hours / 24.0);
  const auto hour = static_cast<std::size_t>(place) % 24;
  const double part = place - std::floor(place);
  return kDay[hour] * (1 - part) + kDay[(hour + 1) % 24] * part;
}

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && s.front() == ' ') s.remove_prefix(1);
  while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
  return s;
}

std::optional<double> number(std::string_view s) {
  double value = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
  if (error != std::errc() || end != s.data() + s.size()) return std::nullopt;
  return value;
}

std::optional<double> fraction(std::string_view s) {
  if (!s.ends_with('%')) return number(s);
  const auto percent = number(s.substr(0, s.size() - 1));
  if (!percent) return std::nullopt;
  return *percent / 100;
}

Result<> read_one(std::string_view what, Behaviour& b) {
  const auto unknown = [&] {
    return fail(Fault::invalid,
                "`{}` is no fault of a candidate; write \"errors=5% after 3m\", \"latency=x2\", "
                "\"latency=300ms\", \"crash after 30s\", \"never ready\", \"cannot start\" or "
                "\"missing\"",
                what);
  };
  std::string_view left = trimmed(what);
  Duration after{};
  if (const auto at = left.find(" after "); at != std::string_view::npos) {
    after = TRY(parse_length(trimmed(left.substr(at + 7))));
    left = trimmed(left.substr(0, at));
  }
  if (left == "good" || left.empty()) return {};
  if (left == "crash") {
    b.crash_after = after;
  } else if (left == "never ready") {
    b.never_ready = true;
  } else if (left == "cannot start") {
    b.cannot_start = true;
  } else if (left == "missing") {
    b.missing = true;
  } else if (left.starts_with("errors=")) {
    const auto rate = fraction(trimmed(left.substr(7)));
    if (!rate || *rate < 0 || *rate > 1) return unknown();
    b.fault_errors = *rate;
    b.fault_after = after;
  } else if (left.starts_with("latency=")) {
    left = trimmed(left.substr(8));
    if (left.starts_with('x')) {
      const auto times = number(left.substr(1));
      if (!times || *times <= 0) return unknown();
      b.fault_latency = *times;
    } else {
      b.fault_latency = to_ms(TRY(parse_length(left))) / b.latency_ms;
    }
    b.fault_after = after;
  } else {
    return unknown();
  }
  return {};
}

}  // namespace

double Demand::rate_at(Duration since) const {
  if (!recorded.empty()) {
    const Duration at(since.count() % std::max<std::int64_t>(1, recorded.back().until.count()));
    const auto piece = std::upper_bound(recorded.begin(), recorded.end(), at,
                                        [](Duration t, const Piece& p) { return t < p.until; });
    return piece == recorded.end() ? recorded.back().rps : piece->rps;
  }
  const double seconds = to_seconds(since);
  switch (pattern) {
    case Pattern::flat:
      return rps;
    case Pattern::day:
      return rps * hourly(since + std::chrono::hours(9));  // begins at nine in the morning
    case Pattern::night:
      return rps * hourly(since + std::chrono::hours(1));
    case Pattern::spikes:  // three times as much for half a minute, every five
      return seconds - 300 * std::floor(seconds / 300) < 30 ? rps * 3 : rps;
    case Pattern::ramp:  // from nothing to all of it in an hour
      return rps * std::min(1.0, seconds / 3600);
  }
  return rps;
}

std::optional<Demand::Pattern> parse_pattern(std::string_view written) {
  using P = Demand::Pattern;
  for (const P p : {P::flat, P::day, P::night, P::spikes, P::ramp}) {
    if (written == word(p)) return p;
  }
  return std::nullopt;
}

const char* word(Demand::Pattern p) {
  switch (p) {
    case Demand::Pattern::flat:
      return "flat";
    case Demand::Pattern::day:
      return "day";
    case Demand::Pattern::night:
      return "night";
    case Demand::Pattern::spikes:
      return "spikes";
    case Demand::Pattern::ramp:
      return "ramp";
  }
  return "";
}

std::optional<Duration> Behaviour::faulty_from() const {
  if (fault_errors < 0 && fault_latency == 1) return crash_after;
  return crash_after ? std::min(*crash_after, fault_after) : fault_after;
}

double Behaviour::errors_at(Duration age) const {
  return fault_errors >= 0 && age >= fault_after ? fault_errors : errors;
}
double Behaviour::latency_at(Duration age) const {
  return fault_latency != 1 && age >= fault_after ? latency_ms * fault_latency : latency_ms;
}

Result<Duration> parse_length(std::string_view text) {
  const auto length = config::parse_duration(text, 1s);
  if (!length) return fail(Fault::invalid, "`{}` is no length of time; write 30s or 3m", text);
  return *length;
}

Result<Behaviour> parse_behaviour(const std::string& text, Behaviour b) {
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    TRY(read_one(std::string_view(text).substr(begin, end - begin), b));
    begin = end + 1;
  }
  return b;
}

Latencies::Latencies(double median_us, double spread) {
  for (std::size_t i = 0; i < kSteps; ++i) {
    index_[i] = analysis::Histogram::index_of(median_us * exp(spread * kNormal[i]));
    us_[i] = analysis::Histogram::bound(index_[i]);
  }
}

void Latencies::draw(Dice& dice, std::uint64_t n, Counts& into) const {
  if (n <= 64) {
    std::uint64_t bits = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
      if (i % 16 == 0) bits = dice.next();
      ++into[bits & 15];
      bits >>= 4;
    }
    return;
  }
  for (std::size_t i = 0; i < kSteps && n > 0; ++i) {
    const std::uint64_t here =
        i + 1 == kSteps ? n : dice.binomial(n, 1.0 / static_cast<double>(kSteps - i));
    into[i] += static_cast<std::uint32_t>(here);
    n -= here;
  }
}

void Latencies::add(const Counts& counts, analysis::Histogram& to) const {
  analysis::Histogram mine;
  for (std::size_t i = 0; i < kSteps; ++i) {
    if (counts[i] == 0) continue;
    if (!mine.buckets.empty() && mine.buckets.back().first == index_[i]) {
      mine.buckets.back().second += counts[i];
    } else {
      mine.buckets.emplace_back(index_[i], counts[i]);
    }
  }
  to.add(mine);
}

}  // namespace slipway::sim
