// The interface's own description: openapi.json as it stands beside this file, in the program's
// data. A test holds it against the table of routes and the answers.
#pragma once

#include <string_view>

namespace slipway::api {

std::string_view openapi_document();

}  // namespace slipway::api
