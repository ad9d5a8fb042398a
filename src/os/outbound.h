// Requests to other machines over HTTP and TLS, by libcurl: many at once on one thread, each with
// its own deadline. Follows no redirect, so that credentials stay with the host they are for.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace slipway::os {

struct WebAsk {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers;  // "Name: value"
  std::string body;
  Duration timeout = 5s;  // for all of it: name, connect, TLS, send, read; 0: as long as it takes
  std::size_t most = std::size_t{1} << 20;  // bytes of the answer; more is a fault
  std::string socket;        // path of a unix socket that is connected to instead of the URL's host
  std::string certificates;  // folder of ca.pem, cert.pem and key.pem: who is trusted, who asks
  std::string authorities;   // file in PEM: who is trusted instead of whom this machine trusts
  Duration stall{};          // given up when nothing moves for so long; 0: not
  // Takes the answer of a 2xx piece by piece, on the thread of this object; the reply's body stays
  // empty then. It must not block; false ends the transfer.
  std::function<bool(std::string_view)> hear;
};

struct WebReply {
  int status = 0;
  std::string body;
  Duration retry_after{};                                    // of a 429 or 503, when it says so
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
};

class Outbound {
 public:
  using Then = std::function<void(Result<WebReply>)>;

  Outbound();
  ~Outbound();
  // Called once, from the thread of this object. Fault::timeout, unavailable (no connection, no
  // name, TLS), corrupt (too large, not HTTP), cancelled (stopped).
  void ask(WebAsk, Then);
  // What is under way is cancelled. Idempotent.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A part of a URL, percent-encoded (RFC 3986): everything but letters, digits and -._~.
std::string url_part(std::string_view);

}  // namespace slipway::os
