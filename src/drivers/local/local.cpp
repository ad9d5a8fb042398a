#include "drivers/local/local.h"

#include <algorithm>

#include "platform/smoke.h"

namespace slipway::local {
namespace fs = std::filesystem;

namespace {

Outcome fault_failed(Fault fault, std::string text) {
  return Local::failed(Error{fault, std::move(text)});
}

}  // namespace

Local::Local(Settings settings, Sink& sink)
    : settings_(std::move(settings)),
      sink_(sink),
      folders_(settings_.state),
      ports_(settings_.first_port, settings_.last_port, settings_.state.string()),
      pool_(settings_.workers),
      watcher_(sink) {
  os::raise_file_limit();
}

std::string Local::key_of(const SiteId& site, std::uint32_t instance) {
  return fmt::format("{}@{} i{}", site.service, site.environment, instance);
}

Outcome Local::failed(const Error& error) {
  bool lasting = error.fault == Fault::refused || error.fault == Fault::missing ||
                 error.fault == Fault::invalid || error.fault == Fault::unsupported;
  return Failed{error, !lasting, {}};
}

bool Local::takes(const Command& command) const {
  if (const Where* where = where_of(command)) return where->platform.empty();
  return std::holds_alternative<RunSmoke>(command);
}

std::string Local::path() const {
  auto given =
      std::ranges::find(settings_.base, "PATH", &std::pair<std::string, std::string>::first);
  return given == settings_.base.end() ? "/usr/local/bin:/usr/bin:/bin" : given->second;
}

void Local::answer(const Asker& asker, Outcome outcome) {
  sink_.answer(asker.site, asker.id, asker.attempt, std::move(outcome));
}

void Local::begin(const Issued& issued) {
  Asker asker{issued.site, issued.id, issued.attempt};
  std::string alone = fmt::format("{} {} {}", issued.site.name(), issued.id, issued.attempt);
  if (auto* look = std::get_if<Look>(&issued.command)) {
    pool_.submit(alone, [this, asker, look = *look] {
      Observed observed;
      observed.world = releases_.look(look, path());
      answer(asker, Done{std::move(observed)});
    });
  } else if (auto* check = std::get_if<CheckRelease>(&issued.command)) {
    pool_.submit(alone, [this, asker, check = *check] {
      Result<> same = releases_.check(check.spec, check.version);
      const InstanceSpec& spec = check.spec;
      auto trouble = trouble_with(spec.argv, spec.shell, spec.directory, path());
      if (!same) {
        answer(asker, failed(same.error()));
      } else if (trouble) {
        answer(asker, fault_failed(Fault::missing, trouble->problem + "; " + trouble->hint));
      } else {
        answer(asker, Done{});
      }
    });
  } else if (auto* start = std::get_if<StartInstance>(&issued.command)) {
    {
      std::lock_guard lock(mutex_);
      begun_.insert(folders_.instance(issued.site, start->instance));
    }
    pool_.submit(key_of(issued.site, start->instance),
                 [this, asker, start = *start] { this->start(asker, start, Fresh::yes); });
  } else if (auto* halt = std::get_if<StopInstance>(&issued.command)) {
    pool_.submit(key_of(issued.site, halt->instance),
                 [this, asker, halt = *halt] { this->halt(asker, halt); });
  } else if (auto* smoke = std::get_if<RunSmoke>(&issued.command)) {
    pool_.submit(alone,
                 [this, asker, smoke = *smoke] { answer(asker, platform::run_smoke(smoke)); });
  } else {
    answer(asker, fault_failed(Fault::unsupported, "the local driver does not take this command"));
  }
}

void Local::observe(const Issued& issued) {
  Asker asker{issued.site, issued.id, issued.attempt};
  if (auto* start = std::get_if<StartInstance>(&issued.command)) {
    pool_.submit(key_of(issued.site, start->instance),
                 [this, asker, start = *start] { this->start(asker, start, Fresh::no); });
    return;
  }
  auto* halt = std::get_if<StopInstance>(&issued.command);
  if (halt == nullptr) {
    begin(issued);  // what only looks is done again
    return;
  }
  pool_.submit(key_of(issued.site, halt->instance), [this, asker, instance = halt->instance] {
    std::string folder = folders_.instance(asker.site, instance).string();
    std::error_code error;
    if (!fs::exists(folder, error)) {
      answer(asker, Done{});
      return;
    }
    bool under_way = false;
    {
      std::lock_guard lock(mutex_);
      under_way = stopping_.contains(key_of(asker.site, instance));
    }
    if (under_way) {
      answer(asker, Pending{});
    } else {
      answer(asker,
             Failed{{Fault::missing, fmt::format("instance {} is not being stopped", instance)}});
    }
  });
}

void Local::cancel(const Issued& issued) {
  Asker asker{issued.site, issued.id, issued.attempt};
  auto* start = std::get_if<StartInstance>(&issued.command);
  if (start == nullptr) {
    // The rest leaves nothing behind; a stop cannot be taken back.
    answer(asker, Done{});
    return;
  }
  StopInstance undo{start->instance, start->spec.stop_signal, start->spec.drain, {}};
  pool_.submit(key_of(issued.site, undo.instance), [this, asker, undo] { halt(asker, undo); });
}

void Local::stop() {
  // Both may hand work to the other, so both stop taking it before either goes.
  watcher_.stop();
  pool_.stop();
}

std::vector<fs::path> Local::logs(const SiteId& site, std::uint32_t instance) const {
  return folders_.logs(site, instance);
}

// ---- stopping --------------------------------------------------------------------------------

void Local::halt(const Asker& asker, const StopInstance& halt) {
  std::string key = key_of(asker.site, halt.instance);
  {
    std::lock_guard lock(mutex_);
    auto& waiting = stopping_[key];
    waiting.push_back(asker);
    if (waiting.size() > 1) return;  // already on its way; all are answered at its end
  }
  watcher_.forget(key);
  std::string folder = folders_.instance(asker.site, halt.instance).string();
  auto shim = os::Shim::adopt(folder);
  Result<int> watch = fail(Fault::missing, "ended");
  if (shim) watch = shim->watch_fd();
  if (!watch) {
    // No shim: nothing runs, or it was killed and left a process that gets the same courtesy.
    Result<> cleared = os::Shim::clear(folder, halt.signal, halt.grace);
    if (!cleared) {
      answer_stops(key, failed(cleared.error()));
    } else {
      finish(asker.site, halt.instance);
    }
    return;
  }
  // A process that ended in between has nothing to hear; its shim's end is awaited all the same.
  std::ignore = shim->signal(halt.signal);
  watcher_.await_end(
      os::Fd(*watch), std::chrono::steady_clock::now() + halt.grace,
      [this, site = asker.site, instance = halt.instance, key](bool ended) {
        pool_.submit(key, [this, site, instance, ended] { finish_stop(site, instance, ended); });
      });
}

void Local::finish_stop(const SiteId& site, std::uint32_t instance, bool ended) {
  std::string folder = folders_.instance(site, instance).string();
  Result<> gone;
  if (!ended) {
    if (auto shim = os::Shim::adopt(folder)) gone = shim->end();
  }
  if (gone) gone = os::Shim::clear(folder);
  if (!gone) {
    answer_stops(key_of(site, instance), failed(gone.error()));
    return;
  }
  finish(site, instance);
}

// Nothing runs any more: the output is kept, the folder and the port are free.
void Local::finish(const SiteId& site, std::uint32_t instance) {
  fs::path folder = folders_.instance(site, instance);
  Observed observed;
  if (auto note = read_note(os::Shim::user_data_of(folder.string()))) {
    ports_.give_back(note->port);
    observed.port = note->port;
    if (auto kept = folders_.archive(site, instance, note->version); !kept) {
      observed.details.push_back(kept.error().text);
    }
  }
  std::error_code error;
  fs::remove_all(folder, error);
  {
    std::lock_guard lock(mutex_);
    begun_.erase(folder);
  }
  answer_stops(key_of(site, instance), Done{std::move(observed)});
}

void Local::answer_stops(const std::string& key, const Outcome& outcome) {
  std::vector<Asker> waiting;
  {
    std::lock_guard lock(mutex_);
    waiting.swap(stopping_[key]);
    stopping_.erase(key);
  }
  for (const Asker& asker : waiting) answer(asker, outcome);
}

}  // namespace slipway::local
