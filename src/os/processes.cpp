#include "os/processes.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <thread>

namespace slipway::os {
namespace fs = std::filesystem;

namespace {

struct Stat {
  pid_t pid = 0;
  char state = 0;
  pid_t group = 0, session = 0;
  std::uint64_t start = 0;
};

Stat stat_of(pid_t pid) {
  auto text = read_file(fmt::format("/proc/{}/stat", pid), 4096);
  if (!text) return {};
  std::size_t at = text->rfind(')');  // the name before it may hold anything
  if (at == std::string::npos) return {};
  std::istringstream in(text->substr(at + 1));
  Stat stat;
  stat.pid = pid;
  pid_t parent = 0;
  in >> stat.state >> parent >> stat.group >> stat.session;
  std::string skipped;
  for (int field = 7; field <= 21; ++field) in >> skipped;
  in >> stat.start;
  return stat;
}

// All that belong to the session of a shim that is gone. A number stays taken as long as a session
// of that number has members, so a session whose leader is missing is the old one.
std::vector<pid_t> left_behind(const Process& shim) {
  std::vector<pid_t> found;
  std::uint64_t now = stat_of(shim.pid).start;
  if (now != 0 && now != shim.start) return found;  // the number is a stranger's now
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    std::string name = entry.path().filename().string();
    if (!std::isdigit(static_cast<unsigned char>(name[0]))) continue;
    Stat stat = stat_of(std::atoi(name.c_str()));
    if (stat.session != shim.pid || stat.start < shim.start || stat.state == 'Z') continue;
    found.push_back(stat.pid);
  }
  return found;
}

}  // namespace

Process process_of(pid_t pid) { return {pid, stat_of(pid).start}; }

bool alive(const Process& process) {
  if (process.pid <= 0 || process.start == 0) return false;
  Stat stat = stat_of(process.pid);
  return stat.start == process.start && stat.state != 'Z' && stat.state != 'X';
}

Result<> end_session(const Process& shim, const Process& child) {
  using namespace std::chrono_literals;
  auto deadline = std::chrono::steady_clock::now() + 5s;
  for (;;) {
    bool child_lives = alive(child);
    if (child_lives) ::kill(-child.pid, SIGKILL);
    std::vector<pid_t> rest = left_behind(shim);
    for (pid_t pid : rest) ::kill(pid, SIGKILL);
    if (!child_lives && rest.empty()) return {};
    if (std::chrono::steady_clock::now() > deadline) {
      return fail(Fault::timeout, "process {} of a killed shim does not die", child.pid);
    }
    std::this_thread::sleep_for(2ms);
  }
}

Result<Running> run_command(const std::vector<std::string>& argv,
                            const std::vector<std::pair<std::string, std::string>>& env,
                            const std::string& directory, Output output) {
  std::vector<std::string> pairs;
  for (const auto& [name, value] : env) pairs.push_back(name + "=" + value);
  std::vector<char*> words, variables;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  for (std::string& pair : pairs) variables.push_back(pair.data());
  words.push_back(nullptr);
  variables.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  for (int fd = 0; fd < 3; ++fd) {
    posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", fd == 0 ? O_RDONLY : O_WRONLY, 0);
  }
  Running running;
  Fd writer;
  if (int ends[2]; output == Output::kept) {
    if (::pipe2(ends, O_CLOEXEC) != 0)
      return fail(Fault::exhausted, "no pipe for {}: {}", argv[0], std::strerror(errno));
    running.output.reset(ends[0]);
    writer.reset(ends[1]);
    posix_spawn_file_actions_adddup2(&actions, writer.get(), 1);
  }
  if (!directory.empty()) posix_spawn_file_actions_addchdir_np(&actions, directory.c_str());
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  int error =
      ::posix_spawnp(&running.pid, words[0], &actions, &attributes, words.data(), variables.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  for (std::string& pair : pairs) ::explicit_bzero(pair.data(), pair.size());
  if (error != 0) {
    return fail(error == ENOENT ? Fault::missing : Fault::refused, "cannot start {}: {}", argv[0],
                std::strerror(error));
  }
  running.pidfd.reset(static_cast<int>(::syscall(SYS_pidfd_open, running.pid, 0)));
  if (!running.pidfd) {
    int reason = errno;
    collect(running);
    return fail(Fault::unsupported, "cannot watch {}: {}", argv[0], std::strerror(reason));
  }
  return running;
}

int collect(Running& running) {
  if (running.pid <= 0) return 0;
  // Before it is reaped its number cannot be a stranger's: the whole group ends with it.
  ::kill(-running.pid, SIGKILL);
  int status = 0;
  while (::waitpid(running.pid, &status, 0) < 0 && errno == EINTR) {
  }
  running.pid = 0;
  running.pidfd.reset();
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace slipway::os
