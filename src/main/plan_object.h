// plan/1: what a request would do, without doing it: admit, look, compile.
#pragma once

#include <boost/json.hpp>
#include <expected>
#include <functional>

#include "contract/port.h"

namespace slipway {

std::expected<boost::json::object, Refusal> plan_object(const Request&, Intake&, const FindSite&,
                                                        const std::function<World(const Look&)>&);

}  // namespace slipway
