// Names of images as the field writes them: [HOST[:PORT]/]REPOSITORY[:TAG][@DIGEST]. A name
// without a host is Docker's own registry's. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace slipway::registry {

struct Reference {
  std::string host;        // "127.0.0.1:5000"; "docker.io" where none was written
  std::string repository;  // "team/web"; "library/web" where the field's registry says so
  std::string tag;         // empty beside a digest, or "latest"
  std::string digest;      // "sha256:" and 64 digits

  std::string name() const;  // host and repository
  std::string text() const;
  // What stands behind /manifests/: the digest, else the tag.
  const std::string& mark() const { return digest.empty() ? tag : digest; }
  bool operator==(const Reference&) const = default;
};

// Fault::invalid says which part is wrong.
Result<Reference> parse_reference(std::string_view);

bool is_digest(std::string_view);

// Where the registry of this name answers, and under which name a login to it is kept.
std::string address_of(const std::string& host);
std::string login_of(const std::string& host);

// On this machine: spoken to in the clear unless it has a certificate.
bool is_loopback(const std::string& host);

}  // namespace slipway::registry
