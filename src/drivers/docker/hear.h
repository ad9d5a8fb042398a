// What an engine answers, as values. Pure; bytes that are not what the API promises are a fault.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "contract/command.h"

namespace slipway::docker {

struct Reply {
  int status = 0;
  std::string body;
};

// An answer of 400 and more, as an error: "no space left on device" is exhausted, whatever its
// number.
Error error_of(const Reply&, const std::string& doing);

struct Version {
  std::string api, least, architecture;
};
Result<Version> hear_version(const Reply&);
// The newest version that both speak; Fault::unsupported names both.
Result<std::string> agreed(const Version&);

struct Image {
  std::string id;
  std::vector<std::string> digests;  // "repository@sha256:…"
  std::string architecture;
  bool has_health = false;  // a HEALTHCHECK of its own
};
Result<Image> hear_image(const Reply&);
// Engines leave out of a name what every name has that has no registry.
std::string_view familiar(std::string_view repository);
// The digest by which the image is pinned: what its registry calls it, else its own number.
std::string digest_of(const Image&, const std::string& repository);
bool has_digest(const Image&, const std::string& digest);
Result<std::string> hear_registry(const Reply&);  // its digest

// Why an image cannot be had, by the registry's words that the engine repeats: refused with the
// remedy, missing, exhausted; else unavailable, which may mend.
Error fetch_error(const Error&, const std::string& repository);

// The engine says 200 and tells of a failure in a line: `error`.
Result<> hear_progress(const std::string& stream);

struct Seen {
  std::string id, name, status;  // created running paused restarting removing exited dead
  std::map<std::string, std::string> labels;
  bool running = false, killed_for_memory = false;
  int exit = 0;
  std::int64_t pid = 0, memory = 0;
  Wall started{};
  std::string health, health_output;  // starting healthy unhealthy; empty: no check of the engine's
  std::uint16_t port = 0;             // of this machine
  bool waiting = false;               // its container is still to come
  std::string trouble;                // why none comes
  // Of an instance whose platform rolls releases itself:
  std::string ending;                   // why it is let go; empty: it is not
  std::vector<std::uint32_t> replaced;  // instances that are let go because of it
  bool astray = false;                  // its platform has moved on to another release
};
Result<Seen> hear_container(const Reply&);
// The number of what was made, by the name that the API gives it.
Result<std::string> hear_made(const Reply&, const char* name = "Id");
Result<std::vector<Seen>> hear_list(const Reply&);  // id, labels and status alone
int exit_status(int code);                          // 137 is signal 9: -9

// Who it is, as its labels say; nothing when it is not of this agent.
struct Owner {
  SiteId site;
  std::uint32_t instance = 0;
  std::string version, spec;
  int stop_signal = 15;
};
std::optional<Owner> owner_of(const Seen&, const std::string& agent);
std::optional<Owner> owner_of(const Seen&);  // whichever agent's it is

struct Death {
  std::string id;
  std::optional<int> code;  // not every engine tells
  std::int64_t at_ns = 0;
  bool signalled = false;  // it did not end: it was sent a signal
};
// Lines of the event stream, which arrive in pieces.
class EventLines {
 public:
  std::vector<Death> feed(std::string_view bytes);

 private:
  std::string rest_;
};

// Both outputs as one text: the frames of 8 bytes before each piece are taken out.
std::string plain_log(std::string_view framed);
std::vector<std::string> last_lines(const std::string& text, std::size_t lines);

}  // namespace slipway::docker
