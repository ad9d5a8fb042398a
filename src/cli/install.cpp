#include "cli/install.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cli/session.h"

namespace slipway::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPackaged = "/usr/lib/systemd/system/slipway.service";

// Of both kinds. Instances and the proxy are children of the agent and outlive it: they are neither
// ended with it (KillMode) nor cut off from their files by a private /tmp that goes with the unit.
constexpr const char* kShared = R"(Restart=on-failure
RestartSec=1
KillMode=process
TimeoutStopSec=60
OOMPolicy=continue
LimitNOFILE=1048576
TasksMax=infinity
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
)";

constexpr const char* kMachine = R"(User=slipway
Group=slipway
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
StateDirectory=slipway
StateDirectoryMode=0700
RuntimeDirectory=slipway
RuntimeDirectoryMode=0755
RuntimeDirectoryPreserve=yes
WorkingDirectory=/var/lib/slipway
ProtectSystem=full
ProtectHome=read-only
ProtectClock=yes
ProtectHostname=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
PrivateDevices=yes
RemoveIPC=no
)";

std::string listening(const Installation& asked) {
  return asked.listen.empty() ? "" : " --listen " + unit_word(asked.listen);
}

// One for each project of a user: slipway-shop.service.
std::string project_name(const std::string& state) {
  std::string name;
  for (const char c : fs::path(state).parent_path().filename().string())
    name += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' ? c : '-';
  return name.empty() ? "slipway" : "slipway-" + name;
}

Ended systemctl(Session& s, const std::string& words) {
  const std::string command = "systemctl " + words;
  s.detail(command);
  const int status = std::system(command.c_str());
  if (status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 0) return kExitGood;
  return unreachable(fmt::format("`{}` did not work", command),
                     "`systemctl status` and `journalctl -xe` say why");
}

Ended write_unit(const fs::path& path, const std::string& text) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  std::ofstream file(path);
  file << text;
  file.flush();
  if (file) return kExitGood;
  return refuse("not_written", fmt::format("{} cannot be written", path.string()),
                "a service of the machine takes root; `--user` installs one for this project");
}

void say_lingering(Session& s) {
  const std::string user = s.console.variable("USER");
  std::error_code ignored;
  if (::geteuid() == 0 || user.empty() || fs::exists("/var/lib/systemd/linger/" + user, ignored))
    return;
  s.say(fmt::format("the service ends when {} logs out; `loginctl enable-linger {}` keeps it", user,
                    user));
}

// A package made it already.
Ended make_user(Session& s) {
  const std::string command =
      "getent passwd slipway >/dev/null || systemd-sysusers --inline "
      "'u slipway - \"Slipway deployment agent\" /var/lib/slipway'";
  s.detail(command);
  const int status = std::system(command.c_str());
  if (status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 0) return kExitGood;
  return unreachable("the user `slipway` cannot be made",
                     "make it: `useradd --system --home-dir /var/lib/slipway slipway`");
}

Ended run_it(Session& s, const Installation& asked, const std::string& name, bool own_file) {
  std::error_code ignored;
  if (!fs::exists("/run/systemd/system", ignored)) {
    return unreachable("systemd does not run here",
                       "`slipway agent run` in the foreground does the same under any supervisor");
  }
  const std::string scope = asked.user ? "--user " : "";
  if (!asked.user && own_file) TRY(make_user(s));
  if (own_file) TRY(systemctl(s, scope + "daemon-reload"));
  TRY(systemctl(s, scope + "enable --now " + name));
  s.line(name + " is installed and runs");
  if (asked.user) say_lingering(s);
  return kExitGood;
}

}  // namespace

std::string unit_word(const std::string& word) {
  std::string out;
  bool plain = !word.empty();
  for (const char c : word) {
    if (c == '%' || c == '$') out += c;  // doubled: as it is
    if (c == '"' || c == '\\') out += '\\';
    out += c;
    plain = plain && (std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                      std::string_view("/._-+:@").find(c) != std::string_view::npos);
  }
  return plain ? out : '"' + out + '"';
}

std::string service_unit(const Installation& asked, const std::string& program) {
  return fmt::format(
      "[Unit]\n"
      "Description=Slipway deployment agent\n"
      "Documentation=man:slipway(1)\n"
      "Wants=network-online.target\n"
      "After=network-online.target\n"
      "StartLimitIntervalSec=0\n"
      "\n[Service]\n"
      "Type=exec\n"
      "EnvironmentFile=-/etc/default/slipway\n"
      "ExecStart={} agent run --state /var/lib/slipway{} $SLIPWAY_FLAGS\n{}{}"
      "\n[Install]\n"
      "WantedBy=multi-user.target\n",
      unit_word(program), listening(asked), kMachine, kShared);
}

std::string project_unit(const Installation& asked, const std::string& program,
                         const std::string& state, const std::string& config) {
  const std::string with = config.empty() ? "" : " --config " + unit_word(config);
  return fmt::format(
      "[Unit]\n"
      "Description=Slipway deployment agent of {}\n"
      "Documentation=man:slipway(1)\n"
      "StartLimitIntervalSec=0\n"
      "\n[Service]\n"
      "Type=exec\n"
      "ExecStart={} agent run --state {}{}{}\n{}"
      "\n[Install]\n"
      "WantedBy=default.target\n",
      fs::path(state).parent_path().filename().string(), unit_word(program), unit_word(state), with,
      listening(asked), kShared);
}

Ended install_agent(Session& s, const Installation& asked) {
  std::error_code error;
  std::string program = asked.program;
  if (program.empty()) program = fs::read_symlink("/proc/self/exe", error).string();
  if (program.empty() || program.front() != '/')
    return refuse("usage", "`--program` is an absolute path");
  std::string text, name = "slipway";
  fs::path path;
  bool packaged = false;
  if (asked.user) {
    const std::string config = TRY(find_config(s));
    std::string state = TRY(state_folder(s));
    if (state.empty() && !config.empty())
      state = (fs::path(config).parent_path() / ".slipway").string();
    if (state.empty())
      return refuse("no_config", "there is no slipway.yaml here, so there is no project",
                    "`slipway init` writes one; without --user the service is the machine's");
    text = project_unit(asked, program, state, config);
    name = project_name(state);
    std::string home = s.console.variable("XDG_CONFIG_HOME");
    if (home.empty()) home = s.console.variable("HOME") + "/.config";
    path = fs::path(home) / "systemd/user" / (name + ".service");
  } else {
    text = service_unit(asked, program);
    path = "/etc/systemd/system/slipway.service";
    packaged =
        program == "/usr/bin/slipway" && asked.listen.empty() && fs::exists(kPackaged, error);
  }
  if (asked.dry) {
    s.console.out(text);
    return kExitGood;
  }
  if (!asked.into.empty()) {
    const fs::path below = fs::path(asked.into) / path.relative_path();
    TRY(write_unit(below, text));
    s.line(below.string());
    return kExitGood;
  }
  if (packaged) return run_it(s, asked, name, false);
  TRY(write_unit(path, text));
  s.line("wrote " + path.string());
  return run_it(s, asked, name, true);
}

}  // namespace slipway::cli
