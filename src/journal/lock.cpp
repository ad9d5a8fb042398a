#include "journal/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace slipway::journal {

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
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    if (error != EWOULDBLOCK) {
      return fail(Fault::unavailable, "{} cannot be locked: {}", path, strerror(error));
    }
    char text[32] = {};
    const ssize_t size = ::pread(fd, text, sizeof text - 1, 0);
    const std::string pid(text, size > 0 ? static_cast<std::size_t>(size) : 0);
    return fail(Fault::conflict,
                "another agent (pid {}) uses this state folder ({}); stop it with `slipway agent "
                "stop`, or choose another folder",
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
