// slipway agent run, start, stop, status; install is in install.cpp.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "cli/install.h"
#include "cli/render.h"
#include "cli/verb.h"

namespace slipway::cli {
namespace {

constexpr Duration kStopDeadline = 90s;  // two drains of the longest usual length

struct AgentWords {
  std::string action, listen;
  bool all = false;
  Installation installation;
};

// Where an agent of ours would live; refused for one that is elsewhere.
std::expected<std::string, Trouble> our_state(Session& s) {
  std::string state = TRY(state_folder(s));
  if (!state.empty()) return state;
  std::string config = TRY(find_config(s));
  if (config.empty()) {
    return refuse("no_config",
                  fmt::format("there is no slipway.yaml in {} or above, so there is no place for "
                              "the agent's state",
                              s.console.folder()),
                  "`slipway init` writes one; --state DIR names a folder");
  }
  return (std::filesystem::path(config).parent_path() / ".slipway").string();
}

std::expected<AgentOptions, Trouble> options_of(Session& s, const AgentWords& w) {
  AgentOptions options;
  options.state_dir = TRY(our_state(s));
  options.config_file = TRY(find_config(s));
  options.listen = w.listen;
  options.verbose = s.shared.verbose;
  return options;
}

Ended run_here(Session& s, const AgentWords& w) {
  AgentOptions options = TRY(options_of(s, w));
  std::error_code ignored;
  std::filesystem::remove(stopped_marker(options.state_dir), ignored);
  return s.hooks.agent_run(options);
}

Ended start(Session& s, const AgentWords& w) {
  if (auto agent = reach(s, Need::glance)) {
    object running = TRY(fetch(s, **agent, "/v1/agent"));
    if (!w.listen.empty() && text_of(running, "listen") != (w.listen == "none" ? "" : w.listen)) {
      return refuse(
          "already_running",
          fmt::format("an agent runs already and does not listen on {}", w.listen),
          fmt::format("slipway agent stop, then slipway agent start --listen {}", w.listen));
    }
    if (s.machine()) {
      s.print_json(running);
    } else {
      s.line("runs already");
      s.print(render_agent(running, s.look()));
    }
    return kExitGood;
  }
  AgentOptions options = TRY(options_of(s, w));
  Door door;
  door.state_dir = options.state_dir;
  door.socket = (std::filesystem::path(options.state_dir) / "agent.sock").string();
  door.said = "agent start";
  auto agent = TRY(start_agent(s, door, w.listen));
  object running = TRY(fetch(s, *agent, "/v1/agent"));
  if (s.machine()) {
    s.print_json(running);
  } else {
    s.print(render_agent(running, s.look()));
  }
  return kExitGood;
}

// Asked on a terminal only: a machine that says --all means it.
bool declined(Session& s) {
  if (s.shared.yes || !s.console.in_is_terminal() || !s.console.out_is_terminal()) return false;
  std::string answer =
      s.console.ask("end the instances and the proxy too? Nothing will serve. [y/N] ");
  return answer != "y" && answer != "Y" && answer != "yes";
}

// The agent holds a lock in its state folder until its last act: connections of instances drain
// first.
bool gone(Session& s, const std::string& state) {
  int fd = ::open((state + "/agent.lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return true;
  const Duration until = s.console.steady() + kStopDeadline;
  bool free = false;
  while (!(free = ::flock(fd, LOCK_SH | LOCK_NB) == 0) && s.console.steady() < until) {
    if (s.console.wait(10ms).why != Wake::Why::time) break;
  }
  ::close(fd);
  return free;
}

Ended stop(Session& s, const AgentWords& w) {
  if (w.all && declined(s)) return refuse("declined", "nothing was changed");
  auto agent = TRY(reach(s, w.all ? Need::end : Need::glance));
  std::string state = s.door ? s.door->state_dir : "";
  if (!state.empty()) {
    std::ofstream marker(stopped_marker(state));
    marker << "stopped by `slipway agent stop`; a command that changes something starts it again\n";
    marker.flush();
    if (!marker)
      s.say(
          fmt::format("{} cannot be written: the next command that needs the agent "
                      "will start it again",
                      stopped_marker(state)));
  }
  auto answer = send(s, *agent, "/v1/agent/stop", object{{"all", w.all}});
  if (!answer) {
    std::error_code ignored;
    if (!state.empty()) std::filesystem::remove(stopped_marker(state), ignored);
    return std::unexpected(std::move(answer.error()));
  }
  if (!state.empty() && !gone(s, state)) {
    s.say("the agent was told to stop and is still ending what runs");
    return kExitTimeout;
  }
  if (s.machine()) {
    s.print_json(*answer);
  } else {
    s.line(w.all ? "stopped, with its instances and the proxy"
                 : "stopped; instances and proxy go on serving. Nobody watches them: a crashed one "
                   "is not started again");
  }
  return kExitGood;
}

Ended status(Session& s) {
  auto agent = TRY(reach(s, Need::glance));
  object running = TRY(fetch(s, *agent, "/v1/agent"));
  if (s.machine()) {
    s.print_json(running);
  } else {
    s.print(render_agent(running, s.look()));
    if (s.door) s.detail("found by " + s.door->said);
  }
  return kExitGood;
}

}  // namespace

Ended run_agent(Call& call) {
  AgentWords w;
  call.options.word("ACTION", w.action, "run (in the foreground), start, stop, status, install");
  call.options.text(
      "--listen", w.listen,
      "run, start, install: an HTTP address beside the socket, kept until another, or none",
      "ADDR");
  call.options.flag("--all", w.all, "stop: end the instances and the proxy too");
  call.options.flag("--user", w.installation.user,
                    "install: for this project and user, not for the machine");
  call.options.flag("--dry-run", w.installation.dry, "install: print the unit, change nothing");
  call.options.text("--into", w.installation.into,
                    "install: write the unit below this folder (of an image) and start nothing",
                    "DIR");
  call.options.text("--program", w.installation.program,
                    "install: the program the unit starts; default: this one", "FILE");
  if (auto over = call.parse()) return *over;
  Session& s = call.session;
  if (w.action == "run") return run_here(s, w);
  if (w.action == "start") return start(s, w);
  if (w.action == "stop") return stop(s, w);
  if (w.action == "status" || w.action.empty()) return status(s);
  if (w.action == "install") {
    w.installation.listen = w.listen;
    return install_agent(s, w.installation);
  }
  return refuse("usage",
                fmt::format("`slipway agent {}`: there are run, start, stop, status, install",
                            harmless(w.action)));
}

}  // namespace slipway::cli
