#include "journal/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

namespace slipway::journal {
namespace {

// A holder that was killed closes its sockets first: whoever heard of its end that way may come
// here before the kernel has dropped the lock.
constexpr auto kGoing = std::chrono::seconds(2);
constexpr auto kLookAgain = std::chrono::milliseconds(5);

// False with errno: it is not to be had.
bool locked(int fd) {
  const auto until = std::chrono::steady_clock::now() + kGoing;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return false;
    if (std::chrono::steady_clock::now() >= until) return errno = EWOULDBLOCK, false;
    std::this_thread::sleep_for(kLookAgain);
  }
  return true;
}

}  // namespace

Result<Lock> Lock::take(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    const int error = errno;
    const Fault fault = error == ENOSPC || error == EDQUOT ? Fault::exhausted
                        : error == ENOENT                  ? Fault::missing
                                                           : Fault::refused;
    return fail(fault,
                "the state folder {} cannot be written: {}; the agent's user must own it, and its "
                "disk must be mounted for writing",
                folder, strerror(error));
  }
  Lock lock(fd);
  if (!locked(fd)) {
    const int error = errno;
    if (error != EWOULDBLOCK) {
      return fail(Fault::unavailable, "{} cannot be locked: {}", path, strerror(error));
    }
    char text[32] = {};
    const ssize_t size = ::pread(fd, text, sizeof text - 1, 0);
    const std::string pid(text, size > 0 ? static_cast<std::size_t>(size) : 0);
    return fail(Fault::conflict,
                "another agent (pid {}) uses this state folder ({}); stop it with `slipway agent "
                "stop`, or name another folder with --state",
                pid.substr(0, pid.find('\n')), folder);
  }
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    // The lock holds all the same; only the message of a second agent lacks the number.
  }
  return lock;
}

Lock::~Lock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace slipway::journal
