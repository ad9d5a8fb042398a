// The sources of figures besides the proxy's rows, as the agent has them: one asker that carries
// every kind of question, by the machine's clock and with the agent's secrets.
#pragma once

#include <memory>

#include "drivers/metrics/readings.h"

namespace slipway {

struct SourceWays {
  Sink* sink;
  std::function<Result<Secret>(const SiteId&, const SecretRef&)> secret;
  std::function<Instant()> engine_now;
  std::vector<std::pair<std::string, std::string>> environment;  // of commands
};
std::unique_ptr<metrics::Readings> open_readings(SourceWays);

}  // namespace slipway
