// Ending containers: asked to, then made to; and those that no site wants.
#include <algorithm>
#include <future>

#include "drivers/docker/docker.h"
#include "os/files.h"

namespace slipway::docker {
namespace fs = std::filesystem;

namespace {

constexpr Duration kLookAgain = 200ms;  // whether its platform lets it go
constexpr Duration kKilled = 10s;       // for the engine to see the end of what it killed
constexpr std::size_t kKeptLines = 20'000;

}  // namespace

void Docker::halt(const SiteId& site, const StopInstance& halt) {
  unfollow(key_of(site, halt.instance));
  halt_once_free(site, halt, std::chrono::steady_clock::now() + halt.grace);
}

void Docker::halt_once_free(const SiteId& site, const StopInstance& halt,
                            std::chrono::steady_clock::time_point until) {
  Engine& engine = engine_of(halt.where);
  auto there = find(engine, site, halt.instance);
  if (!there) return ended(site, halt.instance, failed(there.error()));
  if (!there->owner) return ended(site, halt.instance, Done{});
  auto free = form_->may_end(engine, there->seen->name);
  if (!free &&
      (free.error().fault != Fault::unavailable || std::chrono::steady_clock::now() > until))
    return ended(site, halt.instance, failed(free.error()));
  if (!free) {
    const auto again = [=, this] { halt_once_free(site, halt, until); };
    const bool waits = there->seen->running;
    if (!waits) std::this_thread::sleep_for(kLookAgain);
    if (!waits) return pool_.submit(key_of(site, halt.instance), again);
    // An answer before the time means that it ended by itself, which may be looked at, too.
    engine.later(docker::wait(there->seen->id, kLookAgain), [=, this](const Result<Reply>&) {
      pool_.submit(key_of(site, halt.instance), again);
    });
    return;
  }
  if (!there->seen->running) return finish(engine, site, halt.instance);
  // One that ended in between has nothing to hear; its end is awaited all the same.
  auto told = engine.call(docker::kill(there->seen->id, halt.signal));
  if (!told) return ended(site, halt.instance, failed(told.error()));
  await_end(engine, site, halt.instance, there->seen->id, halt.grace, false);
}

void Docker::await_end(Engine& engine, const SiteId& site, std::uint32_t instance,
                       const std::string& id, Duration limit, bool killed) {
  engine.later(docker::wait(id, limit), [=, this, &engine](Result<Reply> reply) {
    const std::string key = key_of(site, instance);
    pool_.submit(key, [=, this, &engine] {
      const bool late = !reply && reply.error().fault == Fault::timeout;
      if (late && !killed) {
        std::ignore = engine.call(docker::kill(id, 9));
        return await_end(engine, site, instance, id, kKilled, true);
      }
      if (!reply) return ended(site, instance, failed(reply.error()));
      finish(engine, site, instance);
    });
  });
}

// Nothing runs any more: the output is kept, name and port are free.
void Docker::finish(Engine& engine, const SiteId& site, std::uint32_t instance) {
  auto there = find(engine, site, instance);
  if (!there) return ended(site, instance, failed(there.error()));
  Observed observed;
  if (there->owner) {
    observed.port = there->seen->port;
    auto gone = bury(engine, *there->owner, *there->seen);
    if (!gone) return ended(site, instance, failed(gone.error()));
    observed.details = std::move(*gone);
  }
  ended(site, instance, Done{std::move(observed)});
}

// The instance and all that belongs to it are removed, its output is kept. What could not be kept
// is said, and holds nothing up.
Result<std::vector<std::string>> Docker::bury(Engine& engine, const Owner& owner,
                                              const Seen& seen) {
  std::vector<std::string> said;
  if (!seen.id.empty()) {
    auto output = engine.call(docker::logs(seen.id, kKeptLines));
    if (output && output->status < 300) {
      const fs::path file = own_folder() / (seen.id + ".log");
      auto kept = os::swap_file(file, plain_log(output->body));
      if (kept) kept = kept_.keep(owner.site, owner.instance, owner.version, file);
      if (!kept) said.push_back(kept.error().text);
    }
  }
  TRY(form_->remove(engine, form_->name_of(agent_, owner.site, owner.instance), seen));
  std::error_code error;
  if (!seen.id.empty()) fs::remove(told_mark(seen.id), error);
  if (seen.port != 0) ports_.give_back(seen.port);
  return said;
}

// ---- what no site wants --------------------------------------------------------------------

std::vector<std::string> Docker::sweep(const Wanted& wanted, Duration grace, Begun begun) {
  std::vector<std::string> said;
  std::vector<Line*> lines;
  {
    std::lock_guard lock(lines_mutex_);
    if (begun == Begun::leave) wanted_ = wanted;
    for (auto& [host, line] : lines_) lines.push_back(&line);
  }
  for (Line* line : lines) {
    for (std::string& text : sweep_line(*line, wanted, grace, begun))
      said.push_back(std::move(text));
  }
  return said;
}

std::vector<std::string> Docker::sweep_line(Line& line, const Wanted& wanted, Duration grace,
                                            Begun begun) {
  std::vector<std::string> said;
  Engine& engine = *line.engine;
  auto all = form_->list(engine, agent_);
  {
    std::lock_guard lock(lines_mutex_);
    line.swept = all.has_value();
  }
  if (!all)
    return {fmt::format("containers that no site wants are not removed: {}", all.error().text)};
  const auto deadline = std::chrono::steady_clock::now() + grace;
  std::vector<std::pair<Owner, Seen>> orphans;
  for (const Seen& seen : *all) {
    const auto owner = owner_of(seen, agent_);
    if (!owner || wanted(owner->site, owner->instance)) continue;
    if (begun == Begun::leave && is_begun(owner->site, owner->instance)) continue;
    unfollow(key_of(owner->site, owner->instance));
    auto there = find(engine, owner->site, owner->instance);
    // One whose name is gone, or somebody else's by now, is what the list says of it.
    const Seen& known = there && there->owner ? *there->seen : seen;
    if (known.running) std::ignore = engine.call(docker::kill(known.id, owner->stop_signal));
    orphans.emplace_back(*owner, known);
  }
  for (const auto& [owner, seen] : orphans) {
    const auto left =
        std::chrono::duration_cast<Duration>(deadline - std::chrono::steady_clock::now());
    if (!seen.id.empty())
      std::ignore = engine.call(docker::wait(seen.id, std::max<Duration>(left, 1ms)));
    auto gone = bury(engine, owner, seen);
    const std::string who = fmt::format("container of instance {} of {} ({})", owner.instance,
                                        owner.site.name(), owner.version);
    said.push_back(
        gone ? fmt::format("ended {}: no site wants it", who)
             : fmt::format("{} is wanted by no site and does not go: {}", who, gone.error().text));
  }
  return said;
}

std::vector<fs::path> Docker::logs(const SiteId& site, std::uint32_t instance) {
  std::vector<fs::path> files = kept_.of(site, instance);
  Engine* engine = nullptr;
  std::string id;
  {
    std::lock_guard lock(lines_mutex_);
    const auto found = followed_.find(key_of(site, instance));
    if (found == followed_.end()) return files;
    engine = found->second.engine;
    id = found->second.id;
  }
  auto output = engine->call(docker::logs(id, kKeptLines));
  if (!output || output->status >= 300) return files;
  const fs::path now =
      settings_.runtime / "output" / fmt::format("{}-i{}.log", platform::site_part(site), instance);
  auto made = os::make_folder(now.parent_path());
  if (made) made = os::swap_file(now, plain_log(output->body));
  if (made) files.push_back(now);
  return files;
}

}  // namespace slipway::docker
