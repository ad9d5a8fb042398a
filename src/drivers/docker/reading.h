// How an engine's JSON is read: what is not there, or of another kind, is empty.
#pragma once

#include <boost/json.hpp>
#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>

#include "drivers/docker/hear.h"

namespace slipway::docker {

using Path = std::initializer_list<const char*>;

// An answer that is good and JSON.
Result<boost::json::value> parsed(const Reply&, const std::string& doing);
// The value at a path of names; null when any of them is not there.
const boost::json::value* at(const boost::json::value& from, Path);
std::string text_at(const boost::json::value& from, Path);
std::int64_t number_at(const boost::json::value& from, Path);
bool flag_at(const boost::json::value& from, Path);
std::map<std::string, std::string> labels_at(const boost::json::value& from, Path);
// "2026-11-21T10:18:14.935652836Z"
Wall time_of(const std::string&);

template <class T>
T number_in(const std::string& text) {
  T value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace slipway::docker
