// A small HTTP/1.1 client (RFC 9112) for one request over loopback: health checks and smoke tests.
// No TLS, no redirects, no reuse of connections.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace slipway::os {

struct HttpAsk {
  std::string method = "GET";
  std::string path = "/";
  std::string address = "127.0.0.1";  // numeric, IPv4
  std::uint16_t port = 0;
  Duration timeout = 5s;  // for all of it: connect, send, read
};

struct HttpReply {
  int status = 0;          // 100–999
  std::string body;        // at most kHttpBody bytes
  bool truncated = false;  // the body was longer
};

inline constexpr std::size_t kHttpBody = 64 * 1024;
inline constexpr std::size_t kHttpHead = 32 * 1024;

// The bytes of the request; asks the server to close afterwards.
std::string http_bytes(const HttpAsk&);

// Takes an answer as it arrives.
class ReplyReader {
 public:
  explicit ReplyReader(bool head_only = false) : head_only_(head_only) {}
  enum class State : std::uint8_t { more, done, broken };
  State feed(std::string_view bytes);
  State end();  // the server closed
  HttpReply& reply() { return reply_; }

 private:
  State take_head();
  State take_body();
  State take_chunks();
  State fill(std::string_view bytes);

  bool head_only_;
  bool in_body_ = false, chunked_ = false, has_length_ = false;
  std::uint64_t left_ = 0;  // of the body or of the chunk
  std::string pending_;
  HttpReply reply_;
};

// Fault::unavailable: refused or broken; Fault::timeout; Fault::corrupt: not HTTP.
Result<HttpReply> http(const HttpAsk&);

}  // namespace slipway::os
