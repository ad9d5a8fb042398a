// The client's end of TLS over a connected socket: checks the other's certificate and name, by the
// system's authorities or a file of one's own. Blocking, with deadlines.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace slipway::api {

class TlsClient {
 public:
  // `authorities`: a file in PEM; empty: the system's. Fault::refused when the other one is not who
  // `host` names. `fd` stays the caller's, and becomes non-blocking.
  static Result<TlsClient> over(int fd, const std::string& host, const std::string& authorities);

  Result<> write(std::string_view bytes, Duration wait);
  // Some bytes; empty at the end of the stream; Fault::timeout when none came.
  Result<std::string> read(Duration wait);

 private:
  struct Free {
    void operator()(SSL_CTX* c) const { SSL_CTX_free(c); }
    void operator()(SSL* s) const { SSL_free(s); }
  };
  TlsClient(int fd, std::unique_ptr<SSL_CTX, Free> context, std::unique_ptr<SSL, Free> ssl)
      : fd_(fd), context_(std::move(context)), ssl_(std::move(ssl)) {}
  // Waits for what the library needs after `result`; an Error is the end.
  Result<> wait_for(int result, Duration wait);
  int fd_;
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl_;
};

}  // namespace slipway::api
