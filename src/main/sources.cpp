#include "main/sources.h"

#include "observe/log.h"
#include "os/clock.h"

namespace slipway {

std::unique_ptr<metrics::Readings> open_readings(SourceWays ways) {
  return std::make_unique<metrics::Readings>(metrics::Readings::World{
      .sink = ways.sink,
      .asker = metrics::make_asker({.secret = std::move(ways.secret),
                                    .wall = [] { return os::wall_now(); },
                                    .environment = std::move(ways.environment)}),
      .engine_now = std::move(ways.engine_now),
      .wall = [] { return os::wall_now(); },
      .log =
          [](const SiteId& site, const std::string& text) {
            log_line("warning", text, {{"code", "metric"}, {"site", site.name()}});
          }});
}

}  // namespace slipway
