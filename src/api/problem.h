// Answers of the server: JSON, text, or a problem document (RFC 9457) for every refusal.
#pragma once

#include <boost/json.hpp>
#include <map>
#include <string>

#include "contract/port.h"

namespace slipway::api {

struct Reply {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::map<std::string, std::string> headers;
};

Reply ok(const boost::json::value&, int status = 200);
Reply problem(const Refusal&);
Reply problem(int status, std::string code, std::string text);

}  // namespace slipway::api
