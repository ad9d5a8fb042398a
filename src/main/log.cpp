#include "main/log.h"

#include <fmt/chrono.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <string_view>

#include "os/clock.h"

namespace slipway {

namespace {
int rank(std::string_view level) {
  return level == "debug" ? 0 : level == "info" ? 1 : level == "warning" || level == "warn" ? 2 : 3;
}
}  // namespace

void log_line(const char* level, const std::string& text,
              std::initializer_list<std::pair<const char*, std::string>> fields) {
  static const int least =
      rank(std::getenv("LOGGING_LEVEL") != nullptr ? std::getenv("LOGGING_LEVEL") : "info");
  if (rank(level) < least) return;
  auto now = os::wall_now();
  auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  boost::json::object line{
      {"time", fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z",
                           fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                           (now - seconds).count())},
      {"level", level},
      {"service", "slipway"},
      {"text", text}};
  for (const auto& [name, value] : fields) line[name] = value;
  fmt::print(stderr, "{}\n", boost::json::serialize(line));
}

}  // namespace slipway
