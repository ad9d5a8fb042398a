// Asks the sources of every watched site, each in its own time, and tells the shell what the judge
// reads. A source that is slow, down or lying costs its own reading and nothing else: without one
// the judge holds.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "contract/driver.h"
#include "drivers/metrics/asker.h"

namespace slipway::metrics {

// Something told from outside: so many complaints about one version.
struct Signal {
  std::string name;                  // of the metric
  std::string service, environment;  // empty: any
  std::string version;
  std::uint64_t count = 1;
};

class Readings {
 public:
  struct World {
    Sink* sink;
    std::unique_ptr<Asker> asker;
    std::function<Instant()> engine_now;
    std::function<Wall()> wall;
    std::function<void(const SiteId&, const std::string& text)> log;
  };
  explicit Readings(World);
  ~Readings();

  // From now on, until unwatch. The same metrics again go on as they are.
  void watch(const SiteId&, const Watch&);
  void unwatch(const SiteId&);
  // Requests that the proxy counted; what signals are held against.
  void rows(const SiteId&, std::uint64_t stable, std::uint64_t candidate);
  // How many watched sites it counted for; 0: nobody is judging by it now.
  int signal(const Signal&);
  void stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace slipway::metrics
