// The addresses the server listens at: a unix socket that only its owner can open, and TCP.
#pragma once

#include <string>

#include "base/result.h"

namespace slipway::api {

// A path that fits into a socket's address: a long one is reached through its folder's descriptor.
// Holds that descriptor open while it lives.
class SocketPath {
 public:
  static Result<SocketPath> of(const std::string& path);
  SocketPath(SocketPath&& other) noexcept;
  SocketPath& operator=(SocketPath&&) = delete;
  ~SocketPath();
  const std::string& shown() const { return shown_; }

 private:
  SocketPath(int folder, std::string shown) : folder_(folder), shown_(std::move(shown)) {}
  int folder_ = -1;
  std::string shown_;
};

// A listening descriptor, mode 0600. A socket that nobody answers at is replaced; Fault::conflict
// when somebody does.
Result<int> listen_unix(const std::string& path);

// "127.0.0.1:7411", "[::1]:7411", "localhost:7411", "0.0.0.0:7411" (port 0: any).
// Fault::unsupported for an address that other machines can reach when what is said there is not
// `secure`. `bound` becomes the address with its port.
Result<int> listen_tcp(const std::string& address, bool secure, std::string& bound);

}  // namespace slipway::api
