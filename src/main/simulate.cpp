#include "main/simulate.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <thread>

#include "main/desk.h"
#include "os/clock.h"
#include "sim/forecast.h"

namespace slipway {
namespace {

constexpr Duration kLookEvery = 100ms;  // whether somebody still waits
constexpr int kLast = 19;               // of nice: behind the loop, the workers and the proxy

std::expected<sim::Question, Refusal> question_of(const api::Simulation& asked,
                                                  config::Config config) {
  // No process is started, so that no secret is needed.
  for (auto& [where, effective] : config.effective) {
    effective.missing.clear();
    effective.after.clear();
  }
  const auto usage = [](const std::string& flag, const std::string& text) {
    Refusal refusal{.code = "usage", .text = flag + ": " + text, .mistakes = {}, .http = 422};
    refusal.mistakes.push_back({flag, "usage", text, "", ""});
    return std::unexpected(std::move(refusal));
  };
  sim::Question q{.config = std::make_shared<const config::Config>(std::move(config)),
                  .request = asked.request,
                  .stable = asked.stable,
                  .candidate = asked.candidate,
                  .seed = asked.seed,
                  .seeds = asked.seeds,
                  .compare = asked.compare,
                  .traced = asked.traced};
  const auto pattern = sim::parse_pattern(asked.pattern);
  if (!pattern)
    return usage("--pattern", "`" + asked.pattern + "` is none of flat, day, night, spikes, ramp");
  q.demand.rps = asked.rps.value_or(0);
  q.demand.pattern = *pattern;
  q.recorded_from = asked.recorded_from;
  Duration until{};
  for (const api::RecordedPiece& piece : asked.recorded) {
    until += Duration(static_cast<std::int64_t>(piece.seconds * 1e6));
    q.demand.recorded.push_back({until, piece.rps});
  }
  if (asked.latency_ms) q.usual.latency_ms = *asked.latency_ms;
  if (asked.errors) q.usual.errors = *asked.errors;
  if (const auto good = sim::parse_behaviour(asked.candidate, q.usual); !good)
    return usage("--candidate", good.error().text);
  return q;
}

// When the simulator has to end: its time is over, or nobody waits for it.
class Patience {
 public:
  explicit Patience(const api::Gone& gone) : gone_(gone) {}
  bool over() {
    const Duration now = os::since_boot();
    if (now >= end_) late_ = true;
    if (now >= next_look_) {
      next_look_ = now + kLookEvery;
      left_ = left_ || gone_();
    }
    return late_ || left_;
  }
  bool late() const { return late_; }

 private:
  const api::Gone& gone_;
  Duration end_ = os::since_boot() + api::kSimulationTime, next_look_{};
  bool late_ = false, left_ = false;
};

}  // namespace

std::expected<boost::json::object, Refusal> simulate_alone(
    const api::Simulation& asked, const api::ConfigFiles& files,
    const std::function<void(int done, int of)>& progress) {
  auto loaded = config::load(sources_of(files, environment_variables()));
  if (!loaded) return std::unexpected(refuse(loaded.error()));
  auto question = question_of(asked, std::move(*loaded));
  if (!question) return std::unexpected(question.error());
  return sim::simulate(*question, progress);
}

std::expected<boost::json::object, Refusal> Rehearsals::hold(const api::Simulation& asked,
                                                             const config::Config& config,
                                                             const api::Gone& gone) {
  const struct Place {
    std::atomic<int>& held;
    bool free = held.fetch_add(1) < api::kSimulationsAtOnce;
    ~Place() { --held; }
  } place{held_};
  if (!place.free)
    return std::unexpected(
        Refusal{.code = "too_many_simulations",
                .text = fmt::format("{} simulations run already: try again in a moment",
                                    api::kSimulationsAtOnce),
                .mistakes = {},
                .http = 429});
  auto question = question_of(asked, config);
  if (!question) return std::unexpected(question.error());
  Patience patience(gone);
  question->stop = [&patience] { return patience.over(); };
  std::expected<boost::json::object, Refusal> told;
  std::thread aside([&] {
    ::pthread_setname_np(::pthread_self(), "simulation");
    // Of this thread alone; where it cannot be lowered, it still ends in time.
    (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kLast);
    try {
      told = sim::simulate(*question);
    } catch (const std::exception& e) {
      told = std::unexpected(Refusal{.code = "internal",
                                     .text = fmt::format("the simulation broke: {}", e.what()),
                                     .mistakes = {},
                                     .http = 500});
    }
  });
  aside.join();
  if (told || told.error().code != sim::kStopped) return told;
  if (!patience.late())
    return std::unexpected(Refusal{.code = "stopping",
                                   .text = "nobody waits for this simulation any more",
                                   .mistakes = {},
                                   .http = 503});
  return std::unexpected(
      Refusal{.code = "too_long",
              .text = fmt::format("the simulation takes longer than {:.0f} s: ask for fewer runs "
                                  "(seeds, compare) or fewer requests (rps), or run `slipway "
                                  "simulate` on a machine of your own",
                                  to_seconds(api::kSimulationTime)),
              .mistakes = {},
              .http = 422});
}

}  // namespace slipway
