#include "platform/instances.h"

#include <fmt/format.h>

#include "platform/smoke.h"

namespace slipway::platform {

std::string InstanceDriver::key_of(const SiteId& site, std::uint32_t instance) {
  return fmt::format("{}@{} i{}", site.service, site.environment, instance);
}

Outcome InstanceDriver::failed(const Error& error) {
  const bool lasting = error.fault == Fault::refused || error.fault == Fault::missing ||
                       error.fault == Fault::invalid || error.fault == Fault::unsupported;
  return Failed{error, !lasting, {}};
}

void InstanceDriver::answer(const Asker& asker, Outcome outcome) {
  {
    std::lock_guard lock(mutex_);
    if (silent_) return;
  }
  sink_.answer(asker.site, asker.id, asker.attempt, std::move(outcome));
}

void InstanceDriver::fall_silent() {
  std::lock_guard lock(mutex_);
  silent_ = true;
}

void InstanceDriver::begin(const Issued& issued) {
  const Asker asker{issued.site, issued.id, issued.attempt};
  const std::string alone = fmt::format("{} {} {}", issued.site.name(), issued.id, issued.attempt);
  if (const auto* look = std::get_if<Look>(&issued.command)) {
    pool_.submit(alone, [this, asker, look = *look] {
      Observed observed;
      observed.world = this->look(look);
      answer(asker, Done{std::move(observed)});
    });
  } else if (const auto* check = std::get_if<CheckRelease>(&issued.command)) {
    pool_.submit(alone, [this, asker, check = *check] {
      const auto good = this->check(check);
      answer(asker, good ? Outcome(Done{}) : failed(good.error()));
    });
  } else if (const auto* start = std::get_if<StartInstance>(&issued.command)) {
    const std::string key = key_of(issued.site, start->instance);
    {
      std::lock_guard lock(mutex_);
      begun_.insert({key, {issued.site, start->instance}});
    }
    pool_.submit(key, [this, asker, start = *start] { this->start(asker, start, Fresh::yes); });
  } else if (const auto* halt = std::get_if<StopInstance>(&issued.command)) {
    pool_.submit(key_of(issued.site, halt->instance),
                 [this, asker, halt = *halt] { ask_end(asker, halt); });
  } else if (const auto* smoke = std::get_if<RunSmoke>(&issued.command)) {
    pool_.submit(alone, [this, asker, smoke = *smoke] { answer(asker, run_smoke(smoke)); });
  } else {
    answer(asker, failed({Fault::unsupported,
                          fmt::format("the driver {} does not take this command", name())}));
  }
}

void InstanceDriver::observe(const Issued& issued) {
  const Asker asker{issued.site, issued.id, issued.attempt};
  if (const auto* start = std::get_if<StartInstance>(&issued.command)) {
    pool_.submit(key_of(issued.site, start->instance),
                 [this, asker, start = *start] { this->start(asker, start, Fresh::no); });
    return;
  }
  const auto* halt = std::get_if<StopInstance>(&issued.command);
  if (halt == nullptr) {
    begin(issued);  // what only looks is done again
    return;
  }
  pool_.submit(key_of(issued.site, halt->instance), [this, asker, halt = *halt] {
    if (is_ending(key_of(asker.site, halt.instance))) return answer(asker, Pending{});
    const auto there = is_there(asker.site, halt);
    if (!there) return answer(asker, failed(there.error()));
    if (!*there) return answer(asker, Done{});
    answer(asker, Failed{{Fault::missing,
                          fmt::format("instance {} is not being stopped", halt.instance)}});
  });
}

void InstanceDriver::cancel(const Issued& issued) {
  const Asker asker{issued.site, issued.id, issued.attempt};
  const auto* start = std::get_if<StartInstance>(&issued.command);
  if (start == nullptr) {
    // The rest leaves nothing behind; a stop cannot be taken back.
    answer(asker, Done{});
    return;
  }
  const StopInstance undo{start->instance, start->spec->stop_signal, start->spec->drain,
                          start->spec->where};
  pool_.submit(key_of(issued.site, undo.instance), [this, asker, undo] { ask_end(asker, undo); });
}

void InstanceDriver::ask_end(const Asker& asker, const StopInstance& halt) {
  {
    std::lock_guard lock(mutex_);
    auto& waiting = ending_[key_of(asker.site, halt.instance)];
    waiting.push_back(asker);
    if (waiting.size() > 1) return;  // already on its way; all are answered at its end
  }
  this->halt(asker.site, halt);
}

bool InstanceDriver::is_ending(const std::string& key) const {
  std::lock_guard lock(mutex_);
  return ending_.contains(key);
}

void InstanceDriver::ended(const SiteId& site, std::uint32_t instance, const Outcome& outcome) {
  const std::string key = key_of(site, instance);
  std::vector<Asker> waiting;
  {
    std::lock_guard lock(mutex_);
    if (std::holds_alternative<Done>(outcome)) begun_.erase(key);
    if (auto found = ending_.extract(key)) waiting = std::move(found.mapped());
  }
  for (const Asker& asker : waiting) answer(asker, outcome);
}

bool InstanceDriver::is_begun(const SiteId& site, std::uint32_t instance) const {
  std::lock_guard lock(mutex_);
  return begun_.contains(key_of(site, instance));
}

std::vector<std::pair<SiteId, std::uint32_t>> InstanceDriver::begun() const {
  std::lock_guard lock(mutex_);
  std::vector<std::pair<SiteId, std::uint32_t>> out;
  for (const auto& [key, who] : begun_) out.push_back(who);
  return out;
}

}  // namespace slipway::platform
