// One request as the routes see it and what they answer, free of sockets and of the HTTP library.
#pragma once

#include <boost/json.hpp>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "contract/port.h"

namespace slipway::api {

struct Ask {
  std::string method;                        // "GET"
  std::vector<std::string> path;             // decoded segments
  std::map<std::string, std::string> query;  // decoded; the last of equal names
  std::string body;
  std::string content_type;      // without parameters, lower case
  std::string by;                // who asks, as the kernel says
  std::string trigger;           // "cli", "api", "dashboard"
  bool local = false;            // over the unix socket
  bool idempotency_key = false;  // the header was there
  bool gzip = false;             // the answer may be compressed
  std::string etag;              // If-None-Match
};

struct Reply {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

Reply json_reply(int status, const boost::json::value&);
// An RFC 9457 problem document: type, title, status, detail, code, errors, and state where that is
// the cause. 429 and 503 carry Retry-After.
Reply problem(const Refusal&);
Reply problem(int status, std::string code, std::string text);

}  // namespace slipway::api
