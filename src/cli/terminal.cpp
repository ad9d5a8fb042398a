#include "cli/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>

extern char** environ;

namespace slipway::cli {
namespace {

volatile sig_atomic_t asked_to_end = 0;

void on_signal(int number) { asked_to_end = number; }

// From the first wait on, INT and TERM end the waiting instead of the program: the way out prints
// what goes on and how to abort it. One that comes just before poll is seen after it: no wait is
// long. They are not blocked, because an agent that is started would inherit that.
void watch_signals() {
  struct sigaction action{};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

void write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t n = ::write(file, bytes.data(), bytes.size());
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
      pollfd ready{file, POLLOUT, 0};
      ::poll(&ready, 1, 1000);
      continue;
    }
    if (n <= 0) {
      // The reader is gone: there is nobody left to tell, and nothing to follow for.
      if (file == STDOUT_FILENO && asked_to_end == 0) asked_to_end = SIGTERM;
      return;
    }
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

winsize size_of() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
    size.ws_col = 80;
    size.ws_row = 24;
  }
  return size;
}

}  // namespace

void Terminal::out(std::string_view text) { write_all(STDOUT_FILENO, text); }
void Terminal::err(std::string_view text) { write_all(STDERR_FILENO, text); }
bool Terminal::out_is_terminal() const { return ::isatty(STDOUT_FILENO) == 1; }
bool Terminal::in_is_terminal() const { return ::isatty(STDIN_FILENO) == 1; }
int Terminal::width() const { return size_of().ws_col; }
int Terminal::height() const { return size_of().ws_row == 0 ? 24 : size_of().ws_row; }

std::string Terminal::ask(const std::string& question) {
  err(question);
  std::string answer;
  char c = 0;
  while (::read(STDIN_FILENO, &c, 1) == 1 && c != '\n') answer += c;
  return answer;
}

std::map<std::string, std::string> Terminal::variables() const {
  std::map<std::string, std::string> all;
  for (char** entry = environ; entry && *entry; ++entry) {
    std::string_view line = *entry;
    std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    all.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return all;
}

std::string Terminal::variable(const std::string& name) const {
  const char* value = std::getenv(name.c_str());
  return value ? value : "";
}

std::string Terminal::folder() const {
  std::error_code error;
  std::filesystem::path here = std::filesystem::current_path(error);
  return error ? "/" : here.string();
}

std::string Terminal::person() const {
  char bytes[4096];
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::geteuid(), &entry, bytes, sizeof bytes, &found) == 0 && found) {
    return found->pw_name;
  }
  return std::to_string(::geteuid());
}

Wall Terminal::now() const {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

Duration Terminal::steady() const {
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch());
}

int Terminal::utc_offset_s(Wall at) const {
  std::time_t seconds = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(at));
  std::tm local{};
  return ::localtime_r(&seconds, &local) ? static_cast<int>(local.tm_gmtoff) : 0;
}

void Terminal::keys(bool on) {
  if (on == raw_ || (on && !in_is_terminal())) return;
  if (!on) {
    ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
    raw_ = false;
    return;
  }
  if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
  // One key at a time, unseen. ISIG stays: Ctrl-C is a signal, also here. Stopping by Ctrl-Z would
  // leave the shell with such a terminal.
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  raw.c_cc[VSUSP] = _POSIX_VDISABLE;
  raw_ = ::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

Wake Terminal::wait(Duration at_most) {
  if (!watching_) watch_signals();
  watching_ = true;
  pollfd keyboard{STDIN_FILENO, POLLIN, 0};
  bool listens = raw_ && !end_of_keys_;
  timespec most{static_cast<time_t>(at_most.count() / 1'000'000),
                static_cast<long>(at_most.count() % 1'000'000 * 1000)};
  int ready = asked_to_end != 0 ? 0 : ::ppoll(&keyboard, listens ? 1 : 0, &most, nullptr);
  if (asked_to_end == SIGINT) return {Wake::Why::interrupt, 0};
  if (asked_to_end == SIGTERM) return {Wake::Why::terminate, 0};
  if (ready <= 0) return {};
  char key = 0;
  if (::read(STDIN_FILENO, &key, 1) == 1) return {Wake::Why::key, key};
  end_of_keys_ = true;  // the keyboard is gone; following goes on
  return {};
}

}  // namespace slipway::cli
