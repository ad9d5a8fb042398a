#include "api/simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace slipway::api {
namespace {

namespace json = boost::json;

constexpr std::string_view kFrom = "from:";
constexpr double kRpsMost = 1e6;

double field_of(const json::object& point, std::string_view name) {
  const auto* value = point.if_contains(name);
  return value != nullptr && value->is_number() ? value->to_number<double>() : 0;
}

// One of [stable, candidate]; nothing when it is null.
std::optional<double> side_of(const json::object& point, std::string_view metric,
                              std::size_t side) {
  const auto* both = point.if_contains(metric);
  if (both == nullptr || !both->is_array() || side >= both->get_array().size()) return std::nullopt;
  const json::value& one = both->get_array()[side];
  if (!one.is_number()) return std::nullopt;
  return one.to_number<double>();
}

void add_side(RecordedTraffic::Side& to, const json::object& point, std::size_t side) {
  const double requests = side_of(point, "requests", side).value_or(0);
  if (requests <= 0) return;
  const double latency = side_of(point, "p50_ms", side).value_or(to.latency_ms);
  to.latency_ms = (to.latency_ms * to.requests + latency * requests) / (to.requests + requests);
  to.requests += requests;
  to.errors += side_of(point, "errors", side).value_or(0);
}

double rounded(double value, double unit) { return std::round(value / unit) * unit; }

std::unexpected<Refusal> not_so(std::string code, std::string field, std::string text) {
  Refusal refusal{.code = code, .text = text, .mistakes = {}, .http = 422};
  refusal.mistakes.push_back({std::move(field), std::move(code), std::move(text), "", ""});
  return std::unexpected(std::move(refusal));
}

std::expected<void, Refusal> take_recorded(Simulation& s, const RecordedTraffic& traffic) {
  if (s.rps || !s.pattern.empty())
    return not_so("usage", "--traffic",
                  "recorded traffic says how many requests come: leave out rps and pattern");
  if (traffic.stable.requests + traffic.candidate.requests <= 0)
    return not_so("no_traffic", "--traffic",
                  fmt::format("of {} no requests are kept: the agent has the blocks of the "
                              "releases since it was started, and of those that had requests; "
                              "name a newer release, or describe the users with rps and pattern",
                              traffic.id));
  s.recorded_from = traffic.id;
  s.recorded = traffic.pieces;
  s.rps = rounded(traffic.requests_per_second(), 0.1);
  if (!s.latency_ms) s.latency_ms = std::max(1.0, rounded(traffic.good().latency_ms, 1));
  if (!s.errors) s.errors = rounded(traffic.good().error_share(), 1e-6);
  if (s.candidate != "recorded") return {};
  if (traffic.candidate.requests == 0)
    return not_so("no_traffic", "--candidate",
                  fmt::format("the new version of {} was never asked anything", traffic.id));
  s.candidate = traffic.candidate_words();
  return {};
}

}  // namespace

double RecordedTraffic::requests_per_second() const {
  double seconds = 0;
  for (const RecordedPiece& p : pieces) seconds += p.seconds;
  return seconds > 0 ? (stable.requests + candidate.requests) / seconds : 0;
}

std::string RecordedTraffic::candidate_words() const {
  return fmt::format("errors={:.4f}%,latency={:.0f}ms", 100 * candidate.error_share(),
                     std::max(1.0, candidate.latency_ms));
}

RecordedTraffic read_series(const json::object& series) {
  RecordedTraffic out;
  if (const auto* id = series.if_contains("id"); id != nullptr && id->is_string())
    out.id = std::string(id->get_string());
  const auto* points = series.if_contains("points");
  if (points == nullptr || !points->is_array()) return out;
  for (const json::value& v : points->get_array()) {
    if (!v.is_object()) continue;
    const json::object& point = v.get_object();
    const double seconds = field_of(point, "for_ms") / 1000;
    if (seconds <= 0) continue;
    const double requests =
        side_of(point, "requests", 0).value_or(0) + side_of(point, "requests", 1).value_or(0);
    out.pieces.push_back({seconds, requests / seconds});
    add_side(out.stable, point, 0);
    add_side(out.candidate, point, 1);
  }
  return out;
}

std::optional<std::string> recorded_id(const std::string& traffic) {
  if (!traffic.starts_with(kFrom) || traffic.size() == kFrom.size()) return std::nullopt;
  return traffic.substr(kFrom.size());
}

std::expected<void, Refusal> settle(Simulation& s, const RecordedTraffic* traffic) {
  if (traffic != nullptr) {
    if (auto taken = take_recorded(s, *traffic); !taken) return taken;
  } else if (s.candidate == "recorded") {
    return not_so("usage", "--candidate", "recorded: of which release? Say traffic from:ID");
  }
  if (s.pattern.empty()) s.pattern = "flat";
  s.rps = s.rps.value_or(20);
  s.latency_ms = s.latency_ms.value_or(20);
  s.errors = s.errors.value_or(0.0005);
  if (s.stable == s.request.version) s.stable += "-before";
  if (!(*s.rps >= 0 && *s.rps <= kRpsMost))
    return not_so("usage", "--rps", "rps is between 0 and 1,000,000 requests a second");
  if (!(*s.latency_ms > 0)) return not_so("usage", "--latency", "the latency is longer than 0");
  if (!(*s.errors >= 0 && *s.errors <= 1))
    return not_so("usage", "--errors", "errors is a share of all requests");
  return {};
}

}  // namespace slipway::api
