// The command line: from argv to an exit status (interface page 3). What needs the rest of the
// program (running an agent, compiling a plan) is handed in as hooks, so that this room includes
// neither the shell nor a driver.
#pragma once

#include <boost/json.hpp>
#include <expected>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "api/server.h"
#include "base/result.h"
#include "cli/agent.h"
#include "cli/console.h"
#include "contract/port.h"
#include "contract/request.h"
#include "plan/spec.h"

namespace slipway::cli {

struct AgentOptions {
  std::string state_dir;    // absolute
  std::string config_file;  // absolute; empty: none was found
  std::string listen;       // "127.0.0.1:7411"; "none"; empty: as configured, or as before
  bool verbose = false;
};

struct Hooks {
  // Runs the agent in the foreground until it is stopped; answers the exit status.
  std::function<int(const AgentOptions&)> agent_run;
  // Starts an agent in the background and returns at once; the caller waits for its socket.
  std::function<Result<>(const AgentOptions&)> agent_spawn;
  // plan/1 without an agent. For a site that was never released.
  std::function<std::expected<boost::json::object, Refusal>(const Request&,
                                                            const api::ConfigFiles&)>
      plan;
  std::string version;  // "0.1.0"
  // simulate/1, with the picture under `plot`; called back after each run.
  std::function<std::expected<boost::json::object, Refusal>(
      const api::Simulation&, const api::ConfigFiles&,
      const std::function<void(int done, int of)>&)>
      simulate;
  // Makes an image; answers its number. Told of progress line by line.
  std::function<Result<std::string>(const Where&, const plan::ImageBuild&, bool fresh,
                                    const std::function<void(std::string_view)>&)>
      build;
  // Removes images that no release needs; a sentence for each. `needed`: versions and digests.
  std::function<Result<std::vector<std::string>>(const Where&, const plan::ImageBuild&,
                                                 const std::set<std::string>& needed)>
      prune;
  // Shows a page in the browser of who asks; returns when that was begun.
  std::function<Result<>(const std::string& url)> browse;
};

// Exit statuses of interface page 3.4.
enum Exit : int {
  kExitGood = 0,
  kExitTakenBack = 1,
  kExitRefused = 2,
  kExitUnreachable = 3,
  kExitTimeout = 4,
  kExitRollbackFailed = 5,
  kExitInterrupted = 130,
  kExitTerminated = 143,
};

int run(int argc, char** argv, const Hooks&);

// The same with everything outside handed in; what tests call. `args` are without the program.
int run(const std::vector<std::string>& args, const Hooks&, Console&, const Dial&);

}  // namespace slipway::cli
