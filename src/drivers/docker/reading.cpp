#include "drivers/docker/reading.h"

#include <fmt/format.h>

#include <cstdio>
#include <ctime>

namespace slipway::docker {
namespace json = boost::json;

Result<json::value> parsed(const Reply& reply, const std::string& doing) {
  if (reply.status >= 300) return std::unexpected(error_of(reply, doing));
  boost::system::error_code error;
  json::value value = json::parse(reply.body, error);
  if (error)
    return fail(Fault::corrupt, "{}: the engine's answer is not JSON ({})", doing, error.message());
  return value;
}

const json::value* at(const json::value& from, Path path) {
  const json::value* here = &from;
  for (const char* name : path) {
    if (!here->is_object()) return nullptr;
    here = here->as_object().if_contains(name);
    if (here == nullptr) return nullptr;
  }
  return here;
}

std::string text_at(const json::value& from, Path path) {
  const json::value* found = at(from, path);
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

std::int64_t number_at(const json::value& from, Path path) {
  const json::value* found = at(from, path);
  if (found == nullptr || !found->is_number()) return 0;
  boost::system::error_code inexact;
  const auto value = found->to_number<std::int64_t>(inexact);
  return inexact ? 0 : value;
}

bool flag_at(const json::value& from, Path path) {
  const json::value* found = at(from, path);
  return found != nullptr && found->is_bool() && found->as_bool();
}

std::map<std::string, std::string> labels_at(const json::value& from, Path path) {
  std::map<std::string, std::string> out;
  const json::value* found = at(from, path);
  if (found == nullptr || !found->is_object()) return out;
  for (const auto& entry : found->as_object()) {
    if (entry.value().is_string()) out[entry.key()] = entry.value().as_string();
  }
  return out;
}

Wall time_of(const std::string& text) {
  std::tm tm{};
  int read = 0;
  if (std::sscanf(text.c_str(), "%d-%d-%dT%d:%d:%d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
                  &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &read) != 6 ||
      tm.tm_year < 1970) {
    return Wall{};
  }
  tm.tm_year -= 1900;
  tm.tm_mon -= 1;
  std::string parts = text.substr(static_cast<std::size_t>(read));
  parts = parts.starts_with('.') ? parts.substr(1, parts.find_first_not_of("0123456789", 1) - 1)
                                 : std::string();
  parts.resize(6, '0');
  return Wall(std::chrono::seconds(::timegm(&tm)) +
              std::chrono::microseconds(number_in<std::int64_t>(parts)));
}

}  // namespace slipway::docker
