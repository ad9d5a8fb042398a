#include "drivers/docker/docker.h"

#include <algorithm>
#include <fstream>

#include "base/digest.h"
#include "os/files.h"

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
    : InstanceDriver(sink, settings.workers),
      settings_(std::move(settings)),
      form_(form ? std::move(form) : containers(settings_.runtime)),
      agent_(agent_of(settings_.state, form_->platform())),
      kept_(settings_.state),
      ports_(settings_.first_port, settings_.last_port,
             fmt::format("{} {}", settings_.state.string(), form_->platform())),
      watcher_(sink) {
  std::ifstream known(own_folder() / "engines");
  for (std::string host, tls; std::getline(known, host, '\t') && std::getline(known, tls);) {
    lines_[host].engine =
        std::make_unique<Engine>(Where{std::string(form_->platform()), host, tls}, outbound_);
  }
  minder_ = std::thread([this] { mind(); });
}

Engine& Docker::engine_of(const Where& where) {
  std::lock_guard lock(lines_mutex_);
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

Result<bool> Docker::is_there(const SiteId& site, const StopInstance& halt) {
  return TRY(find(engine_of(halt.where), site, halt.instance)).owner.has_value();
}

void Docker::stop() {
  fall_silent();
  {
    std::lock_guard lock(lines_mutex_);
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
