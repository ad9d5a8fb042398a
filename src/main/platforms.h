// The platforms that instances run on: the written-out list of their drivers, and what the agent
// asks of all of them alike.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "contract/driver.h"
#include "contract/site.h"
#include "drivers/docker/docker.h"
#include "drivers/local/local.h"
#include "drivers/registry/registry.h"
#include "drivers/swarm/services.h"
#include "main/backend.h"

namespace slipway {

class Platforms {
 public:
  struct World {
    std::filesystem::path state, runtime;
    Sink* sink = nullptr;
    platform::SecretOf secret;
    platform::Environment base;  // the agent's own PATH, HOME, LANG
  };
  explicit Platforms(World);

  platform::CheckTimes check_times() const;  // of health checks, on every platform
  std::vector<Driver*> drivers() { return {&local_, &docker_, &swarm_}; }
  slipway::World look(const Look&);
  // Ends what no site wants; a sentence for each.
  std::vector<std::string> sweep(
      const std::function<bool(const SiteId&, std::uint32_t instance)>& wanted);
  std::vector<std::string> end_all();
  // The output of a site's instances; instance 0: of every one.
  std::vector<LogFile> logs(const Site&, std::uint32_t instance);
  void stop();

 private:
  // The driver of containers that this platform means; null: processes.
  docker::Docker* engine_of(const std::string& platform);

  local::Local local_;
  docker::Docker docker_, swarm_;
};

// What an image is by its registry's word. Blocks, at most about 10 s.
Result<std::string> digest_in_registry(const registry::Reference&);

// Without an agent: what `plan` and `check` see.
World look_once(const Look&);

}  // namespace slipway
