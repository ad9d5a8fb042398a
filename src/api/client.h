// The client of the agent's HTTP interface for the command line: plain blocking sockets, so that a
// short command starts fast. Speaks to a unix socket or a URL; never retries.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"

namespace slipway::api {

// An answer of any HTTP status. `json` is null when the body was none; `text` is the body as sent.
struct Response {
  int status = 0;
  boost::json::value json;
  std::string text;
};

// Events as they come, each an event/1 object.
class Events {
 public:
  ~Events();
  Events(Events&&) noexcept;
  Events& operator=(Events&&) noexcept;

  // The next one; nothing when none came within `wait`. Fault::unavailable when the stream ended:
  // open another with `after` = the `seq` of the last one.
  Result<std::optional<boost::json::object>> next(Duration wait);

 private:
  friend class Client;
  struct Impl;
  explicit Events(std::unique_ptr<Impl>);
  std::unique_ptr<Impl> impl_;
};

// Errors: Fault::unavailable when nobody listens or the connection ended; Fault::timeout when the
// answer took longer than `patience`; Fault::corrupt when what came is no HTTP.
class Client {
 public:
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  static Result<Client> connect_unix(const std::string& path);
  // "https://deploy.example.com", "http://127.0.0.1:7411". Fault::refused for http:// to another
  // machine, where the token would travel in the clear, and for a certificate that is not trusted
  // by `authorities` (a file in PEM; empty: the system's).
  static Result<Client> connect_url(const std::string& url, const std::string& token = "",
                                    const std::string& authorities = "");

  // `target` is the path with its query, already percent-encoded.
  Result<Response> get(const std::string& target);
  Result<Response> post(const std::string& target, const boost::json::value& body);
  Result<Response> put(const std::string& target, const boost::json::value& body);

  // `query`: "environment=production&type=deployment.*"; events after `after`, 0: all that are
  // kept.
  Result<Events> events(const std::string& query, std::uint64_t after = 0);
  // The same until `take` answers false (an empty Result) or the stream ends (its Error).
  Result<> events(const std::string& query, const std::function<bool(const boost::json::object&)>&);

  void set_patience(Duration patience);  // of one request; 60 s unless told

 private:
  struct Impl;
  explicit Client(std::unique_ptr<Impl>);
  std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::api
