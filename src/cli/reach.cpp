// Finding the agent, and starting it when the command may.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "cli/render.h"
#include "cli/session.h"

namespace slipway::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kInstalledSocket = "/run/slipway/agent.sock";
constexpr const char* kConfigName = "slipway.yaml";
constexpr Duration kStartDeadline = 10s;
constexpr Duration kStartPoll = 5ms;

bool stands(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

std::string absolute(const Session& s, const std::string& path) {
  return (fs::path(s.console.folder()) / path).lexically_normal().string();
}

// What an agent in the background said last, before it ended or while it hangs.
std::string last_words(const std::string& state_dir) {
  std::ifstream log(fs::path(state_dir) / "agent.log", std::ios::ate | std::ios::binary);
  constexpr std::streamoff kTail = 4096;
  if (!log) return {};
  log.seekg(std::max<std::streamoff>(0, log.tellg() - kTail));
  std::string last;
  for (std::string line; std::getline(log, line);)
    if (!line.empty()) last = line;
  return harmless(last);
}

bool has_journal(const std::string& state_dir) {
  return stands(fs::path(state_dir) / "journal.db");
}

bool has_agent_state(const std::string& state_dir) {
  return has_journal(state_dir) || stands(fs::path(state_dir) / "agent.sock") ||
         stands(stopped_marker(state_dir));
}

Door door_of_state(std::string state_dir, std::string said) {
  Door door;
  door.socket = (fs::path(state_dir) / "agent.sock").string();
  door.state_dir = std::move(state_dir);
  door.said = std::move(said);
  return door;
}

// SLIPWAY_INSTALLED_SOCKET moves the service's socket, for tests and unusual installations.
std::string installed_socket(const Session& s) {
  std::string moved = s.console.variable("SLIPWAY_INSTALLED_SOCKET");
  return moved.empty() ? kInstalledSocket : moved;
}

// The door of this project; nothing when there is no configuration and nothing was named.
std::expected<std::optional<Door>, Trouble> choose_door(Session& s) {
  std::string url = s.shared.url.empty() ? s.console.variable("SLIPWAY_URL") : s.shared.url;
  if (!url.empty()) {
    Door door;
    door.url = url;
    door.authorities = s.console.variable("SLIPWAY_CA");
    door.said = s.shared.url.empty() ? "SLIPWAY_URL" : "--url";
    return door;
  }
  std::string state = s.shared.state.empty() ? s.console.variable("SLIPWAY_STATE") : s.shared.state;
  if (!state.empty()) {
    return door_of_state(absolute(s, state), s.shared.state.empty() ? "SLIPWAY_STATE" : "--state");
  }
  std::string config = TRY(find_config(s));
  std::optional<Door> beside;
  if (!config.empty()) {
    beside =
        door_of_state((fs::path(config).parent_path() / ".slipway").string(), "beside " + config);
    if (has_agent_state(beside->state_dir)) return beside;
  }
  if (std::string socket = installed_socket(s); stands(socket)) {
    Door door;
    door.socket = socket;
    door.said = "the installed service";
    return door;
  }
  return beside;
}

std::expected<std::unique_ptr<Agent>, Trouble> refuse_in_ci(const Door& door) {
  return refuse(
      "no_agent_in_ci",
      fmt::format("no agent answers at {}, and in a CI job (CI=true) none is started in "
                  "the background: the runner would end it, and what it serves, with "
                  "the job",
                  door.socket),
      "name an installed agent: --url URL with SLIPWAY_TOKEN, or run this on its machine");
}

std::expected<std::unique_ptr<Agent>, Trouble> refuse_to_start(const Door& door, bool stopped,
                                                               bool was) {
  if (door.state_dir.empty()) {
    return unreachable(fmt::format("the agent at {} ({}) does not answer", door.name(), door.said),
                       door.url.empty() ? "start the service: systemctl start slipway"
                                        : "check the address, and that the agent there runs");
  }
  if (stopped) {
    return unreachable(fmt::format("the agent of {} was stopped", door.state_dir),
                       "slipway agent start");
  }
  if (was) {
    return unreachable(fmt::format("the agent of {} is gone; what it started serves on without it",
                                   door.state_dir),
                       "slipway agent start; any other command that needs it starts it too");
  }
  return unreachable(fmt::format("no agent has ever run in {} ({})", door.state_dir, door.said),
                     "the first `slipway deploy ENV --version V` starts one, `slipway agent start` "
                     "too");
}

}  // namespace

std::string stopped_marker(const std::string& state_dir) {
  return (fs::path(state_dir) / "stopped").string();
}

std::expected<std::string, Trouble> find_config(Session& s) {
  if (!s.config_path.empty()) return s.config_path;
  std::string named =
      s.shared.config.empty() ? s.console.variable("SLIPWAY_CONFIG") : s.shared.config;
  if (!named.empty()) {
    s.config_path = absolute(s, named);
    std::error_code ignored;
    if (!fs::is_regular_file(s.config_path, ignored)) {
      return refuse("no_config",
                    fmt::format("{}: there is no such file ({})", s.config_path,
                                s.shared.config.empty() ? "SLIPWAY_CONFIG" : "--config"),
                    "`slipway init` writes one");
    }
    return s.config_path;
  }
  for (fs::path folder = s.console.folder();; folder = folder.parent_path()) {
    if (stands(folder / kConfigName)) {
      s.config_path = (folder / kConfigName).string();
      s.detail("configuration: " + s.config_path);
      return s.config_path;
    }
    if (folder == folder.parent_path()) return std::string();
  }
}

std::expected<std::string, Trouble> state_folder(Session& s) {
  std::optional<Door> door = TRY(choose_door(s));
  return door ? door->state_dir : std::string();
}

std::expected<std::unique_ptr<Agent>, Trouble> start_agent(Session& s, const Door& door,
                                                           const std::string& listen) {
  std::error_code ignored;
  fs::remove(stopped_marker(door.state_dir), ignored);
  AgentOptions options;
  options.state_dir = door.state_dir;
  options.config_file = TRY(find_config(s));
  options.listen = listen;
  options.verbose = s.shared.verbose;
  if (auto started = s.hooks.agent_spawn(options); !started) {
    return unreachable(fmt::format("the agent could not be started in {}: {}", door.state_dir,
                                   started.error().text),
                       "its user must be able to write there; --state DIR names another folder");
  }
  Duration until = s.console.steady() + kStartDeadline;
  std::string why;
  while (s.console.steady() < until) {
    auto agent = s.dial(door, "");
    if (agent) {
      if (auto answer = (*agent)->get("/v1/agent"); answer && answer->status < 500) {
        s.door = door;
        return std::move(*agent);
      } else if (!answer) {
        why = answer.error().text;
      }
    } else {
      why = agent.error().text;
    }
    Wake wake = s.console.wait(kStartPoll);
    if (wake.why == Wake::Why::interrupt || wake.why == Wake::Why::terminate) {
      return std::unexpected(Trouble{.exit = wake.why == Wake::Why::interrupt ? 130 : 143,
                                     .code = "interrupted",
                                     .text = "interrupted while the agent was starting"});
    }
  }
  const std::string said = last_words(door.state_dir);
  return unreachable(fmt::format("the agent was started in {} and does not answer after 10 s ({})",
                                 door.state_dir, said.empty() ? why : said),
                     "`slipway agent run` in another terminal shows what it says");
}

std::expected<std::unique_ptr<Agent>, Trouble> reach(Session& s, Need need) {
  std::optional<Door> door = TRY(choose_door(s));
  if (!door) {
    return unreachable(fmt::format("there is no slipway.yaml in {} or above, and no agent is "
                                   "installed here",
                                   s.console.folder()),
                       "`slipway init` writes a configuration; --state DIR or --url URL name an "
                       "agent elsewhere");
  }
  std::string token = door->url.empty() ? "" : s.console.variable("SLIPWAY_TOKEN");
  auto agent = s.dial(*door, token);
  if (agent) {
    s.detail(fmt::format("agent: {} ({})", door->name(), door->said));
    s.door = *door;
    return std::move(*agent);
  }
  s.detail(fmt::format("agent: {} ({}): {}", door->name(), door->said, agent.error().text));
  bool stopped = !door->state_dir.empty() && stands(stopped_marker(door->state_dir));
  bool was = !door->state_dir.empty() && has_journal(door->state_dir);
  bool crashed = was && !stopped;
  bool may = !door->state_dir.empty() && (need == Need::change || (need == Need::end && was) ||
                                          (need == Need::answer && crashed));
  // What a certificate or an address says is not mended by trying again.
  if (!door->url.empty() && agent.error().fault != Fault::unavailable)
    return refuse(
        "refused_url", agent.error().text,
        door->url.starts_with("https:") ? "SLIPWAY_CA=FILE names the certificates to trust" : "");
  if (!may) return refuse_to_start(*door, stopped, was);
  if (need != Need::end && s.console.variable("CI") == "true") return refuse_in_ci(*door);
  s.say(fmt::format("{} in {}",
                    crashed ? "the agent was gone; starting it again" : "starting an agent",
                    door->state_dir));
  return start_agent(s, *door, "");
}

}  // namespace slipway::cli
