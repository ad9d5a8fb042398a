// What is asked of an engine, as requests of its HTTP API. Pure: no sockets, no clock, no secrets
// but in the values that the carrier hands in last.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "contract/command.h"

namespace slipway::docker {

// Without the version in front of the path, which the carrier negotiates.
struct Call {
  std::string method = "GET";
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;
  std::string body;  // JSON
  Duration timeout = 30s;
  std::string target() const;  // path and query, percent-encoded
  bool operator==(const Call&) const = default;
};

// Labels by which a container is found again; the same words are read by hear.h.
inline constexpr const char* kAgent = "slipway.agent";
inline constexpr const char* kService = "slipway.service";
inline constexpr const char* kEnvironment = "slipway.environment";
inline constexpr const char* kInstance = "slipway.instance";
inline constexpr const char* kVersion = "slipway.version";
inline constexpr const char* kSpec = "slipway.spec";
inline constexpr const char* kSignal = "slipway.stop_signal";

// "registry.example/web:v2" is a repository and a tag; "web@sha256:…" a repository and a digest.
struct Reference {
  std::string repository, tag, digest;
  std::string text() const;
  bool operator==(const Reference&) const = default;
};
Reference reference_of(std::string_view image);

// Of everything that decides what runs; health and stopping do not.
std::string spec_hash(const InstanceSpec&, const std::string& version);
std::string container_name(const std::string& agent, const SiteId&, std::uint32_t instance);

// Everything about a container that is to be made.
struct Birth {
  std::string agent;  // whose it is: told apart from other agents on the same engine
  SiteId site;
  StartInstance start;
  std::string spec;  // spec_hash() of the plan's words; those in `start` may be filled already
  std::string image_id;
  std::uint16_t port = 0;   // of this machine
  bool own_health = false;  // the engine runs the check: the image's own, or a command
  std::vector<std::pair<std::string, std::string>> env;
  std::vector<std::pair<std::string, std::string>> secrets;  // what /run/secrets holds
};

Call ask_version();
Call inspect_image(const std::string& reference);
// What the registry says of a name, without fetching it.
Call ask_registry(const Reference&, Duration timeout = 30s);
Call pull(const Reference&);
Call create(const Birth&, const std::string& secrets = "");  // a folder with what they are
Call start(const std::string& id);
Call inspect(const std::string& name_or_id);
Call kill(const std::string& id, int signal);
Call wait(const std::string& id, Duration limit);
Call remove(const std::string& id);
Call list(const std::string& agent);
Call logs(const std::string& id, std::size_t lines);  // 0: all
// Ends of containers, as they happen, and signals to them.
Call deaths(const std::string& agent, std::int64_t since_s, bool signals = false);

}  // namespace slipway::docker
