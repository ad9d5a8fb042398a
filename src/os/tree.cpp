// The digest of a release: what counts is what would run, not when it was copied.
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>

#include "base/digest.h"
#include "os/files.h"

namespace slipway::os {
namespace fs = std::filesystem;

namespace {

// All files, links and folders below `root` by their relative path in byte order.
Result<std::vector<std::string>> entries_of(const fs::path& root) {
  std::vector<std::string> names;
  std::error_code error;
  fs::file_status status = fs::status(root, error);
  if (!fs::exists(status)) {
    return fail(Fault::missing, "{}: no such file or folder", root.string());
  }
  if (!fs::is_directory(status)) return std::vector<std::string>{""};
  fs::recursive_directory_iterator at(root, error), end;
  while (!error && at != end) {
    names.push_back(at->path().lexically_relative(root).generic_string());
    at.increment(error);
  }
  if (error) return fail(Fault::refused, "cannot read {}: {}", root.string(), error.message());
  std::ranges::sort(names);
  return names;
}

fs::path entry_path(const fs::path& root, const std::string& name) {
  return name.empty() ? root : root / name;
}

// Follows the link only when the root itself is one: what it points to is the release then.
Result<struct stat> look_at(const fs::path& path, bool follow) {
  struct stat info{};
  if ((follow ? ::stat(path.c_str(), &info) : ::lstat(path.c_str(), &info)) != 0) {
    return fail(errno == ENOENT ? Fault::missing : Fault::refused, "cannot read {}: {}",
                path.string(), std::strerror(errno));
  }
  return info;
}

// Each part with its length in front, so that no two trees give the same bytes.
void add(Sha256& hash, std::string_view part) {
  hash.update(fmt::format("{}:", part.size()));
  hash.update(part);
}

Result<> add_content(Sha256& hash, const fs::path& path, off_t size) {
  hash.update(fmt::format("{}:", size));
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(Fault::refused, "cannot read {}: {}", path.string(), std::strerror(errno));
  std::string buffer(static_cast<std::size_t>(std::clamp<off_t>(size, 1, 256 * 1024)), '\0');
  off_t read = 0;
  while (in.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || in.gcount() > 0) {
    read += in.gcount();
    hash.update(std::string_view(buffer.data(), static_cast<std::size_t>(in.gcount())));
  }
  if (read != size) {
    return fail(Fault::conflict, "{} changed while it was read; try again", path.string());
  }
  return {};
}

}  // namespace

Result<std::string> tree_digest(const fs::path& root) {
  Sha256 hash;
  for (const std::string& name : TRY(entries_of(root))) {
    fs::path path = entry_path(root, name);
    struct stat info = TRY(look_at(path, name.empty()));
    if (S_ISLNK(info.st_mode)) {
      std::error_code error;
      add(hash, "link");
      add(hash, name);
      add(hash, fs::read_symlink(path, error).string());
      if (error) return fail(Fault::refused, "cannot read {}: {}", path.string(), error.message());
    } else if (S_ISREG(info.st_mode)) {
      add(hash, info.st_mode & S_IXUSR ? "program" : "file");
      add(hash, name);
      auto added = add_content(hash, path, info.st_size);
      if (!added) return std::unexpected(added.error());
    } else if (S_ISDIR(info.st_mode)) {
      add(hash, "folder");
      add(hash, name);
    } else {
      return fail(Fault::invalid, "{} is neither file, folder nor link; a release holds only these",
                  path.string());
    }
  }
  return "sha256:" + hash.hex();
}

Result<TreeMark> tree_mark(const fs::path& root) {
  Sha256 hash;
  std::int64_t newest = 0;
  for (const std::string& name : TRY(entries_of(root))) {
    struct stat info = TRY(look_at(entry_path(root, name), name.empty()));
    std::int64_t changed = info.st_ctim.tv_sec * 1'000'000'000LL + info.st_ctim.tv_nsec;
    newest = std::max(newest, changed);
    add(hash, name);
    hash.update(fmt::format("{} {} {} {} {};", info.st_mode, info.st_size, info.st_ino, info.st_dev,
                            changed));
  }
  auto now = std::chrono::system_clock::now().time_since_epoch();
  std::int64_t now_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
  return TreeMark{hash.hex(), now_ns - newest > 2'000'000'000LL};
}

}  // namespace slipway::os
