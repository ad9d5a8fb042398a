// Reading the agent's JSON: every field may be absent or null, because within a schema fields are
// only added and older agents do not have the newer ones. Never throws, never invents a value.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::cli {

using boost::json::array;
using boost::json::object;
using boost::json::value;

// The text of a field; empty when it is absent, null or no string.
std::string text_of(const object&, std::string_view key);
// A number of any JSON kind; nothing when absent or null.
std::optional<double> number_of(const object&, std::string_view key);
std::optional<std::int64_t> integer_of(const object&, std::string_view key);
bool flag_of(const object&, std::string_view key);
// An object or array; an empty one when absent or null.
const object& object_of(const object&, std::string_view key);
const array& array_of(const object&, std::string_view key);

}  // namespace slipway::cli
