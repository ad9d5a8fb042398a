#include "observe/log.h"

#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "os/clock.h"
#include "views/phrase.h"

namespace slipway {

namespace {

struct Log {
  std::string version;
  int least = 1;
};
Log& the_log() {
  static Log log;
  return log;
}

// -1: no level.
int rank(std::string_view level) {
  if (level == "debug") return 0;
  if (level == "info" || level.empty()) return 1;
  if (level == "warning" || level == "warn") return 2;
  if (level == "error") return 3;
  return -1;
}

}  // namespace

void open_log(const std::string& version) {
  the_log().version = version;
  const char* wanted = std::getenv("LOGGING_LEVEL");
  const int level = rank(wanted != nullptr ? wanted : "");
  the_log().least = level < 0 ? 1 : level;
  if (level < 0)
    log_line("warning", "LOGGING_LEVEL is none of debug, info, warning, error: info holds", {});
}

void log_line(const char* level, const std::string& text,
              std::initializer_list<std::pair<const char*, std::string>> fields) {
  if (rank(level) < the_log().least) return;
  boost::json::object line{{"time", views::rfc3339(os::wall_now())},
                           {"level", level},
                           {"service", "slipway"},
                           {"version", the_log().version},
                           {"text", text}};
  for (const auto& [name, value] : fields)
    if (!value.empty()) line[name] = value;
  // One write, so that the lines of two threads do not mix.
  const std::string bytes = boost::json::serialize(line) + "\n";
  for (std::string_view rest = bytes; !rest.empty();) {
    const ssize_t n = ::write(STDERR_FILENO, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return;  // nobody listens: there is no one to tell it to
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace slipway
