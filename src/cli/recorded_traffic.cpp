#include "cli/recorded_traffic.h"

#include <fmt/format.h>

namespace slipway::cli {

std::expected<api::RecordedTraffic, Trouble> recorded_traffic(Session& s, const std::string& from) {
  const auto id = api::recorded_id(from);
  if (!id) {
    return refuse("usage", fmt::format("--traffic: `{}` is not from:ID", harmless(from)),
                  "write --traffic from:web-production-42");
  }
  auto agent = TRY(reach(s, Need::answer));
  return api::read_series(TRY(fetch(s, *agent, "/v1/deployments/" + encoded(*id) + "/series")));
}

}  // namespace slipway::cli
