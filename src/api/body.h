// The fields of a request's body, taken one by one; what is left or of another kind is a mistake
// with its place ("/options/warmupTime") and the nearest known name.
#pragma once

#include <boost/json.hpp>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/exchange.h"
#include "api/server.h"
#include "base/time.h"

namespace slipway::api {

class Body {
 public:
  // An empty body counts as {}. 400 for what is no JSON, 415 for another content type.
  static std::expected<Body, Reply> of(const Ask&);
  Body(boost::json::object fields, std::string place);

  std::string text(const char* name);  // empty: absent or null
  std::optional<bool> flag(const char* name);
  std::optional<std::int64_t> number(const char* name, std::int64_t least, std::int64_t most);
  // A bare number of milliseconds, or "90s", "5m", "1h30m".
  std::optional<Duration> time(const char* name);
  std::optional<Body> part(const char* name);  // an object
  std::optional<ConfigFiles> files(const char* name);
  std::map<std::string, std::string> texts(const char* name);  // an object of texts
  const boost::json::value* any(const char* name);
  // Known, and refused as not supported yet unless it is null, false or empty.
  void later(const char* name);
  void mistake(const char* name, std::string code, std::string text, std::string hint = "");

  // The mistakes of a part count here.
  void join(Body part);
  // Nothing when all fields were taken and good; else the 422 (or 501).
  std::optional<Reply> trouble();

 private:
  const boost::json::value* take(const char* name);
  void unknown_fields();
  boost::json::object fields_;
  std::string place_;
  std::vector<std::string> known_;
  std::vector<Mistake> mistakes_;
};

// "90s", "5m", "1h30m", "250ms", "2d"; nothing for anything else.
std::optional<Duration> parse_time(std::string_view);

}  // namespace slipway::api
