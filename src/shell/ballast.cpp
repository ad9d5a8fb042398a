#include "shell/ballast.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/limits.h"

namespace slipway::shell {

bool Ballast::there() const {
  struct stat about{};
  if (path_.empty()) return true;
  return ::stat(path_.c_str(), &about) == 0 &&
         static_cast<std::size_t>(about.st_blocks) * 512 >= limits::kBallastBytes;
}

Result<> Ballast::make() {
  if (there()) return {};
  std::error_code ignored;
  const auto space = std::filesystem::space(std::filesystem::path(path_).parent_path(), ignored);
  if (!ignored && space.available < 2 * limits::kBallastBytes) {
    return fail(Fault::exhausted, "the disk of {} has less than {} MiB left; free some space",
                path_, 2 * limits::kBallastBytes >> 20);
  }
  const int fd = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  const int error =
      fd < 0 ? errno : ::posix_fallocate(fd, 0, static_cast<off_t>(limits::kBallastBytes));
  if (fd >= 0) ::close(fd);
  if (error == 0) return {};
  if (fd >= 0) drop();
  const bool full = error == ENOSPC || error == EDQUOT;
  return fail(full ? Fault::exhausted : Fault::refused, "{} cannot be made: {}; {}", path_,
              strerror(error), full ? "free some space" : "the agent's user must own the folder");
}

void Ballast::drop() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

}  // namespace slipway::shell
