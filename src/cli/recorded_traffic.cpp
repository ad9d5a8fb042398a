#include "cli/recorded_traffic.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace slipway::cli {
namespace {

constexpr std::string_view kFrom = "from:";

// One of [stable, candidate]; nothing when it is null.
std::optional<double> side_of(const object& point, std::string_view metric, std::size_t side) {
  const array& both = array_of(point, metric);
  if (side >= both.size() || !both[side].is_number()) return std::nullopt;
  return both[side].to_number<double>();
}

void add(RecordedTraffic::Side& to, const object& point, std::size_t side) {
  const double requests = side_of(point, "requests", side).value_or(0);
  if (requests <= 0) return;
  const double latency = side_of(point, "p50_ms", side).value_or(to.latency_ms);
  to.latency_ms = (to.latency_ms * to.requests + latency * requests) / (to.requests + requests);
  to.requests += requests;
  to.errors += side_of(point, "errors", side).value_or(0);
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

RecordedTraffic read_series(const object& series) {
  RecordedTraffic out{.id = text_of(series, "id")};
  for (const value& v : array_of(series, "points")) {
    if (!v.is_object()) continue;
    const object& point = v.get_object();
    const double seconds = number_of(point, "for_ms").value_or(0) / 1000;
    if (seconds <= 0) continue;
    const double requests =
        side_of(point, "requests", 0).value_or(0) + side_of(point, "requests", 1).value_or(0);
    out.pieces.push_back({seconds, requests / seconds});
    add(out.stable, point, 0);
    add(out.candidate, point, 1);
  }
  return out;
}

std::expected<RecordedTraffic, Trouble> recorded_traffic(Session& s, const std::string& from) {
  if (!from.starts_with(kFrom) || from.size() == kFrom.size()) {
    return refuse("usage", fmt::format("--traffic: `{}` is not from:ID", harmless(from)),
                  "write --traffic from:web-production-42");
  }
  auto agent = TRY(reach(s, Need::answer));
  const std::string id = from.substr(kFrom.size());
  RecordedTraffic out =
      read_series(TRY(fetch(s, *agent, "/v1/deployments/" + encoded(id) + "/series")));
  if (out.stable.requests + out.candidate.requests > 0) return out;
  return refuse("no_traffic",
                fmt::format("of {} no requests are kept: the agent has the blocks of the releases "
                            "since it was started, and of those that had requests",
                            harmless(id)),
                "name a newer release, or describe the users with --rps and --pattern");
}

}  // namespace slipway::cli
