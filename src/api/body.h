// JSON bodies → contract values. A field that is not known is refused with the nearest known one.
#pragma once

#include <boost/json.hpp>
#include <expected>
#include <optional>
#include <string>

#include "api/server.h"
#include "contract/port.h"

namespace slipway::api {

// An object of at most limits' size and depth; an empty body is an empty object. HTTP 400.
std::expected<boost::json::object, Refusal> read_object(const std::string& body);

// POST /v1/deployments, /v1/plan, /v1/environments/{env}/rollback|restart. HTTP 422.
std::expected<Request, Refusal> read_release(const boost::json::object&, Act);
// POST /v1/deployments/{id}/{verb}.
std::expected<Request, Refusal> read_verb(const boost::json::object&, Act);
// `config_files`, as a command line on the same machine hands them over; none: nullopt.
std::expected<std::optional<ConfigFiles>, Refusal> read_files(const boost::json::object&);
std::expected<ConfigFiles, Refusal> read_config(const boost::json::object&);

std::optional<Act> act_of(std::string_view verb);

}  // namespace slipway::api
