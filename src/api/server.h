// The HTTP server: requests in, requests to the backend or views out (interface page 5).
#pragma once

#include <boost/json.hpp>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>

#include "api/pages.h"
#include "base/result.h"
#include "contract/port.h"
#include "views/board.h"

namespace slipway::api {

// Files handed over by a command line on the same machine.
struct ConfigFiles {
  std::string file, folder, bytes;
  std::map<std::string, std::string> env_files;
  std::map<std::string, std::string> caller;  // values of required secrets the caller has
};

// What somebody outside saw of one release: complaints, tickets, a bad score.
struct HookSignal {
  std::string service, environment;  // empty: any
  std::string version;
  std::uint64_t count = 1;
};

// What the server needs besides views; implemented by the agent's wiring.
class Backend {
 public:
  virtual ~Backend() = default;
  // Called on an io thread; blocks until the answer is durable.
  virtual std::variant<Answer, Refusal> submit(Request) = 0;
  virtual std::expected<boost::json::object, Refusal> put_config(const ConfigFiles&, bool push) = 0;
  // plan/1 and check/1, by these files or, without any, by the agent's own. Nothing is recorded.
  virtual std::expected<boost::json::object, Refusal> plan(const Request&,
                                                           const std::optional<ConfigFiles>&) = 0;
  virtual std::expected<boost::json::object, Refusal> check(const std::string& environment,
                                                            const std::optional<ConfigFiles>&) = 0;
  // replay/1: a deployment's recorded blocks judged by the policy in this file. Nothing changes.
  virtual std::expected<boost::json::object, Refusal> replay(std::uint32_t number,
                                                             const ConfigFiles& policy) = 0;
  // hook/1: a signal for the metric of this name.
  virtual std::expected<boost::json::object, Refusal> hook(const std::string& name,
                                                           const HookSignal&) = 0;
  virtual boost::json::object agent() = 0;   // agent status
  virtual boost::json::object health() = 0;  // /health
  virtual Wall now() = 0;
  // Output of instances and steps; `query` as in `slipway logs`.
  virtual std::expected<std::string, Refusal> logs(
      const std::map<std::string, std::string>& query) = 0;
  virtual void stop(bool all) = 0;
};

class Server {
 public:
  struct Settings {
    std::string socket;  // unix socket, mode 0600
    std::string listen;  // "127.0.0.1:7411"; empty: none
    int threads = 4;
    Pages pages = nullptr;  // the dashboard; none: only the interface is served
  };
  // Fault::unsupported when `listen` can be reached by others than this machine; Fault::conflict
  // when somebody answers at the socket or the port is taken. TCP serves the agent's own user and
  // root.
  static Result<std::unique_ptr<Server>> start(Settings, Backend&, const views::Board&);
  virtual ~Server() = default;
  virtual void stop() = 0;                // answers what is under way, then ends
  virtual std::string bound() const = 0;  // `listen` with the port it got; empty: none
};

}  // namespace slipway::api
