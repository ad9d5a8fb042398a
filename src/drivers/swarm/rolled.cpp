#include "drivers/swarm/rolled.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

namespace slipway::swarm {
using docker::Birth;
using docker::Engine;
using docker::Reply;
using docker::Seen;

namespace {

constexpr auto kForATask = std::chrono::seconds(5);  // for the swarm to make one that was asked for
constexpr auto kForAWord = std::chrono::seconds(1);  // of the swarm, about an end
constexpr auto kLookAgain = std::chrono::milliseconds(25);

bool is_of(const Service& service, const std::string& agent) {
  const auto label = service.labels.find(docker::kAgent);
  return label != service.labels.end() && label->second == agent;
}

// Its own way back, or a stop: not by our word.
bool is_by_the_swarm(const Service& service) {
  return service.update == "paused" || service.update.starts_with("rollback");
}

}  // namespace

std::string stranger_to(const std::string& name) {
  return fmt::format(
      "a service that is not of this agent has the name {0}; remove it: docker service rm {0}",
      name);
}

// ---- what there is -------------------------------------------------------------------------

const Task* Rolled::Now::task(const std::string& id) const {
  const auto found = std::ranges::find(tasks, id, &Task::id);
  return found == tasks.end() ? nullptr : &*found;
}

bool Rolled::Now::is_claimed(const Task& task) const {
  return std::ranges::find(claims, task.id, &Claim::task) != claims.end();
}

std::vector<const Task*> Rolled::Now::staying(const std::string& key) const {
  std::vector<const Task*> out;
  for (const Task& task : tasks) {
    if (task.stays() && task.key == key) out.push_back(&task);
  }
  return out;
}

int Rolled::Now::old_ones() const {
  return static_cast<int>(std::ranges::count_if(
      tasks, [&](const Task& task) { return task.stays() && task.key != service.key; }));
}

bool Rolled::Now::is_in_a_batch() const {
  return std::ranges::any_of(staying(service.key), [&](const Task* fresh) {
    return std::ranges::any_of(tasks, [&](const Task& old) {
      return old.slot == fresh->slot && old.stays() && old.key != fresh->key;
    });
  });
}

Result<std::optional<Rolled::Now>> Rolled::look(Engine& engine, const std::string& name) {
  const Reply reply = TRY(engine.call(inspect_service(name)));
  if (reply.status == 404) return std::optional<Now>();
  Now now{.name = name, .service = TRY(hear_service(reply)), .tasks = {}, .claims = {}};
  const Reply tasks = TRY(engine.call(tasks_of(name)));
  if (tasks.status != 404) now.tasks = TRY(hear_tasks(tasks));
  now.claims = claims_.of(name);
  return now;
}

std::vector<Seen> Rolled::instances_of(const Service& service) const {
  std::vector<Seen> out;
  for (const Claim& claim : claims_.of(service.name)) {
    Seen seen{.name = claim.name, .labels = service.labels};
    seen.labels[docker::kInstance] = std::to_string(claim.instance);
    seen.labels[docker::kSpec] = claim.key;
    out.push_back(std::move(seen));
  }
  return out;
}

// What the swarm restarts in the same place is the same instance; what ended was told by then.
// Where the place is another's by now, after a way back, any other of the release is as good.
Result<> Rolled::follow_restart(Engine& engine, Claim claim) {
  const auto until = std::chrono::steady_clock::now() + kForATask;
  while (std::chrono::steady_clock::now() < until) {
    const auto now = TRY(look(engine, claim.service));
    if (!now) break;
    const Task* task = now->task(claim.task);
    if (task != nullptr && !task->over) return {};
    const auto there = now->staying(claim.key);
    const bool taken = std::ranges::any_of(there, [&](const Task* other) {
      return other->slot == claim.slot && now->is_claimed(*other);
    });
    for (const Task* next : there) {
      if ((next->slot != claim.slot && !taken) || now->is_claimed(*next)) continue;
      claim.task = next->id;
      claim.slot = next->slot;
      claim.container = next->container;
      claim.port = 0;
      return claims_.keep(claim);
    }
    std::this_thread::sleep_for(kLookAgain);
  }
  return fail(Fault::unavailable, "the swarm does not start instance {} of service {} again",
              claim.instance, claim.service);
}

Result<std::optional<Seen>> Rolled::find(Engine& engine, const std::string& name) {
  auto claim = claims_.find(name);
  if (!claim) return std::optional<Seen>();
  const auto now = TRY(look(engine, claim->service));
  Seen seen;
  const Task* task = now ? now->task(claim->task) : nullptr;
  if (task != nullptr && !task->container.empty()) claim->container = task->container;
  if (!claim->container.empty()) {
    const Reply looked = TRY(engine.call(docker::inspect(claim->container)));
    if (looked.status != 404) seen = TRY(docker::hear_container(looked));
  }
  if (!now && !seen.running) {  // somebody removed it all
    TRY(claims_.forget(name));
    return std::optional<Seen>();
  }
  if (seen.running && seen.port != 0) claim->port = seen.port;
  TRY(claims_.keep(*claim));
  if (now && seen.labels.empty()) seen.labels = now->service.labels;
  seen.name = name;
  seen.labels[docker::kInstance] = std::to_string(claim->instance);
  seen.labels[docker::kSpec] = claim->key;
  const bool over = task == nullptr || task->over;
  if (!seen.running && over && claim->port != 0) {  // it served, and it ended
    seen.port = claim->port;
    seen.id = claim->container;
    seen.status = "exited";
    return seen;
  }
  if (task == nullptr && seen.running) seen.ending = "the swarm has removed it";
  if (task == nullptr) return seen;
  if (task->leaves())
    seen.ending = is_by_the_swarm(now->service)
                      ? fmt::format("the swarm says: {}", now->service.said())
                      : "the swarm lets it go";
  seen.astray = now->service.key != claim->key;
  const bool first = std::ranges::any_of(now->tasks, [&](const Task& old) {
    return old.slot == task->slot && old.id != task->id && old.stays() && old.key != task->key &&
           old.created < task->created;
  });
  // The swarm holds it for failed as long as it keeps the old one.
  seen.waiting = !task->over && (first || !seen.running);
  if (seen.waiting) seen.running = false;
  if (!seen.running) seen.status.clear();
  if (!seen.running && (task->over || !task->error.empty()))
    seen.trouble =
        fmt::format("the swarm says of service {}: task {}{}{}{}", now->name, task->state,
                    task->error.empty() ? "" : ": ", task->error,
                    is_by_the_swarm(now->service) ? fmt::format(" ({})", now->service.said()) : "");
  for (const Claim& other : now->claims) {
    const Task* old =
        other.slot == claim->slot && other.name != name ? now->task(other.task) : nullptr;
    if (seen.running && old != nullptr && old->leaves() && old->key != task->key)
      seen.replaced.push_back(other.instance);
  }
  return seen;
}

// The container's end is known before the swarm has said what it makes of it.
std::vector<std::string> Rolled::last_words(Engine& engine, const std::string& name) {
  const auto claim = claims_.find(name);
  const auto until = std::chrono::steady_clock::now() + kForAWord;
  auto now = claim ? look(engine, claim->service) : std::optional<Now>();
  const auto is_silent = [&] {
    const Task* task = now && *now ? (*now)->task(claim->task) : nullptr;
    return task != nullptr && (!task->over || (*now)->service.update == "updating");
  };
  while (is_silent() && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(kLookAgain);
    now = look(engine, claim->service);
  }
  if (!now || !*now) return {};
  std::vector<std::string> lines;
  const Task* task = (*now)->task(claim->task);
  if (task != nullptr && !task->error.empty())
    lines.push_back(fmt::format("slipway: the swarm says: {}: {}", task->state, task->error));
  if (const Service& service = (*now)->service; is_by_the_swarm(service) || service.key.empty())
    lines.push_back(
        fmt::format("slipway: the swarm says of the service {}: {}", service.name, service.said()));
  return lines;
}

// ---- one more ------------------------------------------------------------------------------

Result<> Rolled::make(Engine& engine, const Birth& birth, const std::string& node) {
  const std::string name = service_name(birth.agent, birth.site, birth.start.instance);
  const std::string service = rolled_name(birth.agent, birth.site);
  std::lock_guard lock(claims_.alone(service));
  const auto now = TRY(look(engine, service));
  const auto known = claims_.find(name);
  if (now && !is_of(now->service, birth.agent))
    return fail(Fault::conflict, "{}", stranger_to(service));
  if (!now) {
    TRY(claims_.forget(name));
    TRY(create(engine, birth, service, node));
    return claim(engine, birth, service, name);
  }
  end_strays(engine, *now);
  if (now->service.key != birth.spec) {
    TRY(move_on(engine, birth, *now, node, known));
  } else if (known && is_by_the_swarm(now->service)) {
    return fail(Fault::refused, "the swarm says of service {}: {}", service, now->service.said());
  } else if (!known) {
    TRY(add_one(engine, birth, *now));
  }
  return known ? follow_restart(engine, *known) : claim(engine, birth, service, name);
}

Result<> Rolled::create(Engine& engine, const Birth& birth, const std::string& name,
                        const std::string& node) {
  TRY(forget_secrets(engine, name, ""));
  const auto secrets = TRY(give_secrets(engine, birth, name));
  auto made = done(engine, create_rolled(birth, name, node, secrets),
                   fmt::format("making the service {}", name));
  if (!made) std::ignore = forget_secrets(engine, name, "");
  return made;
}

// To another release: forward, back, or back from what somebody did by hand.
Result<> Rolled::move_on(Engine& engine, const Birth& birth, const Now& now,
                         const std::string& node, const std::optional<Claim>& known) {
  const Container& wanted = birth.start.spec->container;
  const bool by_hand = now.service.key.empty();
  const Task* task = known ? now.task(known->task) : nullptr;
  const bool stands = task != nullptr && task->stays();
  if (!birth.start.advance && !by_hand)
    return fail(Fault::unavailable, "the swarm rolls the service {} to another release meanwhile",
                now.name);
  if (known && !stands && !by_hand)
    return fail(Fault::refused, "the swarm says of service {}: {}", now.name,
                now.service.update.empty() ? "it is of another release" : now.service.said());
  const int there = static_cast<int>(now.staying(birth.spec).size());
  const int at_once = by_hand ? now.service.replicas : std::max(1, wanted.rolled);
  const Rolling rolling{
      .replicas = now.service.replicas,
      .released = std::min(now.service.replicas, there + at_once),
      .at_once = at_once,
      .last = there + at_once >= now.service.replicas,
      .failure_action = wanted.failure_action.empty() ? "pause" : wanted.failure_action};
  const auto secrets = TRY(give_secrets(engine, birth, now.name));
  return change(
      engine, now,
      [&](const Service& s) { return roll(birth, now.name, node, secrets, s.index, rolling); },
      "rolling");
}

// The next batch, or one more where nothing is left to replace. A batch is released by the first
// of its instances; the others find their tasks.
Result<> Rolled::add_one(Engine& engine, const Birth& birth, const Now& now) {
  const auto there = now.staying(now.service.key);
  const int count = static_cast<int>(there.size());
  if (!std::ranges::all_of(there, [&](const Task* task) { return now.is_claimed(*task); }) ||
      count < std::min(now.service.released, now.service.replicas))
    return {};
  if (now.is_in_a_batch())
    return fail(Fault::unavailable, "the swarm has not ended the batch before yet");
  const int old = now.old_ones();
  const int at_once = std::max(1, birth.start.spec->container.rolled);
  // After the first batch the swarm's way back would lead to this release itself: it stops.
  Rolling rolling{.replicas = now.service.replicas,
                  .released = std::min(now.service.replicas, count + at_once),
                  .at_once = at_once,
                  .last = old <= at_once,
                  .failure_action = "pause"};
  if (old == 0) rolling.released = ++rolling.replicas;
  return change(
      engine, now, [&](const Service& s) { return go_on(s.name, s.spec, s.index, rolling); },
      "going on with");
}

Result<> Rolled::claim(Engine& engine, const Birth& birth, const std::string& service,
                       const std::string& name) {
  const auto until = std::chrono::steady_clock::now() + kForATask;
  while (std::chrono::steady_clock::now() < until) {
    const auto now = TRY(look(engine, service));
    if (!now) break;
    for (const Task* task : now->staying(birth.spec)) {
      if (now->is_claimed(*task)) continue;
      return claims_.keep({.name = name,
                           .service = service,
                           .instance = birth.start.instance,
                           .slot = task->slot,
                           .task = task->id,
                           .container = task->container,
                           .key = birth.spec});
    }
    std::this_thread::sleep_for(kLookAgain);
  }
  return fail(Fault::unavailable, "the swarm made no task of service {} for instance {}", service,
              birth.start.instance);
}

}  // namespace slipway::swarm
