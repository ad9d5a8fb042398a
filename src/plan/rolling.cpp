// Rolling: batches of new instances beside, or in the place of, old ones (maxSurge, maxUnavailable
// as in Kubernetes' Deployments).
#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "plan/draft.h"
#include "plan/spec.h"

namespace slipway::plan {
namespace {

constexpr Duration kBatchDwell = 10s;

struct Room {
  int surge = 0;        // instances above the wanted number
  int unavailable = 0;  // below it
};

text::Place place_of(const Draft& d, const std::string& setting) {
  const auto found = d.config.origins.find(setting);
  return found == d.config.origins.end() ? d.config.strategy.origin : found->second;
}

bool read_room(Draft& d, Room& room) {
  const auto surge = share_of(d.config.max_surge, d.plan.replicas, true);
  const auto unavailable = share_of(d.config.max_unavailable, d.plan.replicas, false);
  if (!surge || !unavailable) {
    d.refuse(place_of(d, surge ? "max_unavailable" : "max_surge"), "invalid_value",
             fmt::format("`{}` is neither a number nor a percentage",
                         surge ? d.config.max_unavailable : d.config.max_surge),
             "write 1 or 25%");
    return false;
  }
  room = {*surge, std::min(*unavailable, d.plan.replicas)};
  if (room.surge == 0 && room.unavailable == 0) {
    d.refuse(place_of(d, "max_surge"), "out_of_range",
             fmt::format("with maxSurge {} and maxUnavailable {} of {} instances none may be added "
                         "and none may go",
                         d.config.max_surge, d.config.max_unavailable, d.plan.replicas),
             "set one of them to at least 1");
    return false;
  }
  if (room.surge == 0 && d.plan.replicas == 1) {
    d.refuse(place_of(d, "max_surge"), "out_of_range",
             "the only instance is never stopped before another is ready",
             "set maxSurge to 1, or use the strategy recreate, which has downtime");
    return false;
  }
  return true;
}

std::int32_t share(int candidate, int stable) {
  const int all = candidate + stable;
  return (candidate * limits::kWeightSum + all / 2) / all;
}

// The platform starts so many new ones, and when they run it wants to end as many old ones. They go
// as soon as the traffic is told, since it does not wait for a verdict.
void rolled_by_platform(Draft& d, const Room& room) {
  const int wanted = d.plan.replicas;
  const int at_once = d.plan.spec->container.rolled;
  d.stable = std::max(1, d.ground.stable);
  const int before = std::min(d.stable, wanted);
  d.plan.floor = before;
  d.check();
  if (before < d.stable) d.retire(Who::stable, before, Duration(0));
  for (int batch = 1; d.candidate < wanted; ++batch) {
    const std::string name = fmt::format("batch {}", batch);
    d.capacity(std::min(wanted, d.candidate + at_once), name);
    if (batch == 1) {
      d.warmup();
      d.smoke();
    }
    const int left = std::max(0, before - d.candidate);
    if (d.stable == 0) continue;
    d.shift(share(d.candidate, left), left > 0 ? name : "all");
    d.retire(Who::stable, left, Duration(0));
    if (left > 0) d.judge(name, kBatchDwell, {});
  }
  d.judge("monitor", d.config.monitor, {});
  d.note(fmt::format("the swarm rolls one service, {} at a time, the new one first", at_once));
  if (room.unavailable > 0)
    d.note(fmt::format("maxUnavailable {} is not used: a swarm that starts first needs none",
                       d.config.max_unavailable));
}

}  // namespace

void rolling(Draft& d) {
  Room room;
  if (!read_room(d, room)) return;
  if (d.plan.spec->container.rolled > 0) return rolled_by_platform(d, room);
  const int wanted = d.plan.replicas;
  d.plan.floor = wanted - room.unavailable;
  d.stable = std::max(1, d.ground.stable);
  d.check();
  for (int batch = 1; d.candidate < wanted; ++batch) {
    const std::string name = fmt::format("batch {}", batch);
    // At least one old instance stays until a new one was proven.
    const int left = std::max(d.candidate == 0 ? 1 : 0, d.plan.floor - d.candidate);
    // The last old ones go only after the traffic has.
    if (left == 0 && d.stable > 0) d.shift(limits::kWeightSum, name);
    if (left < d.stable) d.retire(Who::stable, left, Duration(0));
    const int most = wanted + room.surge - d.stable;
    d.capacity(std::min(wanted, std::max(most, d.candidate + 1)), name);
    if (batch == 1) {
      d.warmup();
      d.smoke();
    }
    if (d.candidate >= wanted || d.stable == 0) continue;
    d.shift(share(d.candidate, d.stable), name);
    d.judge(name, kBatchDwell, {});
  }
  if (d.weight != limits::kWeightSum) d.shift(limits::kWeightSum, "all");
  d.judge("monitor", d.config.monitor, {});
  if (d.stable > 0) d.retire(Who::stable, 0, Duration(0));
  if (room.unavailable > 0) {
    d.note(
        fmt::format("during the batches at least {} of {} instances serve", d.plan.floor, wanted));
  }
}

}  // namespace slipway::plan
