#include "main/simulate.h"

#include "main/desk.h"
#include "sim/forecast.h"

namespace slipway {

std::expected<boost::json::object, Refusal> simulate_alone(
    const cli::SimulationAsked& asked, const api::ConfigFiles& files,
    const std::function<void(int done, int of)>& progress) {
  auto loaded = config::load(sources_of(files, environment_variables()));
  if (!loaded) return std::unexpected(refuse(loaded.error()));
  // No process is started, so that no secret is needed.
  for (auto& [where, effective] : loaded->effective) {
    effective.missing.clear();
    effective.after.clear();
  }
  const auto usage = [](std::string text) {
    return std::unexpected(Refusal{.code = "usage", .text = std::move(text), .mistakes = {}});
  };
  sim::Question q{.config = std::make_shared<const config::Config>(std::move(*loaded)),
                  .request = asked.request,
                  .stable = asked.stable,
                  .candidate = asked.candidate,
                  .seed = asked.seed,
                  .seeds = asked.seeds,
                  .compare = asked.compare,
                  .traced = asked.traced};
  const auto pattern = sim::parse_pattern(asked.pattern);
  if (!pattern) {
    return usage("--pattern: `" + asked.pattern + "` is none of flat, day, night, spikes, ramp");
  }
  q.demand.rps = asked.rps;
  q.demand.pattern = *pattern;
  q.recorded_from = asked.recorded_from;
  Duration until{};
  for (const cli::RecordedPiece& piece : asked.recorded) {
    until += Duration(static_cast<std::int64_t>(piece.seconds * 1e6));
    q.demand.recorded.push_back({until, piece.rps});
  }
  q.usual.latency_ms = asked.latency_ms;
  q.usual.errors = asked.errors;
  if (const auto good = sim::parse_behaviour(asked.candidate, q.usual); !good) {
    return usage("--candidate: " + good.error().text);
  }
  return sim::simulate(q, progress);
}

}  // namespace slipway
