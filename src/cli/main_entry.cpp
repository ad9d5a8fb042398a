// The command line of a real process.
#include <csignal>

#include "cli/cli.h"
#include "cli/http_agent.h"
#include "cli/terminal.h"

namespace slipway::cli {

int run(int argc, char** argv, const Hooks& hooks) {
  // A reader that goes away (`slipway logs -f | head`) ends writing, not the program. A handler,
  // not SIG_IGN: an agent that is started from here must not inherit it.
  std::signal(SIGPIPE, [](int) {});
  Terminal terminal;
  std::vector<std::string> args(argv + (argc > 0 ? 1 : 0), argv + argc);
  return run(args, hooks, terminal, dial_http);
}

}  // namespace slipway::cli
