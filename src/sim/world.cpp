#include "sim/world.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/engine.h"
#include "intake/intake.h"

namespace slipway::sim {
namespace {

struct Died {  // thrown through the agent: its process is gone
  Death how;
};

// Counting has a queue inside the agent: what is in it is a little late at worst.
bool can_slip(const Command& c, const Slip& slip) {
  const bool counts = std::holds_alternative<Watch>(c) || std::holds_alternative<Count>(c);
  const bool waits = slip.kind == Slip::Kind::slow || slip.kind == Slip::Kind::late;
  return !counts || (waits && slip.by <= 4s);
}

}  // namespace

const char* word(Death::At at) {
  switch (at) {
    case Death::At::before_write:
      return "before_write";
    case Death::At::before_sync:
      return "before_sync";
    case Death::At::after_sync:
      return "after_sync";
    case Death::At::dispatch:
      return "dispatch";
    case Death::At::now:
      return "now";
  }
  return "";
}

std::expected<Admitted, Refusal> Office::admit(const Request& request, const FindSite& find) {
  return intake::admit(request, *config_, find);
}
std::expected<Plan, Refusal> Office::compile(const Request& request, const Site& site,
                                             const World& world) {
  auto plan = intake::compile(request, *config_, site, world);
  if (!plan || plan->metrics.empty()) return plan;
  // Nobody plays the sources of `metrics:` here: they would be silent, and the release held.
  for (Step& step : plan->steps.edit())
    std::erase_if(step.charge.edit().criteria.edit(),
                  [](const auto& c) { return !c.source.empty(); });
  plan->metrics.clear();
  plan->notes.push_back("metrics of other sources are not simulated: the proxy's rows alone judge");
  return plan;
}

Simulation::Simulation(Setup setup)
    : setup_(std::move(setup)), luck_(setup_.seed, "luck"), office_(setup_.config) {
  stage_.dice = Dice(setup_.seed, "drivers");
  stage_.behaviours = setup_.behaviours;
  begin_ = stage_.now();
  std::uint64_t users = setup_.seed;  // of each site its own, who do not do the same
  for (const SiteId& id : setup_.sites)
    stage_.scenes.emplace(id, Scene(setup_.demand, users++, begin_));
  stage_.slip = [this](const Issued& issued) { return on_begin(issued); };
  stage_.recorded = [this](const SiteId& id) {
    const Site* known = site(id);
    return known == nullptr ? RowPosition{} : known->counted;
  };
  stage_.crashed = [this](const SiteId& id, std::uint32_t instance) {
    if (platform_) platform_->notice(id, instance);
  };
  stage_.checked = [this](const SiteId& id) {
    if (router_) router_->look_soon(id);
  };
  stage_.watching = [this](const SiteId& id, std::uint64_t offset) {
    const Site* known = site(id);
    // Counting that was begun and not recorded is begun anew.
    if (known == nullptr || !known->live) return;
    auto& from = watched_from_[id];
    if (known->counted == RowPosition{}) from.erase(known->live->number);
    from.emplace(known->live->number, offset);
  };
  start();
}

Simulation::~Simulation() = default;

const Site* Simulation::site(const SiteId& id) const {
  const auto found = sites_.find(id);
  return found == sites_.end() ? nullptr : found->second.get();
}

void Simulation::trouble(std::string what) {
  troubles.push_back(fmt::format("at {:.3f} s: {}", to_seconds(elapsed()), what));
}

// ---- the agent -----------------------------------------------------------------------------

void Simulation::start() {
  if (shell_) return;
  ++stage_.agent;
  journal::Journal* journal = setup_.journal;
  if (journal == nullptr) {
    auto opened = DiskJournal::open(disk_);
    if (!opened) {  // a bit read wrong: refused, and it reads right the next time
      stage_.world(1s, [this] { start(); });
      return;
    }
    (*opened)->hook = [this](Moment moment) { on_journal(moment); };
    journal_ = std::move(*opened);
    journal = journal_.get();
  }
  platform_ = std::make_unique<Platform>(stage_);
  router_ = std::make_unique<Router>(stage_);
  counter_ = std::make_unique<Counter>(stage_);
  auto made = shell::Shell::open({}, {.journal = journal,
                                      .clock = &stage_.clock,
                                      .intake = &office_,
                                      .drivers = {platform_.get(), router_.get(), counter_.get()},
                                      .publish = [this](const Published& p) { publish(p); }});
  if (!made) return trouble("the shell does not open: " + made.error().text);
  shell_ = std::move(*made);
  stage_.sink = shell_.get();
  for (auto& [id, scene] : stage_.scenes) scene.attended = stage_.now();
  const auto replayed = [&](std::shared_ptr<const Site> s) {
    if (s->live) counter_->resume({{s->id, s->counted}});
    const Site* known = site(s->id);
    if (known != nullptr && known->seq == s->seq && *known != *s) {
      trouble("what was replayed is not what was published of " + s->id.name());
    }
    // An end that was written down and that nobody heard of.
    const bool unheard =
        s->last && (known == nullptr || !known->last || known->last->number != s->last->number);
    if (unheard) note_end(*s, *s->last, std::nullopt);
    sites_[s->id] = std::move(s);
  };
  try {
    const auto recovered = shell_->recover(replayed, {});
    if (!recovered && recovered.error().fault == Fault::exhausted) {
      return kill({.down = 1s});  // until there is room
    }
    if (!recovered) trouble("the agent does not start: " + recovered.error().text);
    for (const std::string& text : shell_->replay_diverged()) trouble("replay diverged: " + text);
  } catch (const Died& died) {
    return kill(died.how);
  }
  platform_->sweep([this](const SiteId& id, std::uint32_t instance) {
    const Site* known = site(id);
    return known != nullptr && known->instances.contains(instance);
  });
}

void Simulation::stop() {
  stage_.sink = nullptr;
  frozen_until_ = {};
  for (auto& [id, scene] : stage_.scenes) scene.attended = Duration::max();
  stage_.agenda.drop(stage_.agent);
  shell_.reset();
  counter_.reset();
  router_.reset();
  platform_.reset();
  journal_.reset();
}

void Simulation::forget_agent() {
  stop();
  sites_.clear();
}

void Simulation::kill(Death how) {
  if (!shell_) return;
  stop();
  ++restarts;
  disk_.crash(luck_);
  if (how.reboot) {
    for (auto& [id, scene] : stage_.scenes) {
      scene.pass(stage_.now());
      for (auto& [instance, process] : scene.processes) process.alive = false;
      scene.route.slots.clear();
      scene.routed = false;
    }
  }
  stage_.world(how.down, [this, how] {
    if (how.reboot) stage_.clock.reboot();
    start();
  });
}

void Simulation::freeze(Duration length) {
  if (!shell_) return;
  frozen_until_ = std::max(frozen_until_, stage_.now() + length);
  stage_.agenda.delay(stage_.agent, frozen_until_);
  for (auto& [id, scene] : stage_.scenes) scene.attended = Duration::max();
  stage_.agenda.at(frozen_until_, stage_.agent, [this] {
    if (stage_.now() < frozen_until_) return;  // longer, by another one
    for (auto& [id, scene] : stage_.scenes) scene.attended = stage_.now();
  });
}

void Simulation::rival() {
  if (!shell_) return start();
  const auto second = DiskJournal::open(disk_);
  const bool refused = !second && second.error().fault == Fault::conflict;
  if (!refused) trouble("two agents have one state folder");
}

std::optional<Slip> Simulation::on_begin(const Issued& issued) {
  const std::uint64_t n = ++commands;
  if (setup_.journal == nullptr && disk_.synced() != disk_.bytes().size()) {
    trouble("an effect before its record is durable");
  }
  if (const auto death = deaths.find(n + kDispatch); death != deaths.end()) {
    throw Died{death->second};
  }
  const auto slip = slips.find(n);
  if (slip == slips.end() || !can_slip(issued.command, slip->second)) return std::nullopt;
  // Until its last attempt, and the one a minute after that.
  const Duration over = stage_.now() + slip->second.by + 120s;
  if (is_routing(issued.command)) stage_.scene(issued.site).excused_until = over;
  if (const auto* start = std::get_if<StartInstance>(&issued.command)) {
    stage_.scene(issued.site).unseen_until[start->instance] = over;
  }
  return slip->second;
}

void Simulation::on_journal(Moment moment) {
  if (moment == Moment::before_write) ++appends;
  const auto death = deaths.find(appends);
  if (death == deaths.end()) return;
  const Death how = death->second;
  const bool here = (how.at == Death::At::before_write && moment == Moment::before_write) ||
                    (how.at == Death::At::before_sync && moment == Moment::before_sync) ||
                    (how.at == Death::At::after_sync && moment == Moment::after_sync);
  if (!here) return;
  deaths.erase(death);
  throw Died{how};
}

bool Simulation::turn() {
  if (!shell_ || is_frozen()) return false;
  try {
    const bool moved = shell_->turn(Duration::zero());
    if (!shell_->fault()) return moved;
    kill({.at = Death::At::now});  // it stopped by itself: whoever watches it starts it again
  } catch (const Died& died) {
    kill(died.how);
  }
  return true;
}

// ---- time ----------------------------------------------------------------------------------

void Simulation::run_until(Duration until) {
  const Duration end = begin_ + until;
  while (true) {
    stopped_ = stopped_ || (setup_.stop && setup_.stop());
    if (stopped_) return;
    while (turn()) {
    }
    Duration next = stage_.agenda.next();
    if (shell_ && !is_frozen()) {
      const Duration wait = shell_->until_next();
      if (wait != Duration::max()) {
        next = std::min(next, stage_.now() + std::max<Duration>(wait, 1us));
      }
    }
    if (next > end) break;
    stage_.clock.to(next);
    while (stage_.agenda.next() <= stage_.now()) stage_.agenda.take()();
  }
  stage_.clock.to(end);
}

bool Simulation::at_rest() const {
  if (!shell_ || is_frozen()) return false;
  for (const auto& [id, s] : sites_) {
    if (s->live || s->queued || !s->awaiting.empty() || s->down) return false;
    for (const auto& [instance, i] : s->instances) {
      if (i.phase != InstancePhase::ready || i.ejected != is_out(id, instance)) return false;
    }
  }
  return true;
}

bool Simulation::is_out(const SiteId& id, std::uint32_t instance) const {
  const auto& processes = stage_.scenes.at(id).processes;
  const auto found = processes.find(instance);
  return found != processes.end() && found->second.out;
}

bool Simulation::rest(Duration at_most) {
  const Duration end = elapsed() + at_most;
  while (elapsed() < end && !stopped_) {
    run_until(std::min<Duration>(elapsed() + 500ms, end));
    if (at_rest()) return true;
  }
  return at_rest();
}

void Simulation::ask(Request request) {
  if (!shell_) {
    answers.emplace_back("unreachable");
    return;
  }
  if (request.act == Act::rollback && !request.version.empty()) {
    for (auto& [id, versions] : may_serve_) {
      if (!versions.empty()) versions.insert(request.version);
    }
  }
  shell_->submit(std::move(request), [this](const std::variant<Answer, Refusal>& reply) {
    if (const auto* refusal = std::get_if<Refusal>(&reply)) {
      answers.push_back("refused " + refusal->code);
    } else {
      const Answer& a = std::get<Answer>(reply);
      answers.push_back(a.accepted ? fmt::format("accepted {} {}", a.number, a.code)
                                   : "refused " + a.code);
    }
  });
}

}  // namespace slipway::sim
