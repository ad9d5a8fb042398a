#include "drivers/local/local.h"

#include <algorithm>

#include "platform/smoke.h"

namespace slipway::local {
namespace fs = std::filesystem;

Local::Local(Settings settings, Sink& sink)
    : InstanceDriver(sink, settings.workers),
      settings_(std::move(settings)),
      folders_(settings_.state),
      ports_(settings_.first_port, settings_.last_port, settings_.state.string()),
      watcher_(sink) {
  os::raise_file_limit();
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

World Local::look(const Look& look) { return releases_.look(look, path()); }

Result<> Local::check(const CheckRelease& check) {
  TRY(releases_.check(check.spec, check.version));
  const InstanceSpec& spec = check.spec;
  if (auto trouble = trouble_with(spec.argv, spec.shell, spec.directory, path()))
    return fail(Fault::missing, "{}; {}", trouble->problem, trouble->hint);
  return {};
}

Result<bool> Local::is_there(const SiteId& site, const StopInstance& halt) {
  std::error_code error;
  return fs::exists(folders_.instance(site, halt.instance), error);
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

void Local::halt(const SiteId& site, const StopInstance& halt) {
  const std::string key = key_of(site, halt.instance);
  watcher_.forget(key);
  std::string folder = folders_.instance(site, halt.instance).string();
  auto shim = os::Shim::adopt(folder);
  Result<int> watch = fail(Fault::missing, "ended");
  if (shim) watch = shim->watch_fd();
  if (!watch) {
    // No shim: nothing runs, or it was killed and left a process that gets the same courtesy.
    Result<> cleared = os::Shim::clear(folder, halt.signal, halt.grace);
    if (!cleared) {
      ended(site, halt.instance, failed(cleared.error()));
    } else {
      finish(site, halt.instance);
    }
    return;
  }
  // A process that ended in between has nothing to hear; its shim's end is awaited all the same.
  std::ignore = shim->signal(halt.signal);
  watcher_.await_end(
      os::Fd(*watch), std::chrono::steady_clock::now() + halt.grace,
      [this, site, instance = halt.instance, key](bool ended) {
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
    this->ended(site, instance, failed(gone.error()));
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
  ended(site, instance, Done{std::move(observed)});
}

}  // namespace slipway::local
