// Secrets at rest: each value in a file of its own, sealed with libsodium's secretbox (XSalsa20 and
// Poly1305, Bernstein 2009) under a random key of this folder, both for the owner alone. Guards
// against a copied file or backup of one part, not against who can read the whole folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace slipway::os {

class Sealed {
 public:
  // Makes folder (0700) and key (0600) when missing. Fault::corrupt: the key is not a key.
  static Result<Sealed> open(const std::filesystem::path& folder);

  // `version` may be empty; a put with the same name and version replaces.
  Result<> put(const std::string& name, const std::string& version, const Secret&) const;
  // Fault::missing; Fault::corrupt when it was altered, or sealed for another name or key.
  Result<Secret> get(const std::string& name, const std::string& version) const;
  Result<> remove(const std::string& name, const std::string& version) const;

 private:
  Sealed(std::filesystem::path folder, Secret key)
      : folder_(std::move(folder)), key_(std::move(key)) {}
  std::filesystem::path file_of(const std::string& name, const std::string& version) const;

  std::filesystem::path folder_;
  Secret key_;
};

}  // namespace slipway::os
