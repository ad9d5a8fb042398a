// What happens to containers by themselves: ends from the engine's events, health from our own
// checks or the engine's. One thread minds the lines to the engines; it acts on nothing.
#include <algorithm>
#include <chrono>
#include <csignal>

#include "base/limits.h"
#include "drivers/docker/docker.h"
#include "os/clock.h"
#include "os/files.h"

namespace slipway::docker {

namespace {

using Steady = std::chrono::steady_clock;

constexpr Duration kTurn = 50ms, kNoEngine = 1h, kAgain = 500ms, kSoonest = 100ms;
constexpr std::int64_t kOverlap = 3;  // seconds of events heard twice when a line is drawn anew

Duration age_of(const Seen& seen) {
  return std::max<Duration>(std::chrono::duration_cast<Duration>(os::wall_now() - seen.started),
                            Duration(0));
}

}  // namespace

void Docker::follow(const SiteId& site, const StartInstance& start, Engine& engine,
                    const Seen& seen) {
  const std::string key = key_of(site, start.instance);
  const HealthCheck& health = start.spec->health;
  const Duration age = age_of(seen);
  Followed followed{.site = site,
                    .start = start,
                    .id = seen.id,
                    .engine = &engine,
                    .own_health = !seen.health.empty(),
                    .ready_by = Steady::now() + (health.start_timeout - age),
                    .ask_at = Steady::now()};
  const bool own_health = followed.own_health;
  {
    std::lock_guard lock(lines_mutex_);
    followed_[key] = std::move(followed);
  }
  wake_.notify_all();
  // It may have ended before anybody listened.
  pool_.submit(key, [this, key, id = seen.id] { look_for_end(key, id, std::nullopt); });
  if (own_health) return watcher_.forget(key);
  platform::Watched watched{.site = site,
                            .instance = start.instance,
                            .port = seen.port,
                            .health = health,
                            .age = age,
                            .behind_door = true};
  watcher_.watch(key, std::move(watched));
}

void Docker::unfollow(const std::string& key) {
  {
    std::lock_guard lock(lines_mutex_);
    followed_.erase(key);
  }
  watcher_.forget(key);
}

void Docker::mind() {
  std::unique_lock lock(lines_mutex_);
  while (!stopping_now_) {
    const auto now = Steady::now();
    std::vector<std::pair<std::string, Line*>> deaf;
    std::vector<std::string> due;
    for (auto& [host, line] : lines_) {
      if (line.listening || !line.engine || line.next > now) continue;
      line.listening = true;
      deaf.emplace_back(host, &line);
    }
    for (auto& [key, followed] : followed_) {
      if (!followed.own_health || followed.asking || followed.ask_at > now) continue;
      followed.asking = true;
      due.push_back(key);
    }
    lock.unlock();
    for (auto& [host, line] : deaf) listen(host, *line);
    for (const std::string& key : due) look_after(key);
    lock.lock();
    wake_.wait_for(lock, lines_.empty() ? kNoEngine : kTurn);
  }
}

// Draws a line to an engine that has none: its events from a little before now on, and a look at
// everything that is followed there, so that nothing falls between.
void Docker::listen(const std::string& host, Line& line) {
  Engine& engine = *line.engine;
  const auto since =
      std::chrono::duration_cast<std::chrono::seconds>(os::wall_now().time_since_epoch()).count() -
      kOverlap;
  pool_.submit("engine " + host, [this, host, since, &line, &engine] {
    const auto broken = [this, &line] {
      std::lock_guard lock(lines_mutex_);
      line.listening = false;
      line.next = Steady::now() + kAgain;
    };
    if (!engine.architecture()) return broken();  // agrees on the version, too
    {
      std::lock_guard lock(lines_mutex_);
      line.lines = EventLines();
    }
    engine.listen(
        docker::deaths(agent_, since, form_->lets_go()),
        [this, &line](std::string_view bytes) {
          for (const Death& death : line.lines.feed(bytes)) died(death);
        },
        [broken](const Result<Reply>&) { broken(); });
    std::vector<std::pair<std::string, std::string>> all;
    bool swept = true;
    Wanted wanted;
    {
      std::lock_guard lock(lines_mutex_);
      for (const auto& [key, followed] : followed_)
        if (followed.engine == &engine) all.emplace_back(key, followed.id);
      swept = line.swept;
      wanted = wanted_;
    }
    for (const auto& [key, id] : all)
      pool_.submit(key, [this, key = key, id = id] {
        look_for_end(key, id, std::nullopt);
        if (form_->lets_go()) look_for_notice(key, id);
      });
    if (!swept && wanted) std::ignore = sweep_line(line, wanted, 5s, Begun::leave);
  });
}

void Docker::died(const Death& death) {
  std::string key;
  {
    std::lock_guard lock(lines_mutex_);
    for (auto& [name, followed] : followed_) {
      if (followed.id != death.id || followed.last_death >= death.at_ns) continue;
      if (!death.signalled) followed.last_death = death.at_ns;
      key = name;
    }
  }
  if (key.empty()) return;
  if (death.signalled)
    return pool_.submit(key, [this, key, id = death.id] { look_for_notice(key, id); });
  pool_.submit(key, [this, key, death] { look_for_end(key, death.id, death); });
}

// Is it let go? Its container was sent a signal, by its platform or by somebody else.
void Docker::look_for_notice(const std::string& key, const std::string& id) {
  Followed followed;
  {
    std::lock_guard lock(lines_mutex_);
    const auto found = followed_.find(key);
    if (found == followed_.end() || found->second.id != id || is_ending(key)) return;
    followed = found->second;
  }
  const std::uint32_t instance = followed.start.instance;
  const auto seen = form_->find(*followed.engine, form_->name_of(agent_, followed.site, instance));
  if (seen && *seen && !(*seen)->ending.empty())
    fact(followed.site, Leaving{instance, (*seen)->ending});
}

// Did it end? With an event it did, even when the engine has started it again since.
void Docker::look_for_end(const std::string& key, const std::string& id,
                          std::optional<Death> death) {
  Followed followed;
  {
    std::lock_guard lock(lines_mutex_);
    const auto found = followed_.find(key);
    if (found == followed_.end() || found->second.id != id || is_ending(key)) return;
    followed = found->second;
  }
  Exited exited{followed.start.instance, -9, {}};
  auto reply = followed.engine->call(inspect(id));
  if (!reply) return;  // the line is drawn anew, and then it is looked at again
  auto seen = hear_container(*reply);
  if (!seen && seen.error().fault != Fault::missing) return;
  if (seen) {
    if (seen->running && !death) return;
    std::error_code error;
    if (!seen->running && std::filesystem::exists(told_mark(id), error)) return;
    watcher_.forget(key);  // its end is the cause, whatever its check says meanwhile
    exited.status = exit_status(death && death->code ? *death->code : seen->exit);
    const std::string name = form_->name_of(agent_, followed.site, followed.start.instance);
    exited.tail = tail(*followed.engine, name, *seen);
    if (!seen->running) std::ignore = os::write_file(told_mark(id), "");
  } else {
    // By who keeps it running, or by somebody else.
    const std::string name = form_->name_of(agent_, followed.site, followed.start.instance);
    exited.tail = form_->last_words(*followed.engine, name);
    if (exited.tail.empty()) exited.tail = {"slipway: the container was removed by somebody else"};
  }
  unfollow(key);
  fact(followed.site, std::move(exited));
}

std::vector<std::string> Docker::tail(Engine& engine, const std::string& name, const Seen& seen) {
  std::vector<std::string> lines;
  if (auto output = engine.call(docker::logs(seen.id, limits::kTailLines));
      output && output->status < 300)
    lines = last_lines(plain_log(output->body), limits::kTailLines);
  // An engine misses some ends for memory, where the container is gone before it looked.
  const bool perhaps = exit_status(seen.exit) == -SIGKILL && seen.memory > 0;
  if (seen.killed_for_memory || perhaps)
    lines.push_back(fmt::format("slipway: killed{} for memory, the limit is {} MiB",
                                seen.killed_for_memory ? "" : ", perhaps",
                                seen.memory / (1024 * 1024)));
  for (std::string& line : form_->last_words(engine, name)) lines.push_back(std::move(line));
  return lines;
}

// ---- health by the engine ------------------------------------------------------------------

void Docker::look_after(const std::string& key) {
  pool_.submit(key + " health", [this, key] {
    Followed followed;
    {
      std::lock_guard lock(lines_mutex_);
      const auto found = followed_.find(key);
      if (found == followed_.end()) return;
      followed = found->second;
    }
    auto reply = followed.engine->call(inspect(followed.id));
    if (reply) {
      if (auto seen = hear_container(*reply)) heard_health(key, followed.id, *seen);
    }
    std::lock_guard lock(lines_mutex_);
    const auto found = followed_.find(key);
    if (found == followed_.end()) return;
    found->second.asking = false;
    found->second.ask_at =
        Steady::now() + std::max<Duration>(followed.start.spec->health.interval / 2, kSoonest);
  });
}

void Docker::heard_health(const std::string& key, const std::string& id, const Seen& seen) {
  HealthChanged change;
  SiteId site;
  {
    std::lock_guard lock(lines_mutex_);
    const auto found = followed_.find(key);
    if (found == followed_.end() || found->second.id != id || !seen.running) return;
    Followed& followed = found->second;
    const bool healthy = seen.health == "healthy";
    const bool late = seen.health == "starting" && Steady::now() > followed.ready_by;
    if (!healthy && seen.health != "unhealthy" && !late) return;
    if (followed.healthy == healthy) return;
    followed.healthy = healthy;
    site = followed.site;
    const std::string said = seen.health_output.empty() ? "" : ": " + seen.health_output;
    change = {followed.start.instance, healthy,
              healthy ? ""
              : late  ? fmt::format("not ready after {} s{}",
                                    to_seconds(followed.start.spec->health.start_timeout), said)
                      : "the container's own check failed" + said};
  }
  fact(site, change);
}

}  // namespace slipway::docker
