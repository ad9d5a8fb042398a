// SHA-256 (FIPS 180-4) by the system's OpenSSL, as lower-case hex.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace slipway {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(std::string_view bytes);
  std::string hex();  // ends the computation

 private:
  void* context_;
};

std::string sha256_hex(std::string_view bytes);

}  // namespace slipway
