// Which release `rollback` and `restart` mean.
#pragma once

#include <expected>
#include <string>

#include "contract/port.h"

namespace slipway::intake {

// The version a rollback (request.version, else the last other release that succeeded) or a restart
// (what serves) goes to. Refused by name when there is none. `site` may be null.
std::expected<std::string, Refusal> version_to(const Request&, const Site* site);

// The newest success with this version; null when there was none.
const Past* past_of(const Site&, const std::string& version);

// A copy of this version that still runs without traffic; 0: none.
std::uint32_t warm_copy(const Site&, const std::string& version);

}  // namespace slipway::intake
