// The second look: the world was seen, the plan can be made or refused.
#include "plan/compile.h"

#include <fmt/format.h>

#include <algorithm>

#include "intake/intake.h"
#include "intake/past.h"
#include "intake/refuse.h"

namespace slipway::intake {
namespace {

plan::Ground ground_of(const Site& site) {
  plan::Ground ground;
  const auto ready_in = [&](std::uint32_t copy) {
    return static_cast<int>(
        std::count_if(site.instances.begin(), site.instances.end(), [&](const auto& entry) {
          return entry.second.copy == copy && entry.second.phase == InstancePhase::ready;
        }));
  };
  if (const Copy* now = serving(site)) ground.stable = std::max(now->wanted, ready_in(now->number));
  for (const auto& [number, copy] : site.copies) {
    const bool warm = number != site.serving && !copy.retiring && copy.warm_until != kNever;
    if (warm) ground.warm.push_back({number, copy.release, ready_in(number)});
  }
  return ground;
}

std::unexpected<Refusal> digest_mismatch(const std::string& version, const std::string& then,
                                         const std::string& now) {
  constexpr std::size_t kShown = 19;  // "sha256:" and twelve digits
  return conflict("digest_mismatch",
                  fmt::format("{} is known with another digest: {} then, {} now", version,
                              then.substr(0, kShown), now.substr(0, kShown)),
                  "one version is one release for ever: give the changed one a new version");
}

std::expected<void, Refusal> check_digest(const Site& site, const Release& to) {
  if (to.digest.empty()) return {};
  for (const auto& [version, digest] : site.digests) {
    if (version != to.version || digest.empty() || digest == to.digest) continue;
    return digest_mismatch(version, digest, to.digest);
  }
  return {};
}

std::expected<void, Refusal> check_world(const World& world, const std::string& version) {
  if (world.problem.empty()) return {};
  return refuse("release_unusable", fmt::format("{} cannot be started: {}", version, world.problem),
                world.hint);
}

}  // namespace

std::expected<Plan, Refusal> compile(const Request& r, const config::Config& config,
                                     const Site& site, const World& world) {
  const config::Effective* e = config.find(site.id.environment, site.id.service);
  if (e == nullptr)
    return refuse("unknown_service",
                  fmt::format("the configuration no longer has {}", site.id.name()));

  plan::Order order;
  order.task = r.act == Act::rollback  ? plan::Task::rollback
               : r.act == Act::restart ? plan::Task::restart
                                       : plan::Task::deploy;
  order.to = {site.id.service, r.version, world.digest, world.commit};
  if (const Copy* now = serving(site)) order.from = now->release;
  if (!r.strategy.empty()) order.strategy = plan::parse_strategy(r.strategy);
  order.auto_rollback = r.auto_rollback;
  order.warmup = r.warmup;
  order.health_interval = r.health_interval;
  const plan::Ground ground = ground_of(site);

  bool warm = false;
  if (order.task == plan::Task::rollback) {
    const Past* past = way_back(site, r.version);
    if (past == nullptr)
      return conflict("nothing_to_roll_back_to",
                      fmt::format("no release to go back to is known in {}", site.id.environment));
    order.to = past->release;
    order.spec = past->spec;
    warm = plan::find_warm(ground, order.to) != nullptr;
    // What runs needs no look at its files.
    const bool changed = !warm && !world.digest.empty() && !order.to.digest.empty() &&
                         world.digest != order.to.digest;
    if (changed) return digest_mismatch(order.to.version, order.to.digest, world.digest);
  }
  if (!warm) {
    if (auto ok = check_world(world, order.to.version); !ok) return std::unexpected(ok.error());
    if (auto ok = check_digest(site, order.to); !ok) return std::unexpected(ok.error());
  }
  auto plan = plan::compile(*e, order, ground);
  if (!plan) return refuse(plan.error());
  plan->revision = config.digest;
  for (const auto& warning : world.warnings) plan->warnings.push_back(warning);
  return std::move(*plan);
}

}  // namespace slipway::intake
