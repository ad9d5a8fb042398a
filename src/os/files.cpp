#include "os/files.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>

#include "base/check.h"
#include "base/digest.h"

namespace slipway::os {
namespace fs = std::filesystem;

namespace {

Fault fault_of(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return Fault::missing;
    case EACCES:
    case EPERM:
    case EROFS:
      return Fault::refused;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return Fault::exhausted;
    default:
      return Fault::unavailable;
  }
}

std::unexpected<Error> failed(const char* act, const fs::path& path, int error) {
  return fail(fault_of(error), "cannot {} {}: {}", act, path.string(), std::strerror(error));
}

bool writable_folder(const fs::path& path) {
  std::error_code ignored;
  fs::create_directory(path, ignored);
  struct stat info{};
  return ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == ::geteuid() &&
         ::access(path.c_str(), W_OK | X_OK) == 0;
}

}  // namespace

void Fd::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

Result<std::string> read_file(const fs::path& path, std::size_t limit) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return failed("read", path, errno);
  std::string bytes;
  char buffer[64 * 1024];
  for (;;) {
    ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed("read", path, errno);
    if (n == 0) return bytes;
    if (bytes.size() + static_cast<std::size_t>(n) > limit) {
      return fail(Fault::exhausted, "{} is longer than {} bytes", path.string(), limit);
    }
    bytes.append(buffer, static_cast<std::size_t>(n));
  }
}

namespace {

Result<> replace(const fs::path& path, std::string_view bytes, int mode, bool sync) {
  std::string temporary = path.string() + ".XXXXXX";
  Fd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd) return failed("write", path, errno);
  auto give_up = [&](int error) {
    ::unlink(temporary.c_str());
    return failed("write", path, error);
  };
  while (!bytes.empty()) {
    ssize_t n = ::write(fd.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return give_up(n < 0 ? errno : ENOSPC);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  if (::fchmod(fd.get(), static_cast<mode_t>(mode)) != 0) return give_up(errno);
  if (sync && ::fdatasync(fd.get()) != 0) return give_up(errno);
  if (::rename(temporary.c_str(), path.c_str()) != 0) return give_up(errno);
  return {};
}

}  // namespace

Result<> write_file(const fs::path& path, std::string_view bytes, int mode) {
  return replace(path, bytes, mode, true);
}

Result<> swap_file(const fs::path& path, std::string_view bytes, int mode) {
  return replace(path, bytes, mode, false);
}

Result<> make_folder(const fs::path& path, int mode) {
  std::error_code error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  if (::mkdir(path.c_str(), static_cast<mode_t>(mode)) == 0) return {};
  int reason = errno;
  if (reason == EEXIST && fs::is_directory(path, error)) return {};
  return failed("make the folder", path, reason);
}

std::vector<std::string> last_lines(const std::vector<fs::path>& files, std::size_t lines) {
  constexpr std::streamoff kFromEnd = 64 * 1024;
  std::deque<std::string> kept;
  for (const fs::path& path : files) {
    std::ifstream in(path, std::ios::binary);
    if (!in) continue;
    in.seekg(0, std::ios::end);
    std::streamoff size = in.tellg();
    in.seekg(std::max<std::streamoff>(0, size - kFromEnd));
    std::string line;
    if (size > kFromEnd) std::getline(in, line);  // most likely cut
    while (std::getline(in, line)) {
      if (!line.empty() && line.back() == '\r') line.pop_back();
      kept.push_back(std::move(line));
      if (kept.size() > lines) kept.pop_front();
    }
  }
  return {kept.begin(), kept.end()};
}

Result<fs::path> runtime_dir(const fs::path& state) {
  std::error_code ignored;
  fs::path whole = fs::weakly_canonical(fs::absolute(state), ignored);
  std::string name = sha256_hex(whole.string()).substr(0, 16);
  std::vector<fs::path> places;
  // systemd's, of a service that asked for one: "/run/slipway", the first of several.
  if (const char* given = std::getenv("RUNTIME_DIRECTORY"); given != nullptr && *given == '/')
    places.emplace_back(std::string(given).substr(0, std::string_view(given).find(':')));
  if (::geteuid() == 0) places.emplace_back("/run/slipway");
  places.emplace_back(fmt::format("/run/user/{}/slipway", ::geteuid()));
  places.emplace_back(fmt::format("/dev/shm/slipway-{}", ::geteuid()));
  places.emplace_back(fmt::format("/tmp/slipway-{}", ::geteuid()));
  for (const fs::path& place : places) {
    if (!writable_folder(place)) continue;
    // Our own parts are for the owner alone, whoever made the place above.
    fs::path mine = place / name;
    if (!make_folder(mine) || !writable_folder(mine)) continue;
    if (::chmod(mine.c_str(), 0700) == 0) return mine;
  }
  return fail(Fault::refused,
              "no folder for sockets: none of /run/slipway, /run/user/{0}/slipway, "
              "/dev/shm/slipway-{0}, /tmp/slipway-{0} can be written; make one of them",
              ::geteuid());
}

TempDir::TempDir() {
  std::string name = (fs::temp_directory_path() / "slipway-XXXXXX").string();
  CHECK(::mkdtemp(name.data()) != nullptr, "{}: {}", name, std::strerror(errno));
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace slipway::os
