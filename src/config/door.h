// `agent:` of the file: where the agent listens, and with which certificate.
#pragma once

#include <string>

#include "config/config.h"
#include "config/fields.h"

namespace slipway::config {

// Paths become absolute: they are relative to `folder`.
AgentDoor read_door(const Fields& file, const std::string& folder);

}  // namespace slipway::config
