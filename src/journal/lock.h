// One process at a time on a state folder: an advisory lock on a file beside the journal, with the
// holder's process id in it for the message. The kernel drops it when the holder dies.
#pragma once

#include <string>

#include "base/result.h"

namespace slipway::journal {

class Lock {
 public:
  // Waits up to 2 s for a holder that may be dying. conflict: another process has it, named by its
  // pid; refused: the folder cannot be written; exhausted: its disk is full.
  static Result<Lock> take(const std::string& path);
  Lock(Lock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Lock& operator=(Lock&&) = delete;
  ~Lock();

 private:
  explicit Lock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace slipway::journal
