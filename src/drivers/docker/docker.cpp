#include "drivers/docker/docker.h"

#include <algorithm>
#include <fstream>

#include "base/digest.h"
#include "os/files.h"
#include "platform/smoke.h"

namespace slipway::docker {
namespace fs = std::filesystem;

// Two forms may share an engine, and neither may take the other's for its own.
std::string agent_of(const fs::path& state, std::string_view platform) {
  Sha256 hash;
  hash.update(state.string());
  if (platform != "docker") hash.update(platform);
  return hash.hex().substr(0, 16);
}

Docker::Docker(Settings settings, Sink& sink, std::unique_ptr<Form> form)
    : settings_(std::move(settings)),
      form_(form ? std::move(form) : containers(settings_.runtime)),
      agent_(agent_of(settings_.state, form_->platform())),
      sink_(sink),
      kept_(settings_.state),
      ports_(settings_.first_port, settings_.last_port,
             fmt::format("{} {}", settings_.state.string(), form_->platform())),
      pool_(settings_.workers),
      watcher_(sink) {
  std::ifstream known(own_folder() / "engines");
  for (std::string host, tls; std::getline(known, host, '\t') && std::getline(known, tls);) {
    lines_[host].engine =
        std::make_unique<Engine>(Where{std::string(form_->platform()), host, tls}, outbound_);
  }
  minder_ = std::thread([this] { mind(); });
}

std::string Docker::key_of(const SiteId& site, std::uint32_t instance) {
  return fmt::format("{}@{} i{}", site.service, site.environment, instance);
}

Outcome Docker::failed(const Error& error) {
  bool lasting = error.fault == Fault::refused || error.fault == Fault::missing ||
                 error.fault == Fault::invalid || error.fault == Fault::unsupported ||
                 error.fault == Fault::conflict;
  return Failed{error, !lasting, {}};
}

Engine& Docker::engine_of(const Where& where) {
  std::lock_guard lock(mutex_);
  Line& line = lines_[where.host];
  if (!line.engine) {
    line.engine = std::make_unique<Engine>(where, outbound_);
    remember(where);
    wake_.notify_all();
  }
  return *line.engine;
}

// So that what runs there is found again when no site speaks of it any more.
void Docker::remember(const Where& where) {
  std::ignore = os::make_folder(own_folder() / "told");
  std::ofstream known(own_folder() / "engines", std::ios::app);
  known << where.host << '\t' << where.tls << '\n';
}

bool Docker::takes(const Command& command) const {
  if (const Where* where = where_of(command)) return where->platform == form_->platform();
  return std::holds_alternative<RunSmoke>(command);
}

void Docker::answer(const Asker& asker, Outcome outcome) {
  {
    // What was cut off by our own end says nothing about the world.
    std::lock_guard lock(mutex_);
    if (stopping_now_) return;
  }
  sink_.answer(asker.site, asker.id, asker.attempt, std::move(outcome));
}

void Docker::begin(const Issued& issued) {
  Asker asker{issued.site, issued.id, issued.attempt};
  std::string alone = fmt::format("{} {} {}", issued.site.name(), issued.id, issued.attempt);
  if (auto* look = std::get_if<Look>(&issued.command)) {
    pool_.submit(alone, [this, asker, look = *look] {
      Observed observed;
      observed.world = this->look(look);
      answer(asker, Done{std::move(observed)});
    });
  } else if (auto* check = std::get_if<CheckRelease>(&issued.command)) {
    pool_.submit(alone, [this, asker, check = *check] {
      auto good = this->check(check.spec, check.version);
      answer(asker, good ? Outcome(Done{}) : failed(good.error()));
    });
  } else if (auto* start = std::get_if<StartInstance>(&issued.command)) {
    {
      std::lock_guard lock(mutex_);
      begun_.insert(key_of(issued.site, start->instance));
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
    answer(asker,
           failed({Fault::unsupported, "a driver of containers does not take this command"}));
  }
}

void Docker::observe(const Issued& issued) {
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
  pool_.submit(key_of(issued.site, halt->instance), [this, asker, halt = *halt] {
    bool under_way = false;
    {
      std::lock_guard lock(mutex_);
      under_way = stopping_.contains(key_of(asker.site, halt.instance));
    }
    if (under_way) return answer(asker, Pending{});
    auto there = find(engine_of(halt.where), asker.site, halt.instance);
    if (!there) return answer(asker, failed(there.error()));
    if (!there->owner) return answer(asker, Done{});
    answer(asker, Failed{{Fault::missing,
                          fmt::format("instance {} is not being stopped", halt.instance)}});
  });
}

void Docker::cancel(const Issued& issued) {
  Asker asker{issued.site, issued.id, issued.attempt};
  auto* start = std::get_if<StartInstance>(&issued.command);
  if (start == nullptr) {
    // The rest leaves nothing behind; a stop cannot be taken back.
    answer(asker, Done{});
    return;
  }
  StopInstance undo{start->instance, start->spec.stop_signal, start->spec.drain, start->spec.where};
  pool_.submit(key_of(issued.site, undo.instance), [this, asker, undo] { halt(asker, undo); });
}

void Docker::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_now_ = true;
  }
  wake_.notify_all();
  if (minder_.joinable()) minder_.join();
  watcher_.stop();
  outbound_.stop();
  pool_.stop();
}

fs::path Docker::told_mark(const std::string& id) const { return own_folder() / "told" / id; }

}  // namespace slipway::docker
