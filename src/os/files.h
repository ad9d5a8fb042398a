// Files as whole values: read at once, written by rename, folders, and the digest of a tree.
// Decides nothing about what the bytes mean.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace slipway::os {

// The whole file; Fault::missing when there is none, Fault::exhausted when longer than `limit`
// bytes.
Result<std::string> read_file(const std::filesystem::path&, std::size_t limit = 64 << 20);

// Written beside, synced, renamed: readers see the old bytes or the new ones. `mode` as of open(2).
Result<> write_file(const std::filesystem::path&, std::string_view bytes, int mode = 0600);
// The same without waiting for the disk: for what a reboot may lose.
Result<> swap_file(const std::filesystem::path&, std::string_view bytes, int mode = 0600);

// The folder and its parents, the last one with `mode`; one that is there is left as it is.
Result<> make_folder(const std::filesystem::path&, int mode = 0700);

// The last `lines` lines of files that follow one another (oldest first), without line ends; reads
// at most 64 KiB from the end of each.
std::vector<std::string> last_lines(const std::vector<std::filesystem::path>&, std::size_t lines);

// SHA-256 over the sorted tree: of each entry its path relative to `root`, whether it may be
// executed, size and content; of a symbolic link its target. Times and owners do not count. A root
// that is a file is a tree of one. "sha256:" + 64 hex digits. Fault::missing: no such root.
Result<std::string> tree_digest(const std::filesystem::path& root);

// Changes whenever a file of the tree may have (names, sizes, modes, inodes, change times): cheap
// to ask before tree_digest is computed anew. `settled`: the newest change is more than 2 s old, so
// that a later one cannot hide in the same tick of the file system's clock.
struct TreeMark {
  std::string mark;
  bool settled = false;
};
Result<TreeMark> tree_mark(const std::filesystem::path& root);

// Where sockets and rows of this state folder live, on memory when there is any: what systemd gave
// a service as RUNTIME_DIRECTORY, /run/slipway for root, /run/user/UID/slipway, else a folder of
// our own in /dev/shm or /tmp; within it one of mode 0700 named by a hash of the state folder's
// path. Made when missing.
Result<std::filesystem::path> runtime_dir(const std::filesystem::path& state);

// A folder that is removed with all its content when this ends.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// An open descriptor, closed at the end of its life; -1: none.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { reset(); }
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

// The soft limit of open files becomes the hard one: an agent watches hundreds of processes.
void raise_file_limit();

}  // namespace slipway::os
