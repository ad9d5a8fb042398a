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
#include "api/simulation.h"
#include "api/trail.h"
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

// A release that is to be registered by name.
struct NewRelease {
  std::string service, environment, version, image, commit, because, by;
};
// What a pipeline tells of a build.
struct BuildReport {
  std::string service, version, because, by;
  bool succeeded = true;
  Duration took{};
  std::optional<double> test_coverage;  // 0 to 1
};
struct Registration {
  boost::json::object release;  // release/1
  bool fresh = true;            // false: it was there already
};

// What the server needs besides views; implemented by the agent's wiring.
class Backend {
 public:
  virtual ~Backend() = default;
  // Called on an io thread; blocks until the answer is durable. The mark is written with the record
  // of the request; without a record it is not.
  virtual std::variant<Answer, Refusal> submit(Request, std::optional<Mark>) = 0;
  // `first` is called before anything is recorded, unless nothing is.
  virtual std::expected<boost::json::object, Refusal> put_config(
      const ConfigFiles&, bool push, const std::function<void()>& first) = 0;
  // config/1: the newest revision as it was written, with its variables' names and no values.
  virtual std::expected<boost::json::object, Refusal> config() = 0;
  // plan/1 and check/1, by these files or, without any, by the agent's own. Nothing is recorded.
  virtual std::expected<boost::json::object, Refusal> plan(const Request&,
                                                           const std::optional<ConfigFiles>&) = 0;
  virtual std::expected<boost::json::object, Refusal> check(const std::string& environment,
                                                            const std::optional<ConfigFiles>&) = 0;
  // simulate/1, with its picture under `plot`: the release tried in virtual time, aside. A Refusal
  // of 429 when enough are tried already, of 422 when it takes longer than kSimulationTime; ends
  // early when nobody waits for it. Nothing changes.
  virtual std::expected<boost::json::object, Refusal> simulate(const Simulation&,
                                                               const std::optional<ConfigFiles>&,
                                                               const Gone&) = 0;
  // replay/1: a deployment's recorded blocks judged by the policy in this file. Nothing changes.
  virtual std::expected<boost::json::object, Refusal> replay(std::uint32_t number,
                                                             const ConfigFiles& policy) = 0;
  // hook/1: a signal for the metric of this name.
  virtual std::expected<boost::json::object, Refusal> hook(const std::string& name,
                                                           const HookSignal&) = 0;
  // Asks what it is now, and records that. Blocks while a registry is asked.
  virtual std::expected<Registration, Refusal> register_release(const NewRelease&) = 0;
  // build_report/1: recorded, and counted among the agent's figures.
  virtual std::expected<boost::json::object, Refusal> built(const BuildReport&) = 0;
  // How people call the agent: "https://deploy.example.com". Opens an address on this machine where
  // there is none.
  virtual std::expected<std::string, Refusal> door() = 0;
  // Charts of a deployment: what was counted before this agent started is put on the board.
  virtual void recall(std::uint32_t) {}
  virtual boost::json::object agent() = 0;   // agent status
  virtual boost::json::object health() = 0;  // /health: `status` unhealthy is a 503
  virtual boost::json::object ready() = 0;   // /ready: any `status` but ready is a 503
  virtual std::string metrics() = 0;         // /metrics, in Prometheus' text format
  virtual Wall now() = 0;
  // Output of instances and steps; `query` as in `slipway logs`.
  virtual std::expected<std::string, Refusal> logs(
      const std::map<std::string, std::string>& query) = 0;
  virtual void stop(bool all) = 0;
};

struct Office;

// The TCP door. Without a certificate it speaks in the clear, and only on this machine.
struct Listen {
  std::string address;           // "127.0.0.1:7411"; empty: no such door
  std::string certificate, key;  // files in PEM
  bool operator==(const Listen&) const = default;
};

class Server {
 public:
  struct Settings {
    std::string socket;  // unix socket, mode 0600
    Listen listen;
    int threads = 4;
    std::function<void(const std::string&)> complain = nullptr;  // of a renewal that failed
  };
  // Fault::unsupported when `listen` can be reached by others than this machine and has no
  // certificate; Fault::conflict when somebody answers at the socket or the port is taken.
  // TCP asks for tokens.
  static Result<std::unique_ptr<Server>> start(Settings, Office&);
  virtual ~Server() = default;
  // Another TCP door instead of the one there is; connections that stand go on. On an error the
  // old one stays open.
  virtual Result<> listen(const Listen&) = 0;
  virtual void stop() = 0;                // answers what is under way, then ends
  virtual std::string bound() const = 0;  // the TCP address with its port; empty: none
};

}  // namespace slipway::api
