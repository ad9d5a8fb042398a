// The agent as the command line sees it: requests, answers, a stream of events. The real one speaks
// HTTP (http_agent.h), tests have a scripted one. Never starts an agent: see reach.h.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"

namespace slipway::cli {

// Where an agent is looked for, and what said so (for messages and --verbose).
struct Door {
  std::string authorities;  // a file that says whom to trust behind https://; empty: the system's
  std::string url;          // "https://deploy.example.com"; empty: a socket
  std::string socket;       // path of the unix socket
  std::string state_dir;    // empty: not ours to start in (url, installed service)
  std::string said;  // "--url", "SLIPWAY_STATE", "beside slipway.yaml", "the installed service"
  std::string name() const { return url.empty() ? socket : url; }
};

// An answer of any HTTP status. `json` is null when the body was none; `text` is the body as sent.
struct Response {
  int status = 0;
  boost::json::value json;
  std::string text;
};

// Events in order. next() answers nothing when none came within `wait`; unavailable when the
// stream ended.
class EventStream {
 public:
  virtual ~EventStream() = default;
  virtual Result<std::optional<boost::json::object>> next(Duration wait) = 0;
};

// `target` is the path with its query, already percent-encoded. An Error means that no answer
// came: Fault::unavailable.
class Agent {
 public:
  virtual ~Agent() = default;
  virtual Result<Response> get(const std::string& target) = 0;
  virtual Result<Response> post(const std::string& target, const boost::json::object& body) = 0;
  virtual Result<Response> put(const std::string& target, const boost::json::object& body) = 0;
  // The kept events that `query` ("environment=production") lets through, then new ones as they
  // come. A stream that cannot be opened says so by its first next().
  virtual std::unique_ptr<EventStream> events(const std::string& query) = 0;
};

// Opens a door; `token` is for URLs. Fault::unavailable when nobody answers.
using Dial = std::function<Result<std::unique_ptr<Agent>>(const Door&, const std::string& token)>;

}  // namespace slipway::cli
