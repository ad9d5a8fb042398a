// A strategy, for this release at this site as observed, becomes the immutable list of steps. The
// one place where strategies differ. No clock: all times are lengths.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "plan/plan.h"

namespace slipway::plan {

enum class Task : std::uint8_t { deploy, restart, rollback };

// A release without traffic whose instances still run.
struct WarmCopy {
  std::uint32_t copy = 0;
  Release release;
  int ready = 0;  // instances
};

// What was seen at the site.
struct Ground {
  int stable = 0;  // instances that the serving release has or wants; 0 on a first release
  std::vector<WarmCopy> warm;
};

// What is asked for, beyond the configuration.
struct Order {
  Task task = Task::deploy;
  Release from;  // version empty: a first release
  Release to;
  std::optional<Strategy> strategy;
  std::optional<bool> auto_rollback;
  std::optional<Duration> warmup;  // wait between ready and the first traffic
  std::optional<Duration> health_interval;
  std::optional<Shared<InstanceSpec>> spec;  // rollback: as the release ran then
};

// The plan, or everything that is wrong with it, each with its place where there is one.
std::expected<Plan, text::Diagnostics> compile(const config::Effective&, const Order&,
                                               const Ground&);

// "blue-green", "blueGreen", "BLUE_GREEN" -> blue_green; nothing when there is no such strategy.
std::optional<Strategy> parse_strategy(const std::string&);

// A warm copy of this release; its instances are reused by a rollback.
const WarmCopy* find_warm(const Ground&, const Release&);

}  // namespace slipway::plan
