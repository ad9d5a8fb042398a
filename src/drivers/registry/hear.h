// What a registry answers, as values. Pure; bytes that are not what the protocol promises are a
// fault.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"

namespace slipway::registry {

inline constexpr const char* kOciIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr const char* kOciManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr const char* kDockerIndex =
    "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr const char* kDockerManifest =
    "application/vnd.docker.distribution.manifest.v2+json";

struct Answer {
  int status = 0;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  Duration retry_after{};
  std::string header(std::string_view name) const;  // empty: it has none
};

// How the registry wants to know who asks.
struct Challenge {
  enum class Kind : std::uint8_t { none, basic, bearer } kind = Kind::none;
  std::string realm, service;
  std::string scope;  // what it says is needed
};
// The strongest one that is known here.
Challenge hear_challenge(const Answer&);

struct Token {
  Secret value;
  Duration life = 60s;
};
Result<Token> hear_token(const Answer&);

// An answer of 400 and more in words: what the registry says, and what may help.
Error error_of(const Answer&, const std::string& doing);

struct Platform {
  std::string os, architecture, variant;
  bool operator==(const Platform&) const = default;
};
struct Descriptor {
  std::string digest, media_type;
  std::uint64_t size = 0;
  Platform platform;  // of an index' entries
  bool operator==(const Descriptor&) const = default;
};
// An image of one platform (config, layers), or an index of several (manifests).
struct Manifest {
  Descriptor self;
  std::string bytes;
  std::optional<Descriptor> config;
  std::vector<Descriptor> layers, manifests;
  bool is_index() const { return !config; }
};
// `digest`: what was asked for, when that was a digest. The bytes have to be those.
Result<Manifest> hear_manifest(const Answer&, const std::string& digest);
// Of a HEAD; empty digest: the registry does not tell.
Result<Descriptor> hear_head(const Answer&, const std::string& doing);
// The image for a platform; an arm of less is taken where its own is not there.
Result<Descriptor> choose(const std::vector<Descriptor>&, const Platform&);
Platform platform_here();

// An upload under way: where it goes on, and how much is there.
struct Upload {
  std::string where;
  std::uint64_t have = 0;
};
Result<Upload> hear_upload(const Answer&);

struct Tags {
  std::vector<std::string> names;
  std::string next;  // target of the next page; empty: this was the last
};
Result<Tags> hear_tags(const Answer&);

}  // namespace slipway::registry
