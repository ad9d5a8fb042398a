#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "main/agent.h"
#include "os/files.h"

extern char** environ;

namespace slipway {

namespace {

// In a session of its own: it survives the terminal and the command that started it.
Result<> start_apart(const std::string& program, std::vector<std::string> words,
                     const std::string& output) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                   0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
  pid_t pid = 0;
  const int failed =
      ::posix_spawnp(&pid, program.c_str(), &actions, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (failed != 0)
    return fail(Fault::unavailable, "{} cannot be started: {}", program, std::strerror(failed));
  return {};
}

}  // namespace

Result<> spawn_agent(const cli::AgentOptions& options) {
  TRY(os::make_folder(options.state_dir, 0700));
  std::error_code error;
  std::string program = std::filesystem::read_symlink("/proc/self/exe", error).string();
  if (error)
    return fail(Fault::unavailable, "this program's own file is not known: {}", error.message());
  std::vector<std::string> words{program, "agent", "run", "--state", options.state_dir};
  if (!options.config_file.empty()) words.insert(words.end(), {"--config", options.config_file});
  if (!options.listen.empty()) words.insert(words.end(), {"--listen", options.listen});
  return start_apart(program, words, options.state_dir + "/agent.log");
}

Result<> open_browser(const std::string& url) {
  return start_apart("xdg-open", {"xdg-open", url}, "/dev/null");
}

}  // namespace slipway
