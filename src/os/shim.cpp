#include "os/shim.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

#include "base/digest.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/processes.h"
#include "os/shim_words.h"

namespace slipway::os {
namespace fs = std::filesystem;

namespace {

constexpr int kAnswerMs = 10'000;  // a shim answers in microseconds; a frozen machine may not

// A path to a unix socket has 107 bytes at most; by its folder's descriptor it always fits.
Result<Fd> call_door(const std::string& directory) {
  Fd folder(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  Fd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!folder) return fail(Fault::missing, "{}: no shim has run here", directory);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  auto end = fmt::format_to_n(address.sun_path, sizeof address.sun_path - 1,
                              "/proc/self/fd/{}/sock", folder.get());
  *end.out = '\0';
  if (!fd || ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    bool gone = errno == ENOENT || errno == ECONNREFUSED;
    return fail(gone ? Fault::missing : Fault::unavailable, "{}: the shim cannot be reached: {}",
                directory, std::strerror(errno));
  }
  return fd;
}

Result<std::string> hear(int fd, const std::string& who) {
  pollfd wait{fd, POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&wait, 1, kAnswerMs);
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) return fail(Fault::timeout, "{}: the shim did not answer in 10 s", who);
  char buffer[1024];
  ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
  if (n <= 0) return fail(Fault::unavailable, "{}: the shim went away without an answer", who);
  return std::string(buffer, static_cast<std::size_t>(n));
}

Fault fault_of(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return Fault::missing;
    case EACCES:
    case EPERM:
    case ENOEXEC:
      return Fault::refused;
    case EADDRINUSE:
    case EWOULDBLOCK:
      return Fault::conflict;
    case EINVAL:
    case E2BIG:
      return Fault::invalid;
    case ESRCH:
      return Fault::missing;
    default:
      return Fault::exhausted;
  }
}

// "error ERRNO STAGE" as a sentence.
Error refusal(const std::string& reply, const std::string& directory, const std::string& what) {
  std::string_view rest = std::string_view(reply).substr(std::min<std::size_t>(6, reply.size()));
  int error = number<int>(rest, EIO);
  std::string stage(rest.substr(std::min(rest.size(), rest.find(' ') + 1)));
  if (stage == "lock" && error == EWOULDBLOCK) {
    return {Fault::conflict, fmt::format("{}: a shim already runs here", directory)};
  }
  if (stage == "exec") {
    return {fault_of(error), fmt::format("cannot start {}: {}", what, std::strerror(error))};
  }
  return {fault_of(error), fmt::format("{}: {}: {}", directory, stage, std::strerror(error))};
}

Result<std::string> ask(const std::string& directory, const std::vector<std::string>& words) {
  Fd fd = TRY(call_door(directory));
  std::string packet;
  for (const std::string& word : words) {
    packet += word;
    packet += '\0';
  }
  if (::send(fd.get(), packet.data(), packet.size(), MSG_NOSIGNAL) < 0) {
    return fail(Fault::unavailable, "{}: the shim cannot be asked to {}: {}", directory, words[0],
                std::strerror(errno));
  }
  std::string reply = TRY(hear(fd.get(), directory));
  if (reply.starts_with("error")) {
    return std::unexpected(refusal(reply, directory, words.size() > 2 ? words[2] : words[0]));
  }
  return reply;
}

Result<> told(Result<std::string> reply) {
  if (!reply) return std::unexpected(reply.error());
  return {};
}

// What read_spec() of the shim reads; secrets are in here, so it never touches the disk.
std::string encode(const ShimSpec& spec) {
  std::string text;
  auto put = [&](char letter, std::string_view value) {
    text += letter;
    text += value;
    text += '\0';
  };
  for (const std::string& word : spec.argv) put('a', word);
  for (const auto& [name, value] : spec.env) put('e', name + "=" + value);
  for (const std::string& address : spec.listen) put('l', address);
  put('w', spec.workdir);
  put('b', std::to_string(spec.log_bytes));
  if (!spec.append_file.empty()) put('f', spec.append_file);
  if (spec.keep_running) put('k', "1");
  if (spec.take_from > 0) put('t', std::to_string(spec.take_from));
  if (spec.adopt.pid > 0) put('o', fmt::format("{} {}", spec.adopt.pid, spec.adopt.start));
  std::uint32_t size = static_cast<std::uint32_t>(text.size());
  std::string head;
  for (int i = 0; i < 4; ++i) head += static_cast<char>(size >> (8 * i) & 0xff);
  return head + text;
}

// What may be read later: everything but the environment. user_data stands last, byte for byte.
std::string describe(const ShimSpec& spec) {
  std::string text;
  for (const std::string& word : spec.argv) text += "argv " + word + "\n";
  text += "workdir " + spec.workdir + "\n";
  for (const std::string& address : spec.listen) text += "listen " + address + "\n";
  if (spec.keep_running) text += "keep_running 1\n";
  return text + "user_data\n" + spec.user_data;
}

bool systemd_runs() { return fs::is_directory("/run/systemd/system"); }

// A scope of its own in slipway.slice, so that stopping the agent's unit leaves it alone. With
// --scope the program is executed in place and inherits our socket.
std::vector<std::string> launch_words(const std::string& directory) {
  std::vector<std::string> words;
  if (systemd_runs()) {
    words = {"systemd-run"};
    if (::geteuid() != 0) words.emplace_back("--user");
    for (const char* option : {"--scope", "--quiet", "--collect", "--slice=slipway.slice"}) {
      words.emplace_back(option);
    }
    auto moment = std::chrono::steady_clock::now().time_since_epoch().count();
    std::string unique = sha256_hex(fmt::format("{} {}", directory, moment)).substr(0, 12);
    words.push_back("--unit=slipway-" + unique);
  }
  words.push_back(shim_program());
  words.push_back(directory);
  return words;
}

// systemd-run needs to find its manager; the shim itself needs nothing.
std::vector<std::string> launch_env() {
  std::vector<std::string> env;
  if (!systemd_runs()) return env;
  for (const char* name : {"PATH", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"}) {
    if (const char* value = std::getenv(name)) env.push_back(fmt::format("{}={}", name, value));
  }
  return env;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> list;
  for (std::string& word : words) list.push_back(word.data());
  list.push_back(nullptr);
  return list;
}

Result<pid_t> launch(const std::string& directory, int socket) {
  std::vector<std::string> words = launch_words(directory);
  std::vector<std::string> env = launch_env();
  std::vector<char*> argv = pointers(words), environment = pointers(env);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, socket, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
  pid_t pid = 0;
  int error = ::posix_spawnp(&pid, argv[0], &actions, &attributes, argv.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) {
    return fail(fault_of(error),
                "cannot start {}: {}; it belongs beside the slipway program (or name it in "
                "SLIPWAY_SHIM)",
                words[0], std::strerror(error));
  }
  return pid;
}

Result<> send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return fail(Fault::unavailable, "the shim does not take its spec");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace

std::string shim_program() {
  if (const char* named = std::getenv("SLIPWAY_SHIM"); named != nullptr && *named) return named;
  std::error_code error;
  fs::path self = fs::read_symlink("/proc/self/exe", error);
  const fs::path beside = self.parent_path() / "slipway-shim";
  // Of a package: /usr/bin/slipway and /usr/lib/slipway/slipway-shim.
  const fs::path library = self.parent_path().parent_path() / "lib/slipway/slipway-shim";
  return (fs::exists(beside, error) || !fs::exists(library, error) ? beside : library).string();
}

Result<Shim> Shim::start(const ShimSpec& spec) {
  if (spec.argv.empty()) return fail(Fault::invalid, "{}: no program to start", spec.directory);
  TRY(make_folder(spec.directory));
  const bool beside = spec.take_from > 0 || spec.adopt.pid > 0;  // an orphan lives, and shall
  const std::string pids = beside ? read_file(pid_file(spec.directory), 4096).value_or("") : "";
  if (!beside) TRY(clear(spec.directory));
  if (call_door(spec.directory)) {
    return fail(Fault::conflict, "{}: a shim already runs here", spec.directory);
  }
  // What it tells of ends with the boot at the latest.
  TRY(swap_file(fs::path(spec.directory) / "spec", describe(spec)));

  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return fail(Fault::exhausted, "no socket for a shim: {}", std::strerror(errno));
  }
  Fd ours(ends[0]), theirs(ends[1]);
  pid_t pid = TRY(launch(fs::absolute(spec.directory).string(), theirs.get()));
  theirs.reset();
  std::string bytes = encode(spec);
  Result<> sent = send_all(ours.get(), bytes);
  ::explicit_bzero(bytes.data(), bytes.size());
  // The first process reads the spec, forks the shim and ends; the shim answers.
  Result<std::string> reply = hear(ours.get(), spec.directory);
  if (!reply) ::kill(pid, SIGKILL);
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  // A shim that gave up took the orphan's number with it.
  if (beside && (!reply || !reply->starts_with("ok"))) {
    TRY(write_file(pid_file(spec.directory), pids));
  }
  if (!reply) return std::unexpected(sent ? reply.error() : sent.error());
  if (!reply->starts_with("ok")) {
    return std::unexpected(refusal(*reply, spec.directory, spec.argv[0]));
  }
  std::ignore = ::send(ours.get(), "k", 1, MSG_NOSIGNAL);  // else it takes the start back
  return Shim(spec.directory);
}

Result<Shim> Shim::adopt(const std::string& directory) {
  Shim shim(directory);
  if (auto status = shim.status(); !status) return std::unexpected(status.error());
  return shim;
}

Result<ShimStatus> Shim::status() const {
  ShimStatus status;
  Result<std::string> reply = ask(directory_, {"status"});
  if (reply) {
    status.shim = number<pid_t>(field(*reply, "shim"));
    status.child = number<pid_t>(field(*reply, "child"));
    if (std::string code = field(*reply, "exit"); code != "-") status.exit = number<int>(code);
    status.starts = number<std::uint32_t>(field(*reply, "starts"));
    status.started_us = number<std::int64_t>(field(*reply, "started_us"));
    status.down_us = number<std::int64_t>(field(*reply, "down_us"));
    return status;
  }
  // It may have ended between two looks: the file is there before the socket goes.
  auto text = read_file(fs::path(directory_) / "exit", 4096);
  if (!text) return std::unexpected(reply.error());
  status.exit = number<int>(field(*text, "status"));
  status.starts = number<std::uint32_t>(field(*text, "starts"));
  status.started_us = number<std::int64_t>(field(*text, "started_us"));
  return status;
}

Result<> Shim::signal(int signal_number) const {
  return told(ask(directory_, {"signal", std::to_string(signal_number)}));
}

Result<> Shim::listen(const std::string& address) const {
  return told(ask(directory_, {"listen", address}));
}

Result<> Shim::replace(const std::vector<std::string>& argv, int leave_signal) const {
  std::vector<std::string> words{"replace", std::to_string(leave_signal)};
  words.insert(words.end(), argv.begin(), argv.end());
  return told(ask(directory_, words));
}

Result<> Shim::end() const {
  Result<Fd> door = call_door(directory_);
  if (!door) return clear(directory_);  // gone already, or killed: then its child is an orphan
  constexpr std::string_view kWord("end\0", 4);
  if (::send(door->get(), kWord.data(), kWord.size(), MSG_NOSIGNAL) < 0) return clear(directory_);
  Result<std::string> reply = hear(door->get(), directory_);
  // Its answer is followed by its own end, which frees the folder.
  while (reply) reply = hear(door->get(), directory_);
  if (reply.error().fault == Fault::timeout) return std::unexpected(reply.error());
  return clear(directory_);
}

std::vector<std::string> Shim::tail(std::size_t lines) const {
  return last_lines({fs::path(directory_) / "out.log.1", fs::path(directory_) / "out.log"}, lines);
}

bool Shim::was_begun_in(const std::string& directory) {
  std::error_code error;
  return fs::exists(fs::path(directory) / "spec", error);
}

std::string Shim::user_data_of(const std::string& directory) {
  auto text = read_file(fs::path(directory) / "spec");
  if (!text) return {};
  constexpr std::string_view kMark = "\nuser_data\n";
  std::size_t at = text->find(kMark);
  return at == std::string::npos ? std::string() : text->substr(at + kMark.size());
}

Result<int> Shim::watch_fd() const {
  Fd fd = TRY(call_door(directory_));
  constexpr std::string_view kWord("watch\0", 6);
  if (::send(fd.get(), kWord.data(), kWord.size(), MSG_NOSIGNAL) < 0) {
    return fail(Fault::unavailable, "{}: the shim cannot be watched: {}", directory_,
                std::strerror(errno));
  }
  TRY(hear(fd.get(), directory_));
  return fd.release();
}

}  // namespace slipway::os
