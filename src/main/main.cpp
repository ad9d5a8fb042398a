// The program: the command line, and behind `agent run` the agent.
#include "cli/cli.h"
#include "drivers/docker/build.h"
#include "drivers/docker/prune.h"
#include "main/agent.h"
#include "main/desk.h"
#include "main/plan_object.h"
#include "main/platforms.h"
#include "main/simulate.h"

#ifndef SLIPWAY_VERSION
#define SLIPWAY_VERSION "0"
#endif

namespace slipway {
namespace {

// A plan as for a first release, without an agent: nothing is recorded.
std::expected<boost::json::object, Refusal> plan_alone(const Request& request,
                                                       const api::ConfigFiles& files) {
  Desk desk({.variables = environment_variables(),
             .record = [](const std::string&) { return Result<>(); },
             .seal = [](const std::string&, const std::string&,
                        const std::string&) { return Result<>(); },
             .sealed = [](const std::string& name, const std::string&) -> Result<std::string> {
               return fail(Fault::missing, "{} is not kept without an agent", name);
             },
             .known = [](std::vector<SiteId>) {},
             .door = nullptr,
             .state_dir = ""});
  if (auto put = desk.put(files, true, [] {}); !put) return std::unexpected(put.error());
  return plan_object(
      request, desk, [](const SiteId&) -> const Site* { return nullptr; }, look_once);
}

}  // namespace
}  // namespace slipway

int main(int argc, char** argv) {
  using namespace slipway;
  return cli::run(
      argc, argv,
      {.agent_run =
           [](const cli::AgentOptions& options) { return run_agent(options, SLIPWAY_VERSION); },
       .agent_spawn = spawn_agent,
       .plan = plan_alone,
       .version = SLIPWAY_VERSION,
       .simulate = simulate_alone,
       .build =
           [](const Where& where, const plan::ImageBuild& asked, bool fresh,
              const std::function<void(std::string_view)>& tell) {
             return docker::build(where, asked, fresh ? docker::Cache::leave : docker::Cache::use,
                                  tell);
           },
       .prune = docker::prune,
       .browse = open_browser});
}
