#include "drivers/haproxy/rows.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

namespace slipway::haproxy {
namespace {

constexpr std::size_t kChunk = 256 * 1024;
constexpr std::uint64_t kPage = 4096;

}  // namespace

RowFile::RowFile(std::string path) : path_(std::move(path)) {}
RowFile::~RowFile() {
  if (fd_ >= 0) ::close(fd_);
}

std::uint64_t RowFile::inode() const {
  struct stat named{};
  return ::stat(path_.c_str(), &named) == 0 ? named.st_ino : open_inode();
}

std::uint64_t RowFile::open_inode() const {
  struct stat info{};
  return fd_ >= 0 && ::fstat(fd_, &info) == 0 ? info.st_ino : 0;
}

std::uint64_t RowFile::size() const {
  struct stat info{};
  return fd_ >= 0 && ::fstat(fd_, &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

// True when the path names another file than the one that is open.
bool RowFile::reopen() {
  struct stat named{};
  if (::stat(path_.c_str(), &named) != 0 || (fd_ >= 0 && named.st_ino == open_inode()))
    return false;
  const int fd = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return false;
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
  freed_ = 0;
  return true;
}

Result<std::uint64_t> RowFile::read(
    std::uint64_t offset,
    const std::function<void(std::string_view line, std::uint64_t end)>& line) {
  const bool replaced = fd_ >= 0;
  if (reopen() && replaced) offset = 0;
  if (fd_ < 0) return fail(Fault::missing, "{}: there are no rows yet", path_);
  const std::uint64_t end = size();
  if (offset > end) offset = 0;  // another file than the one the offset belongs to
  std::uint64_t lines = 0;
  while (offset < end) {
    // What was freed reads as zeros: go on where there is data. A line that was cut by the hole is
    // not whole any more.
    const off_t data = ::lseek(fd_, static_cast<off_t>(offset), SEEK_DATA);
    if (data < 0) break;
    if (static_cast<std::uint64_t>(data) > offset) offset = static_cast<std::uint64_t>(data);
    buffer_.resize(std::min<std::uint64_t>(kChunk, end - offset));
    const ssize_t n = ::pread(fd_, buffer_.data(), buffer_.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(Fault::unavailable, "cannot read {}: {}", path_, std::strerror(errno));
    std::string_view rest(buffer_.data(), static_cast<std::size_t>(n));
    const auto last = rest.rfind('\n');
    if (last == std::string_view::npos) break;  // a row is one write: the rest is still to come
    rest = rest.substr(0, last + 1);
    while (!rest.empty()) {
      const auto at = rest.find('\n');
      std::string_view one = rest.substr(0, at);
      offset += at + 1;
      rest.remove_prefix(at + 1);
      if (const auto zero = one.rfind('\0'); zero != std::string_view::npos)
        one.remove_prefix(zero + 1);
      line(one, offset);
      ++lines;
    }
  }
  return lines;
}

Result<> RowFile::free_before(std::uint64_t offset) {
  reopen();
  offset = std::min(offset, size()) / kPage * kPage;
  if (fd_ < 0 || offset <= freed_) return {};
  if (::fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(freed_),
                  static_cast<off_t>(offset - freed_)) != 0)
    return fail(Fault::unavailable, "cannot free rows of {}: {}", path_, std::strerror(errno));
  freed_ = offset;
  return {};
}

}  // namespace slipway::haproxy
