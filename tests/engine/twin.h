// A twin of the world for random runs: answers commands late, twice, wrongly or never, lets
// instances die and people meddle; all from one seed. When the faults stop it becomes a good world.
#pragma once

#include <iostream>
#include <map>
#include <optional>
#include <queue>
#include <vector>

#include "base/prng.h"
#include "engine/engine.h"
#include "plans.h"
#include "show.h"

namespace slipway::engine {

class Twin {
 public:
  explicit Twin(std::uint64_t seed) : dice_(seed) { site.id = {"web", "production"}; }

  Site site;
  Instant now = Instant(1s);
  std::uint64_t events = 0;
  bool traced = false;
  std::map<State, int> ends;

  void meddle(int rounds) {
    for (int n = 0; n < rounds; ++n) {
      one_round(true);
    }
  }

  // What runs in the world and belongs to no instance of the site; empty: nothing.
  std::string stray() const {
    for (const auto& [id, version] : running_) {
      if (!site.instances.contains(id))
        return "instance " + std::to_string(id) + " was left running";
    }
    return {};
  }

  // What is wrong with the site at rest; empty: nothing.
  std::string disorder() const {
    std::int32_t weights = 0;
    for (const auto& [number, copy] : site.copies) {
      weights += copy.weight;
      const bool kept = number == site.serving || copy.weight > 0 || copy.warm_until != kNever;
      if (!kept) return fmt::format("copy {} is kept by nothing", number);
      for (const auto& [id, i] : site.instances) {
        const bool serves = i.copy == number && number == site.serving;
        if (serves && i.phase != InstancePhase::ready) {
          return fmt::format("instance {} of what serves is {}", id, word(i.phase));
        }
      }
    }
    if (weights != (site.copies.empty() ? 0 : 10'000))
      return fmt::format("weights sum to {}", weights);
    if (site.copies.empty() != (site.serving == 0)) return "what serves is not there";
    if (site.down) return "the site is down";
    return {};
  }

  // Without faults everything ends; the rounds it took, or -1.
  int calm_down(int most) {
    healed_ = true;
    if (!site.quarantine.empty()) happen(Asked{{.act = Act::abort, .by = "eve"}, ++request_});
    if (site.disk_critical) happen(DiskCritical{false});
    for (int n = 0; n < most; ++n) {
      if (!site.live && !site.queued && site.awaiting.empty() && nothing_crashed()) return n;
      one_round(false);
    }
    return -1;
  }

 private:
  struct Pending_ {
    CommandId id;
    Attempt attempt;
    Command command;
    Instant at;
  };

  void tell(const Event& event) const {
    std::cout << fmt::format("{:.3f} {}", to_seconds(now.time_since_epoch()), word(event.what));
    if (const auto* e = std::get_if<Answered>(&event.what)) {
      std::cout << fmt::format(" {} {}", e->command,
                               std::holds_alternative<Done>(e->outcome) ? "done" : "failed");
    }
    if (const auto* e = std::get_if<Exited>(&event.what)) std::cout << " " << e->instance;
    if (const auto* e = std::get_if<Asked>(&event.what)) std::cout << " " << word(e->request.act);
    if (const auto* e = std::get_if<HealthChanged>(&event.what)) {
      std::cout << " " << e->instance << (e->healthy ? " healthy" : " unhealthy");
    }
    std::cout << "\n";
  }

  bool nothing_crashed() const {
    for (const auto& [id, i] : site.instances) {
      if (i.phase != InstancePhase::ready) return false;
    }
    return true;
  }

  bool chance(double p) { return dice_.unit() < p; }

  void happen(What what) {
    ++events;
    const std::uint32_t before = site.last ? site.last->number : 0;
    const Event event{now, Wall(now.time_since_epoch()), std::move(what)};
    if (traced) tell(event);
    for (Given& g : step(site, event)) {
      if (traced) std::cout << "  > " << g.id << " " << show(g) << "\n";
      take(std::move(g));
    }
    if (traced) std::cout << "  = " << show(site) << "\n";
    if (site.last && site.last->number != before) ++ends[site.last->state];
  }

  void take(Given g) {
    if (const auto* compile = std::get_if<Compile>(&g.command)) compile_.push_back(compile->number);
    if (g.id == 0 || std::holds_alternative<Watch>(g.command)) return;
    const Duration late = healed_ ? Duration(1000 + dice_.below(5'000))
                                  : Duration(dice_.below(chance(0.1) ? 90'000'000 : 2'000'000));
    pending_.push_back({g.id, g.attempt, std::move(g.command), now + late});
  }

  // A driver starts nothing for a command that was given up and followed by a stop.
  bool is_awaited(const Pending_& p) const {
    for (const Awaited& a : site.awaiting) {
      if (a.id == p.id && a.attempt == p.attempt) return true;
    }
    return false;
  }

  Outcome outcome(const Command& command, bool awaited) {
    if (!healed_ && chance(0.12)) {
      return Failed{{Fault::unavailable, "by chance"}, chance(0.8), {"last line"}};
    }
    Observed seen;
    if (const auto* start = std::get_if<StartInstance>(&command)) {
      if (awaited) running_[start->instance] = start->version;
      seen.port = static_cast<std::uint16_t>(10'000 + dice_.below(20'000));
      seen.pid = 1;
    }
    if (const auto* stop = std::get_if<StopInstance>(&command)) running_.erase(stop->instance);
    if (std::holds_alternative<Shift>(command)) seen.measured = "measured";
    return Done{seen};
  }

  void answer(std::size_t n) {
    Pending_ p = std::move(pending_[n]);
    pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(n));
    if (!healed_ && chance(0.04)) return;  // never answered
    const Outcome o = outcome(p.command, is_awaited(p));
    happen(Answered{p.id, p.attempt, o});
    if (!healed_ && chance(0.05)) happen(Answered{p.id, p.attempt, o});
    if (const auto* start = std::get_if<StartInstance>(&p.command)) {
      if (healed_ || chance(0.9)) happen(HealthChanged{start->instance, true, ""});
    }
  }

  void compile() {
    const std::uint32_t number = compile_.front();
    compile_.erase(compile_.begin());
    if (!healed_ && chance(0.05)) return;
    if (!healed_ && chance(0.1)) return happen(Refused{number, "missing_secrets", "no"});
    static const char* const kPlans[] = {"blue_green", "canary", "rolling_surge", "rolling",
                                         "recreate",   "steps",  "approved",      "back_to_warm",
                                         "manual",     "cold"};
    const std::string version = "v" + std::to_string(1 + dice_.below(4));
    Plan plan = plans::by_name(kPlans[dice_.below(std::size(kPlans))], site, version);
    if (chance(0.2)) {
      for (Step& s : plan.steps.edit())
        s.charge.edit().on_unattended = analysis::OnInconclusive::promote;
    }
    happen(Planned{number, plan, "sha256:" + std::to_string(dice_.below(3))});
  }

  void count() {
    if (!site.live || !site.live->planned) return;
    std::int32_t weight = 0;
    if (const auto it = site.copies.find(site.live->candidate); it != site.copies.end()) {
      weight = it->second.weight;
    }
    Counted c;
    c.block.from = now - 1s;
    c.block.to = now;
    c.block.candidate.requests = static_cast<std::uint64_t>(weight) / 50;
    c.block.stable.requests = static_cast<std::uint64_t>(10'000 - weight) / 50;
    if (!healed_ && chance(0.15)) c.block.candidate.errors = c.block.candidate.requests;
    c.tally.candidate_requests = c.block.candidate.requests;
    c.tally.requests = 200;
    happen(c);
  }

  void fault() {
    const std::uint64_t which = dice_.below(100);
    const auto any = [&]() -> std::uint32_t {
      if (site.instances.empty()) return 999;
      auto it = site.instances.begin();
      std::advance(it, static_cast<std::ptrdiff_t>(dice_.below(site.instances.size())));
      return it->first;
    };
    if (which < 25) {
      const std::uint32_t id = any();
      running_.erase(id);
      happen(Exited{id, 1, {"panic"}});
    } else if (which < 50) {
      happen(HealthChanged{any(), false, "503"});
    } else if (which < 70) {
      happen(HealthChanged{any(), true, ""});
    } else if (which < 73) {
      happen(Leaving{any(), "by chance"});
    } else if (which < 78) {
      happen(Ejected{any(), chance(0.5), "L4"});
    } else if (which < 84) {
      happen(ProxyRestarted{80ms, 1});
    } else if (which < 88) {
      const Duration away(dice_.below(600'000'000));
      now += away;
      happen(Resumed{away});
    } else if (which < 94) {
      happen(DiskCritical{chance(0.3)});
    } else if (which < 95) {
      happen(Quarantined{"invariant 0: by chance"});
    } else {
      const CommandId id = dice_.below(site.next_command + 2);
      if (!is_awaited({id, 1, {}, {}})) happen(Answered{id, 1, Done{}});
    }
  }

  void person() {
    Request r{.by = chance(0.5) ? "ana" : "ben"};
    static const Act kRelease[] = {Act::deploy, Act::deploy, Act::restart, Act::rollback,
                                   Act::retry};
    if (chance(0.4)) {
      r.act = kRelease[dice_.below(std::size(kRelease))];
      r.version = "v" + std::to_string(1 + dice_.below(4));
      r.when_busy = static_cast<WhenBusy>(dice_.below(3));
      ++number_;
      return happen(Requested{r, ++request_, number_, {}});
    }
    r.act = static_cast<Act>(dice_.below(11));
    r.full = chance(0.3);
    r.version = chance(0.5) ? "" : "v" + std::to_string(1 + dice_.below(4));
    if (chance(0.3)) r.step = static_cast<int>(dice_.below(8));
    if (chance(0.3)) r.pause_for = Duration(dice_.below(100'000'000));
    if (chance(0.2)) r.number = number_;
    happen(Asked{r, ++request_});
  }

  void heal() {
    for (const auto& [id, i] : std::map<std::uint32_t, Instance>(site.instances)) {
      if (i.phase == InstancePhase::crashed || i.port == 0 || i.healthy) continue;
      happen(HealthChanged{id, true, ""});
    }
  }

  void one_round(bool faults) {
    if (faults && chance(0.10)) return fault();
    if (faults && chance(0.10)) return person();
    if (!compile_.empty() && chance(0.5)) return compile();
    if (chance(0.3)) count();
    if (!faults) heal();
    // The earliest of what waits; time jumps there.
    std::optional<std::size_t> first;
    for (std::size_t n = 0; n < pending_.size(); ++n) {
      if (!first || pending_[n].at < pending_[*first].at) first = n;
    }
    const Instant due = next_due(site);
    const Instant answered = first ? pending_[*first].at : kNever;
    const Instant tick = now + 1s;
    if (answered <= std::min(due, tick)) {
      now = std::max(now, answered);
      return answer(*first);
    }
    if (due <= tick) {
      now = std::max(now, due);
      return happen(Due{});
    }
    // A quiet world: hours pass when nothing but a far timer waits.
    now = site.live && site.live->state == State::running ? tick
                                                          : std::min({due, answered, now + 1h});
    if (now == due) happen(Due{});
  }

  Prng dice_;
  bool healed_ = false;
  std::uint32_t number_ = 0;
  std::uint64_t request_ = 0;
  std::vector<Pending_> pending_;
  std::vector<std::uint32_t> compile_;
  std::map<std::uint32_t, std::string> running_;
};

}  // namespace slipway::engine
