// The verb shift: who gets how much of the traffic.
#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/limits.h"
#include "engine/census.h"
#include "engine/steps.h"
#include "engine/way_back.h"

namespace slipway::engine {

namespace {

constexpr Duration kCountWithin = std::chrono::seconds(5);
constexpr Duration kJustCounted = std::chrono::milliseconds(50);  // is now, to a block of 1 s
constexpr Duration kKnownIdle = std::chrono::seconds(10);  // watched for so long without a request

bool awaits_answer(const Site& site, std::uint32_t number) {
  return std::any_of(site.awaiting.begin(), site.awaiting.end(), [&](const Awaited& a) {
    const bool mine =
        std::holds_alternative<Count>(a.command) || std::holds_alternative<Shift>(a.command);
    return mine && a.number == number;
  });
}

std::vector<double> latency_limits(const Plan& plan) {
  for (const Step& step : plan.steps) {
    if (step.verb == Verb::judge && !step.charge->latency_limits_us.empty()) {
      return step.charge->latency_limits_us;
    }
  }
  return {};
}

// Ready instances that may take traffic if the candidate had this weight.
int capacity_with(const Site& site, const Deployment& d, std::int32_t weight) {
  int ready = weight > 0 ? ready_in(site, d.candidate) : 0;
  if (weight < limits::kWeightSum) ready += ready_in(site, d.stable);
  return ready;
}

// Measuring waits for requests; it does not when none come, as far as anyone can tell.
bool is_idle(const Turn& t, const Deployment& d) {
  if (d.stable == 0) return true;
  return d.receipt.requests == 0 && t.at - d.started >= kKnownIdle;
}

}  // namespace

void watch_rows(Turn& t, bool bake, Because because) {
  const Deployment& d = *t.site.live;
  Watch watch{.latency_limits_us = latency_limits(d.plan), .bake = bake};
  watch.by_client = std::any_of(d.plan.steps.begin(), d.plan.steps.end(),
                                [](const Step& s) { return s.charge->by_client; });
  watch.metrics = d.plan.metrics;
  if (!watch.metrics.empty()) {
    watch.from = d.plan.from;
    watch.to = d.plan.to;
  }
  if (d.stable != 0) watch.stable = label_of(t.site, d.stable, version_of(t.site, d.stable));
  watch.candidate = label_of(t.site, d.candidate, d.plan.to.version);
  because.code = codes::kWatching;
  because.values = {{"stable", watch.stable}, {"candidate", watch.candidate}};
  t.say(std::move(watch), std::move(because));
}

void set_weights(Turn& t, std::uint32_t number, std::int32_t weight, std::uint32_t rest) {
  for (auto& [other, copy] : t.site.copies) {
    copy.weight = 0;
    if (other == number) copy.weight = weight;
    if (other == rest) copy.weight = limits::kWeightSum - weight;
  }
}

// What was answered until now is counted first, so that the next block holds this weight alone.
void begin_shift(Turn& t, const Step& step) {
  Deployment& d = *t.site.live;
  const Because because = why(
      codes::kNextStep,
      {{"step", fmt::format("{}", d.step + 1)}, {"verb", word(step.verb)}, {"name", step.name}});
  if (d.stable == 0 && !d.moved_traffic) {
    watch_rows(t, true, because);
    return;
  }
  if (d.kind == Kind::rollback) return;  // traffic first
  const bool counted = d.counted != Instant{} && t.at - d.counted < kJustCounted;
  if (!counted && !awaits_answer(t.site, d.number))
    t.issue(Count{}, d.number, kCountWithin, because);
}

// The shift waits for the proxy, and need not wait for the rows after that.
void count_ahead(Turn& t) {
  if (!t.site.live || !t.site.live->planned || t.site.live->state != State::running) return;
  const Deployment& d = *t.site.live;
  if (!is_current_step(d, Verb::warm) || d.step + 1 == d.plan.steps.size()) return;
  const Step& step = d.plan.steps[d.step];
  const bool shifts = d.plan.steps[d.step + 1].verb == Verb::shift && is_watched(d);
  if (!shifts || d.kind == Kind::rollback || step.who != Who::candidate) return;
  if (healthy_in(t.site, d.candidate) < step.instances || awaits_answer(t.site, d.number)) return;
  t.issue(Count{}, d.number, kCountWithin, because_of(d, step));
}

void try_shift(Turn& t, const Step& step) {
  Deployment& d = *t.site.live;
  if (awaits_answer(t.site, d.number)) return;
  const Copy* candidate = find_copy(t.site, d.candidate);
  if (candidate == nullptr || ready_in(t.site, d.candidate) == 0) {
    fail_deployment(t, why(codes::kNoHealthyCandidate, {{"version", d.plan.to.version}}));
    return;
  }
  std::int32_t weight = step.weight;
  const bool rescued = std::any_of(d.warnings.begin(), d.warnings.end(), [](const auto& warning) {
    return warning.first == codes::kRescue;
  });
  if (rescued) weight = std::max(weight, candidate->weight);  // never back to what was broken
  if (find_copy(t.site, d.stable) == nullptr) {
    weight = limits::kWeightSum;  // there is nothing beside it
  } else if (weight < limits::kWeightSum && ready_in(t.site, d.stable) == 0) {
    // The rescue lane: nothing of stable is healthy, and a weight may not name it.
    weight = limits::kWeightSum;
    if (!rescued) {
      d.warnings.emplace_back(codes::kRescue,
                              fmt::format("{} has no healthy instance: all traffic goes to {}",
                                          d.plan.from.version, d.plan.to.version));
    }
    t.live_story("step.progress", why(codes::kRescue, {{"version", d.plan.from.version}}));
  }
  const int left = capacity_with(t.site, d, weight);
  // A rollback moves traffic to what is good, even where that is less; capacity follows.
  const bool too_little = left < std::min(capacity(t.site), d.plan.floor);
  if (too_little && d.kind != Kind::rollback) {
    fail_deployment(t, why(codes::kBelowFloor, {{"floor", fmt::format("{}", d.plan.floor)},
                                                {"left", fmt::format("{}", left)}}));
    return;
  }
  const bool measure = !is_idle(t, d) && d.kind != Kind::rollback;
  t.site.route = d.plan.route;
  set_weights(t, d.candidate, weight, d.stable);
  d.moved_traffic = true;
  d.measured.clear();
  const Duration within = std::max<Duration>(d.progress[d.step].deadline - t.at, kCountWithin);
  t.issue(Shift{{}, measure}, d.number, within,
          why(codes::kNextStep, {{"step", fmt::format("{}", d.step + 1)},
                                 {"verb", word(step.verb)},
                                 {"name", step.name}}));
}

void shifted(Turn& t, const Observed& seen) {
  Deployment& d = *t.site.live;
  if (!is_current_step(d, Verb::shift)) return;
  d.measured = seen.measured;
  if (seen.share >= 0) d.served_share = seen.share;
  const Copy* candidate = find_copy(t.site, d.candidate);
  const std::int32_t weight = candidate == nullptr ? 0 : candidate->weight;
  const std::string share = seen.share < 0 ? "" : fmt::format("{:.4f}", seen.share);
  const Because because = why(codes::kShifted, {{"weight", fmt::format("{}", weight)},
                                                {"measured", seen.measured},
                                                {"share", share},
                                                {"text", ""}});
  t.story(d, "deployment.shifted", because);
  end_step(t, StepState::done, because, fmt::format("{:g} % {}", weight / 100.0, seen.measured));
}

}  // namespace slipway::engine
