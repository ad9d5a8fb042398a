#include "os/random.h"

#include <sodium.h>

#include "base/check.h"

namespace slipway::os {

std::string random_hex(std::size_t bytes) {
  CHECK(sodium_init() >= 0);
  std::string raw(bytes, '\0'), hex(bytes * 2 + 1, '\0');
  randombytes_buf(raw.data(), raw.size());
  sodium_bin2hex(hex.data(), hex.size(), reinterpret_cast<const unsigned char*>(raw.data()),
                 raw.size());
  hex.pop_back();
  sodium_memzero(raw.data(), raw.size());
  return hex;
}

}  // namespace slipway::os
