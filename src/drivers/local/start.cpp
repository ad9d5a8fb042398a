// Starting and adopting instances, and what happens when one ends by itself.
#include <algorithm>
#include <chrono>

#include "base/limits.h"
#include "drivers/local/local.h"

namespace slipway::local {
namespace fs = std::filesystem;

namespace {

constexpr Duration kLookAgain = 1s;

Duration age_of(const os::ShimStatus& status) {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  auto age = std::chrono::duration_cast<Duration>(now) - Duration(status.started_us);
  return std::max(age, Duration(0));
}

// A shim that is killed before it answers leaves its process to the next one.
Result<os::Shim> guard_process(const os::ShimSpec& spec) {
  constexpr int kTries = 5;
  for (int n = 1;; ++n) {
    auto shim = os::Shim::guard(spec);
    if (shim || shim.error().fault == Fault::missing || n == kTries) return shim;
  }
}

}  // namespace

void Local::start(const Asker& asker, const StartInstance& start, Fresh fresh) {
  std::string key = key_of(asker.site, start.instance);
  if (is_ending(key)) {
    answer(asker,
           Failed{{Fault::conflict, fmt::format("instance {} is being stopped", start.instance)}});
    return;
  }
  fs::path folder = folders_.instance(asker.site, start.instance);
  auto shim = os::Shim::adopt(folder.string());
  auto note = read_note(os::Shim::user_data_of(folder.string()));
  bool same = note && note->hash == spec_hash(start.spec, start.version);
  // Its shim was killed and it serves on: it gets another.
  if (!shim && same) shim = guard_process(shim_spec(asker.site, start, note->port));
  if (shim && same) {
    auto status = shim->status();
    if (status && status->child > 0 && adopt(asker, start, *shim, *status)) return;
    if (status && status->exit && status->shim == 0 && !Folders::told(folder)) {
      tell_ended(asker, start, *note, *status);
      return;
    }
  }
  if (fresh == Fresh::no) {
    answer(asker,
           Failed{{Fault::missing, fmt::format("instance {} does not run", start.instance)}});
    return;
  }
  watcher_.forget(key);
  // Another process than the one that is wanted, or the rest of one: it ends first.
  if (shim) {
    if (Result<> gone = shim->end(); !gone) return answer(asker, failed(gone.error()));
  }
  if (Result<> gone = os::Shim::clear(folder.string()); !gone) {
    return answer(asker, failed(gone.error()));
  }
  if (note) {
    ports_.give_back(note->port);
    std::ignore = folders_.archive(asker.site, start.instance, note->version);
  }
  auto started = start_fresh(asker, start, folder);
  if (!started) return answer(asker, failed(started.error()));
  answer(asker, Done{started->observed});
  // Watched only now: no fact of a process may come before the answer that names it.
  follow(asker.site, start, started->observed.port, {}, started->shim);
}

Result<Local::Started> Local::start_fresh(const Asker& asker, const StartInstance& start,
                                          const fs::path& folder) {
  if (auto checked = releases_.check(start.spec, start.version); !checked) {
    return std::unexpected(checked.error());
  }
  TRY(os::make_folder(folder));
  Folders::unmark_told(folder);
  const std::uint16_t port = TRY(ports_.take());
  auto give_up = [&](const Error& error) {
    ports_.give_back(port);
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    return std::unexpected(error);
  };
  auto env = environment_of(asker.site, start, port, settings_.base, settings_.secret);
  if (!env) return give_up(env.error());

  os::ShimSpec spec = shim_spec(asker.site, start, port);
  spec.env = std::move(*env);
  auto shim = os::Shim::start(spec);
  if (!shim) return give_up(cannot_start(start, shim.error()));
  auto status = shim->status();
  Observed observed;
  observed.port = port;
  if (status) observed.pid = status->child;
  return Started{std::move(observed), std::move(*shim)};
}

os::ShimSpec Local::shim_spec(const SiteId& site, const StartInstance& start,
                              std::uint16_t port) const {
  os::ShimSpec spec;
  spec.directory = folders_.instance(site, start.instance).string();
  for (const std::string& word : words_of(start.spec->argv, start.spec->shell)) {
    spec.argv.push_back(filled(word, port, start.instance));
  }
  spec.workdir = start.spec->directory;
  spec.user_data = write_note({.hash = spec_hash(start.spec, start.version),
                               .port = port,
                               .version = start.version,
                               .site = site,
                               .instance = start.instance,
                               .stop_signal = start.spec->stop_signal,
                               .drain = start.spec->drain});
  return spec;
}

// The system says "No such file"; what it is about and what to do is known here.
Error Local::cannot_start(const StartInstance& start, const Error& error) const {
  const InstanceSpec& spec = start.spec;
  if (auto trouble = trouble_with(spec.argv, spec.shell, spec.directory, path())) {
    return {error.fault, trouble->problem + "; " + trouble->hint};
  }
  return error;
}

bool Local::adopt(const Asker& asker, const StartInstance& start, const os::Shim& shim,
                  const os::ShimStatus& status) {
  auto note = read_note(shim.user_data());
  if (!note) return false;
  ports_.keep(note->port);
  Observed observed;
  observed.port = note->port;
  observed.pid = status.child;
  answer(asker, Done{std::move(observed)});
  follow(asker.site, start, note->port, age_of(status), shim);
  return true;
}

// It ended while nobody looked. That it had been started is true, and that it ended is news.
void Local::tell_ended(const Asker& asker, const StartInstance& start, const Note& note,
                       const os::ShimStatus& status) {
  Observed observed;
  observed.port = note.port;
  answer(asker, Done{std::move(observed)});
  Folders::mark_told(folders_.instance(asker.site, start.instance));
  auto shim = os::Shim::adopt(folders_.instance(asker.site, start.instance).string());
  Exited exited{start.instance, status.exit.value_or(0), {}};
  if (shim) exited.tail = shim->tail(limits::kTailLines);
  fact(asker.site, std::move(exited));
}

void Local::follow(const SiteId& site, const StartInstance& start, std::uint16_t port, Duration age,
                   const os::Shim& shim) {
  std::string key = key_of(site, start.instance);
  auto ended = [this, site, start, key] {
    pool_.submit(key, [this, site, start] { process_ended(site, start); });
  };
  Result<int> fd = shim.watch_fd();
  if (!fd) {
    // It ended between its start and now; or its shim could not be reached, which tells nothing of
    // it: nobody may stay unwatched for that.
    const auto pause = fd.error().fault == Fault::missing ? Duration(0) : kLookAgain;
    watcher_.await_end({}, std::chrono::steady_clock::now() + pause, [ended](bool) { ended(); });
    return;
  }
  Watched watched{.site = site,
                  .instance = start.instance,
                  .port = port,
                  .health = start.spec->health,
                  .age = age};
  watched.watch = os::Fd(*fd);
  watched.ended = std::move(ended);
  if (start.spec->health.kind == HealthCheck::Kind::command) {
    watched.command = [this, site, start, port]() -> Result<Check::Command> {
      Check::Command command;
      for (const std::string& word : start.spec->health.command) {
        command.argv.push_back(filled(word, port, start.instance));
      }
      command.env = TRY(environment_of(site, start, port, settings_.base, settings_.secret));
      command.directory = start.spec->directory;
      return command;
    };
  }
  watcher_.watch(key, std::move(watched));
}

void Local::process_ended(const SiteId& site, const StartInstance& start) {
  if (is_ending(key_of(site, start.instance))) return;  // it was asked to
  fs::path folder = folders_.instance(site, start.instance);
  std::string directory = folder.string();
  if (Folders::told(folder)) return;
  auto note = read_note(os::Shim::user_data_of(directory));
  if (!note || note->hash != spec_hash(start.spec, start.version)) return;
  Exited exited{start.instance, -9, {}};
  auto shim = os::Shim::adopt(directory);
  if (!shim) {
    if (auto again = guard_process(shim_spec(site, start, note->port))) {
      return follow(site, start, note->port, {}, *again);
    }
  }
  if (shim) {
    auto status = shim->status();
    // It serves: only who watched it has gone, or it was started again meanwhile.
    if (status && status->shim != 0) return follow(site, start, note->port, age_of(*status), *shim);
    if (status) exited.status = status->exit.value_or(-9);
    exited.tail = shim->tail(limits::kTailLines);
  } else {
    exited.tail = os::last_lines({folder / "out.log.1", folder / "out.log"}, limits::kTailLines);
    exited.tail.push_back("slipway: the shim of this process was killed, and it ended too");
  }
  Folders::mark_told(folder);
  fact(site, std::move(exited));
  // What a killed shim left can no longer be watched; it may finish its requests.
  if (!shim)
    std::ignore = os::Shim::clear(directory, start.spec->stop_signal,
                                  std::min<Duration>(start.spec->drain, 5s));
}

}  // namespace slipway::local
