#include "main/platforms.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

#include "drivers/local/release.h"
#include "drivers/registry/reference.h"

namespace slipway {

namespace fs = std::filesystem;

namespace {

constexpr Duration kEndAll = 30s, kAskRegistry = 10s;

registry::Logins::Environment agent_environment() {
  registry::Logins::Environment out;
  for (const char* name : {"PATH", "HOME", "DOCKER_CONFIG"})
    if (const char* value = std::getenv(name)) out.emplace_back(name, value);
  // A service of the machine has no HOME unless somebody gives it one.
  const passwd* user = std::getenv("HOME") == nullptr ? ::getpwuid(::geteuid()) : nullptr;
  if (user != nullptr) out.emplace_back("HOME", user->pw_dir);
  return out;
}

local::Settings local_settings(const Platforms::World& world) {
  local::Settings settings;
  settings.state = world.state;
  settings.secret = world.secret;
  settings.base = world.base;
  return settings;
}

// Read anew each time: a `docker login` of now counts for the next release.
Result<Secret> registry_auth(const std::string& image) {
  const registry::Reference reference = TRY(registry::parse_reference(image));
  return registry::engine_auth(TRY(registry::Logins(agent_environment()).find(reference.host)),
                               reference.host);
}

docker::Settings docker_settings(const Platforms::World& world) {
  docker::Settings settings;
  settings.state = world.state;
  settings.runtime = world.runtime;
  settings.secret = world.secret;
  settings.registry_auth = registry_auth;
  return settings;
}

World look_at_files(const Look& asked) {
  static local::Releases releases;
  const char* path = std::getenv("PATH");
  return releases.look(asked, path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin");
}

void append(std::vector<std::string>& into, std::vector<std::string> more) {
  for (std::string& text : more) into.push_back(std::move(text));
}

}  // namespace

Platforms::Platforms(World world)
    : local_(local_settings(world), *world.sink),
      docker_(docker_settings(world), *world.sink),
      swarm_(docker_settings(world), *world.sink,
             swarm::services(world.state / "swarm" / "claims")) {}

docker::Docker* Platforms::engine_of(const std::string& platform) {
  if (platform == docker_.name()) return &docker_;
  return platform == swarm_.name() ? &swarm_ : nullptr;
}

platform::CheckTimes Platforms::check_times() const {
  platform::CheckTimes all = local_.check_times();
  all.add(docker_.check_times());
  all.add(swarm_.check_times());
  return all;
}

slipway::World Platforms::look(const Look& asked) {
  docker::Docker* engine = engine_of(asked.where->platform);
  return engine != nullptr ? engine->look(asked) : look_at_files(asked);
}

Result<std::string> digest_in_registry(const registry::Reference& reference) {
  registry::Settings settings = registry::settings_of(agent_environment());
  settings.timeout = settings.patience = kAskRegistry;
  os::Outbound outbound;
  registry::Registry registry(std::move(settings), outbound);
  return TRY(registry.resolve(reference)).digest;
}

World look_once(const Look& asked) {
  if (asked.where->platform.empty()) return look_at_files(asked);
  const auto form = asked.where->platform == "swarm" ? swarm::services() : docker::containers("");
  return docker::look(asked, *form, registry_auth);
}

std::vector<std::string> Platforms::sweep(
    const std::function<bool(const SiteId&, std::uint32_t)>& wanted) {
  std::vector<std::string> said = local_.sweep(wanted);
  append(said, docker_.sweep(wanted));
  append(said, swarm_.sweep(wanted));
  return said;
}

std::vector<std::string> Platforms::end_all() {
  const auto none = [](const SiteId&, std::uint32_t) { return false; };
  std::vector<std::string> said = local_.sweep(none, kEndAll, local::Local::Begun::end);
  append(said, docker_.sweep(none, kEndAll, docker::Docker::Begun::end));
  append(said, swarm_.sweep(none, kEndAll, docker::Docker::Begun::end));
  return said;
}

std::vector<LogFile> Platforms::logs(const Site& site, std::uint32_t instance) {
  std::vector<LogFile> files;
  for (std::uint32_t i = 1; i < site.next_instance; ++i) {
    if (instance != 0 && i != instance) continue;
    auto known = site.instances.find(i);
    std::string version;
    docker::Docker* engine = nullptr;
    if (known != site.instances.end()) {
      auto copy = site.copies.find(known->second.copy);
      if (copy != site.copies.end()) {
        version = copy->second.release.version;
        engine = engine_of(copy->second.spec->where.platform);
      }
    }
    // Kept output is in one place, whichever platform it came from.
    for (const fs::path& path : engine ? engine->logs(site.id, i) : local_.logs(site.id, i)) {
      // A file kept after its instance is named iN-VERSION.log.
      std::string stem = path.stem().string();
      std::size_t dash = stem.find('-');
      files.push_back(
          {path.string(),
           version.empty() && dash != std::string::npos ? stem.substr(dash + 1) : version, i});
    }
  }
  return files;
}

void Platforms::stop() {
  local_.stop();
  docker_.stop();
  swarm_.stop();
}

}  // namespace slipway
