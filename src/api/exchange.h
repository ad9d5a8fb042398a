// One request as the routes see it and what they answer, free of sockets and of the HTTP library.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "contract/port.h"
#include "people/person.h"

namespace slipway::api {

// Who knocked, as far as the door can tell.
struct Caller {
  std::string peer;  // unix socket: the user's name, as the kernel says
  std::string from;  // TCP: the other end's address
  bool local = false, loopback = false, secure = false;
};

struct Ask {
  std::string method;                        // "GET"
  std::string target;                        // as sent
  std::vector<std::string> path;             // decoded segments
  std::map<std::string, std::string> query;  // decoded; the last of equal names
  std::string body;
  std::string content_type;               // without parameters, lower case
  std::string trigger;                    // "cli", "api", "dashboard"
  std::string from;                       // the other end's address; empty: the unix socket
  std::string host;                       // as the request names this agent
  bool local = false;                     // over the unix socket
  bool loopback = false;                  // from this machine
  bool secure = false;                    // over TLS
  bool own_page = false;                  // its Origin is ours
  std::optional<std::string> repeat_key;  // Idempotency-Key
  bool gzip = false;                      // the answer may be compressed
  std::string etag;                       // If-None-Match
  std::string last_event;                 // Last-Event-ID
  bool streams = true;                    // the protocol can carry a stream
  // What proves who asks: the socket's peer, a token, a browser's cookie.
  std::string peer, bearer, cookie;
  std::function<bool()>
      gone;  // whether nobody waits for the answer any more; null: it is not known
  // Filled in by the gate.
  people::Person who;
  std::string via;  // "socket", "token", "session"
};

class EventFilter;

struct Reply {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  // What may be kept of it for who repeats the request; nothing: all of it.
  std::optional<std::string> kept_body;
  bool kept = true;
  // Instead of a body: events that pass this, after the place that was named.
  std::shared_ptr<const EventFilter> stream;
  std::uint64_t stream_from = 0;
};

Reply json_reply(int status, const boost::json::value&);
// An RFC 9457 problem document: type, title, status, detail, code, errors, and state where that is
// the cause. 429 and 503 carry Retry-After.
Reply problem(const Refusal&);
Reply problem(int status, std::string code, std::string text);

}  // namespace slipway::api
