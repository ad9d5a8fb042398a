// Parts of requests that every form of an instance is described with. Pure.
#pragma once

#include <boost/json.hpp>
#include <string>

#include "drivers/docker/say.h"

namespace slipway::docker {

boost::json::object labels_of(const Birth&);
boost::json::array variables_of(const Birth&);  // NAME=value
boost::json::array words_of(const std::vector<std::string>&);
// The check that the engine runs, or that it runs none.
boost::json::object health_of(const Birth&);
// {"LABEL":["value"]} as the API wants its filters.
std::string filter(const char* name, const std::string& value);

}  // namespace slipway::docker
