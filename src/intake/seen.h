// What has to be observed before a version can be planned.
#pragma once

#include <string>

#include "config/config.h"
#include "contract/command.h"

namespace slipway::intake {

Look look_for(const config::Effective&, const std::string& version);

}  // namespace slipway::intake
