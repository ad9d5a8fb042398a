#include "drivers/docker/hear.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>

#include "drivers/docker/reading.h"
#include "drivers/docker/say.h"

namespace slipway::docker {
namespace json = boost::json;

namespace {

constexpr std::pair<int, int> kNewest{1, 47}, kOldest{1, 30};

std::pair<int, int> version_in(const std::string& text) {
  std::pair<int, int> out{0, 0};
  std::sscanf(text.c_str(), "%d.%d", &out.first, &out.second);
  return out;
}

std::uint16_t published(const json::value& value) {
  for (const auto path : {std::initializer_list<const char*>{"NetworkSettings", "Ports"},
                          std::initializer_list<const char*>{"HostConfig", "PortBindings"}}) {
    const json::value* ports = at(value, path);
    if (ports == nullptr || !ports->is_object()) continue;
    for (const auto& entry : ports->as_object()) {
      if (!entry.value().is_array() || entry.value().as_array().empty()) continue;
      const std::string port = text_at(entry.value().as_array().front(), {"HostPort"});
      if (const auto number = number_in<std::uint16_t>(port)) return number;
    }
  }
  return 0;
}

std::string newest_health_output(const json::value& value) {
  const json::value* log = at(value, {"State", "Health", "Log"});
  if (log == nullptr || !log->is_array() || log->as_array().empty()) return {};
  std::string text = text_at(log->as_array().back(), {"Output"});
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text.size() > 200 ? text.substr(0, 200) : text;
}

}  // namespace

std::string_view familiar(std::string_view repository) {
  for (const std::string_view prefix : {"docker.io/", "library/"})
    if (repository.starts_with(prefix)) repository.remove_prefix(prefix.size());
  return repository;
}

Error error_of(const Reply& reply, const std::string& doing) {
  boost::system::error_code error;
  const json::value value = json::parse(reply.body, error);
  std::string said = error ? std::string() : text_at(value, {"message"});
  if (said.empty()) said = fmt::format("status {}", reply.status);
  Fault fault = Fault::unavailable;
  if (said.find("no space left on device") != std::string::npos) {
    fault = Fault::exhausted;
  } else if (reply.status == 404) {
    fault = Fault::missing;
  } else if (reply.status == 409) {
    fault = Fault::conflict;
  } else if (reply.status == 400) {
    fault = Fault::invalid;
  } else if (reply.status == 401 || reply.status == 403) {
    fault = Fault::refused;
  }
  return {fault, fmt::format("{}: {}", doing, said)};
}

Result<Version> hear_version(const Reply& reply) {
  const json::value value = TRY(parsed(reply, "asking the engine for its version"));
  Version out{text_at(value, {"ApiVersion"}), text_at(value, {"MinAPIVersion"}),
              text_at(value, {"Arch"})};
  if (out.api.empty()) return fail(Fault::corrupt, "the engine names no version of its API");
  return out;
}

Result<std::string> agreed(const Version& version) {
  const auto newest = version_in(version.api);
  const auto least = version_in(version.least);
  if (newest < kOldest || least > kNewest) {
    return fail(Fault::unsupported,
                "the engine speaks versions {} to {} of its API, this program {}.{} to {}.{}",
                version.least, version.api, kOldest.first, kOldest.second, kNewest.first,
                kNewest.second);
  }
  const auto both = std::min(newest, kNewest);
  return fmt::format("{}.{}", both.first, both.second);
}

Result<Image> hear_image(const Reply& reply) {
  const json::value value = TRY(parsed(reply, "looking at the image"));
  Image out{.id = text_at(value, {"Id"}),
            .digests = {},
            .architecture = text_at(value, {"Architecture"}),
            .has_health = false};
  if (!out.id.starts_with("sha256:")) out.id = "sha256:" + out.id;
  const json::value* digests = at(value, {"RepoDigests"});
  if (digests != nullptr && digests->is_array()) {
    for (const json::value& digest : digests->as_array()) {
      if (digest.is_string()) out.digests.emplace_back(digest.as_string());
    }
  }
  const json::value* test = at(value, {"Config", "Healthcheck", "Test"});
  out.has_health = test != nullptr && test->is_array() && !test->as_array().empty() &&
                   test->as_array().front() != "NONE";
  return out;
}

std::string digest_of(const Image& image, const std::string& repository) {
  const std::string own(familiar(repository));
  for (const std::string& digest : image.digests) {
    const std::string_view known = familiar(digest);
    if (known.starts_with(own + "@")) return std::string(known.substr(own.size() + 1));
  }
  return image.id;
}

bool has_digest(const Image& image, const std::string& digest) {
  return image.id == digest || std::ranges::any_of(image.digests, [&](const std::string& known) {
           return known.ends_with("@" + digest);
         });
}

Result<std::string> hear_registry(const Reply& reply) {
  const json::value value = TRY(parsed(reply, "asking its registry"));
  const std::string digest = text_at(value, {"Descriptor", "digest"});
  if (digest.empty()) return fail(Fault::corrupt, "the registry names no digest");
  return digest;
}

Error fetch_error(const Error& error, const std::string& repository) {
  const auto says = [&](std::initializer_list<const char*> words) {
    return std::ranges::any_of(
        words, [&](const char* w) { return error.text.find(w) != std::string::npos; });
  };
  if (error.fault == Fault::exhausted || error.fault == Fault::timeout) return error;
  if (says({"denied", "unauthorized", "no basic auth", "authentication required"})) {
    const auto slash = repository.find('/');
    const bool host = slash != std::string::npos &&
                      repository.substr(0, slash).find_first_of(".:") != std::string::npos;
    return {Fault::refused, fmt::format("{}; `docker login{}` as the user of the agent", error.text,
                                        host ? " " + repository.substr(0, slash) : std::string())};
  }
  if (says({"not found", "manifest unknown", "name unknown"})) return {Fault::missing, error.text};
  return {Fault::unavailable, error.text};
}

Result<> hear_progress(const std::string& stream) {
  for (std::size_t from = 0; from < stream.size();) {
    const std::size_t end = std::min(stream.size(), stream.find('\n', from));
    boost::system::error_code error;
    const json::value line = json::parse(stream.substr(from, end - from), error);
    from = end + 1;
    if (error) continue;
    if (const std::string said = text_at(line, {"error"}); !said.empty()) {
      const bool full = said.find("no space left on device") != std::string::npos;
      return fail(full ? Fault::exhausted : Fault::unavailable, "{}", said);
    }
  }
  return {};
}

Result<Seen> hear_container(const Reply& reply) {
  const json::value value = TRY(parsed(reply, "looking at the container"));
  Seen out{.id = text_at(value, {"Id"}),
           .name = text_at(value, {"Name"}),
           .status = text_at(value, {"State", "Status"}),
           .labels = labels_at(value, {"Config", "Labels"}),
           .running = flag_at(value, {"State", "Running"}),
           .killed_for_memory = flag_at(value, {"State", "OOMKilled"}),
           .exit = static_cast<int>(number_at(value, {"State", "ExitCode"})),
           .pid = number_at(value, {"State", "Pid"}),
           .memory = number_at(value, {"HostConfig", "Memory"}),
           .started = time_of(text_at(value, {"State", "StartedAt"})),
           .health = text_at(value, {"State", "Health", "Status"}),
           .health_output = newest_health_output(value),
           .port = published(value)};
  if (out.id.empty()) return fail(Fault::corrupt, "the engine's container has no number");
  if (out.name.starts_with('/')) out.name.erase(0, 1);
  if (out.health == "none") out.health.clear();
  if (out.status == "stopped") out.status = "exited";  // Podman's word, until it has cleaned up
  // Between two lives by a restart policy it counts as running to the engine, and does not run.
  if (out.status == "restarting") out.running = false;
  return out;
}

Result<std::string> hear_made(const Reply& reply, const char* name) {
  const json::value value = TRY(parsed(reply, "making it"));
  std::string made = text_at(value, {name});
  if (made.empty()) return fail(Fault::corrupt, "the engine does not say what it made");
  return made;
}

Result<std::vector<Seen>> hear_list(const Reply& reply) {
  const json::value value = TRY(parsed(reply, "listing the containers"));
  std::vector<Seen> out;
  if (!value.is_array()) return fail(Fault::corrupt, "the engine's list of containers is none");
  for (const json::value& item : value.as_array()) {
    Seen seen;
    seen.id = text_at(item, {"Id"});
    seen.status = text_at(item, {"State"});
    seen.running = seen.status == "running";
    seen.labels = labels_at(item, {"Labels"});
    out.push_back(std::move(seen));
  }
  return out;
}

int exit_status(int code) { return code > 128 && code <= 128 + 64 ? -(code - 128) : code; }

std::optional<Owner> owner_of(const Seen& seen) {
  const auto label = [&](const char* name) {
    const auto found = seen.labels.find(name);
    return found == seen.labels.end() ? std::string() : found->second;
  };
  Owner owner{{label(kService), label(kEnvironment)},
              number_in<std::uint32_t>(label(kInstance)),
              label(kVersion),
              label(kSpec),
              number_in<int>(label(kSignal))};
  if (owner.stop_signal == 0) owner.stop_signal = 15;
  if (owner.instance == 0) return std::nullopt;
  return owner;
}

std::optional<Owner> owner_of(const Seen& seen, const std::string& agent) {
  const auto found = seen.labels.find(kAgent);
  return found != seen.labels.end() && found->second == agent ? owner_of(seen) : std::nullopt;
}

std::vector<Death> EventLines::feed(std::string_view bytes) {
  std::vector<Death> out;
  rest_ += bytes;
  for (std::size_t end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n')) {
    boost::system::error_code error;
    const json::value line = json::parse(rest_.substr(0, end), error);
    rest_.erase(0, end + 1);
    const std::string action = error ? std::string() : text_at(line, {"Action"});
    const bool signalled = action == "kill";
    if (action != "die" && action != "died" && !signalled) continue;
    Death death{text_at(line, {"Actor", "ID"}), std::nullopt, number_at(line, {"timeNano"}),
                signalled};
    for (const char* name : {"exitCode", "containerExitCode"})
      if (const std::string code = text_at(line, {"Actor", "Attributes", name}); !code.empty())
        death.code = number_in<int>(code);
    out.push_back(std::move(death));
  }
  return out;
}

std::string plain_log(std::string_view framed) {
  std::string out;
  while (framed.size() >= 8) {
    const auto byte = [&](int i) { return static_cast<unsigned char>(framed[i]); };
    // With a terminal there are no frames.
    if (byte(0) > 2 || byte(1) != 0 || byte(2) != 0 || byte(3) != 0) break;
    const std::size_t size =
        static_cast<std::size_t>(byte(4)) << 24 | byte(5) << 16 | byte(6) << 8 | byte(7);
    out += framed.substr(8, size);
    framed.remove_prefix(std::min(framed.size(), 8 + size));
  }
  return out.empty() ? std::string(framed) : out;
}

std::vector<std::string> last_lines(const std::string& text, std::size_t lines) {
  std::vector<std::string> all;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.size(), text.find('\n', from));
    all.push_back(text.substr(from, end - from));
    if (all.back().ends_with('\r')) all.back().pop_back();
    from = end + 1;
  }
  if (all.size() > lines) all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(lines));
  return all;
}

}  // namespace slipway::docker
