// What stands behind the `?` of a request, and what the handlers that read it share.
#pragma once

#include <charconv>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "api/routes.h"

namespace slipway::api {

std::string value_of(const std::map<std::string, std::string>& map, const char* name);
// One who asks for what we do not filter by would take the wrong list for the right one.
std::optional<Reply> unknown_query(const Scene&, std::initializer_list<std::string_view> known);
// "2026-11-21", "2026-11-21T10:00:00Z"; true and nothing for an empty text.
bool read_time(const std::string& text, Wall& out);
// A number of the query; what is not named stays as it was. False: it is named, and no number.
template <class N>
bool number_in(const std::map<std::string, std::string>& query, const char* name, N& out) {
  const auto it = query.find(name);
  if (it == query.end()) return true;
  const char* const end = it->second.data() + it->second.size();
  const auto [stop, error] = std::from_chars(it->second.data(), end, out);
  return error == std::errc() && stop == end;
}
Reply bad_query(const char* name, const char* wanted);
// Of a browser's session at an agent that is called so.
std::string cookie_name(const std::string& host);

}  // namespace slipway::api
