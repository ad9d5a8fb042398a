#include "drivers/local/release.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace slipway::local {
namespace fs = std::filesystem;

namespace {

constexpr const char* kBuild = "build it, or fix `run`";

std::string resolved(const std::string& path, const std::string& directory) {
  if (path.starts_with('/') || directory.empty()) return path;
  return (fs::path(directory) / path).string();
}

// The program of a shell line, when it is plain to see: `exec` and NAME=value are passed over.
std::string program_in(const std::string& line) {
  for (std::size_t at = 0; at < line.size();) {
    at = line.find_first_not_of(" \t\n", at);
    if (at == std::string::npos) return {};
    std::size_t end = std::min(line.size(), line.find_first_of(" \t\n", at));
    std::string word = line.substr(at, end - at);
    at = end;
    if (word.find_first_of("\"'`$\\;&|<>(){}*?[]~#") != std::string::npos) return {};
    if (word == "exec" || word.find('=') != std::string::npos) continue;
    return word.find('/') == std::string::npos ? std::string() : word;
  }
  return {};
}

std::string found_in(const std::string& name, const std::string& path) {
  for (std::size_t at = 0; at <= path.size();) {
    std::size_t end = std::min(path.size(), path.find(':', at));
    std::string candidate = path.substr(at, end - at) + "/" + name;
    at = end + 1;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

// "no such file (releases/v2/server)": the second only when it says more than the first.
std::string beside(const std::string& shown, const std::string& whole) {
  return shown == whole ? std::string() : fmt::format(" ({})", whole);
}

std::optional<Trouble> bad_format(const std::string& shown, const std::string& whole) {
  std::ifstream in(whole, std::ios::binary);
  std::string line;
  std::getline(in, line);
  if (!in && line.empty()) {
    return Trouble{fmt::format("cannot start {}: the file is empty or cannot be read{}", shown,
                               beside(shown, whole)),
                   kBuild};
  }
  if (line.starts_with("\177ELF")) return std::nullopt;
  if (!line.starts_with("#!")) {
    return Trouble{fmt::format("cannot start {}: it is neither a program nor a script that begins "
                               "with #!{}",
                               shown, beside(shown, whole)),
                   "begin the script with #!/bin/sh or the like, or name its interpreter in `run`"};
  }
  std::size_t from = line.find_first_not_of(" \t", 2);
  if (from == std::string::npos) from = line.size();
  std::string interpreter = line.substr(from, line.find_first_of(" \t\r", from) - from);
  if (!interpreter.empty() && ::access(interpreter.c_str(), X_OK) == 0) return std::nullopt;
  return Trouble{fmt::format("cannot start {}: its interpreter {} does not exist{}", shown,
                             interpreter, beside(shown, whole)),
                 "install the interpreter, or fix the first line of the script"};
}

}  // namespace

std::optional<Trouble> trouble_with(const std::vector<std::string>& argv, bool shell,
                                    const std::string& directory, const std::string& path) {
  if (argv.empty() || argv[0].empty()) return Trouble{"`run` names no program", "fill in `run`"};
  struct stat info{};
  if (!directory.empty() && (::stat(directory.c_str(), &info) != 0 || !S_ISDIR(info.st_mode))) {
    return Trouble{fmt::format("the folder {} to run in does not exist", directory),
                   "make it, or fix the path of the configuration"};
  }
  std::string shown = shell ? program_in(argv[0]) : argv[0];
  if (shown.empty()) return std::nullopt;
  if (shown.find('/') == std::string::npos) {
    if (!found_in(shown, path).empty()) return std::nullopt;
    return Trouble{fmt::format("cannot start {}: not found in PATH ({})", shown, path),
                   "install it, or fix `run`"};
  }
  if (shown.find("${") != std::string::npos) return std::nullopt;
  std::string whole = resolved(shown, directory);
  if (::stat(whole.c_str(), &info) != 0) {
    const char* cause = errno == ENOENT || errno == ENOTDIR ? "no such file" : std::strerror(errno);
    return Trouble{fmt::format("cannot start {}: {}{}", shown, cause, beside(shown, whole)),
                   kBuild};
  }
  if (!S_ISREG(info.st_mode)) {
    return Trouble{fmt::format("cannot start {}: not a file{}", shown, beside(shown, whole)),
                   kBuild};
  }
  if (::access(whole.c_str(), X_OK) != 0) {
    return Trouble{fmt::format("cannot start {}: not executable{}", shown, beside(shown, whole)),
                   fmt::format("chmod +x {}", whole)};
  }
  return bad_format(shown, whole);
}

Result<std::string> Releases::digest(const std::string& artifact, const std::string& directory) {
  std::string whole = resolved(artifact, directory);
  os::TreeMark mark = TRY(os::tree_mark(whole));
  {
    std::lock_guard lock(mutex_);
    auto known = known_.find(whole);
    if (known != known_.end() && known->second.mark == mark.mark) return known->second.digest;
  }
  std::string digest = TRY(os::tree_digest(whole));
  if (mark.settled) {
    std::lock_guard lock(mutex_);
    if (known_.size() > 256) known_.clear();
    known_[whole] = {mark.mark, digest};
  }
  return digest;
}

World Releases::look(const Look& look, const std::string& path) {
  World world;
  if (!look.artifact.empty()) {
    Result<std::string> digest = this->digest(look.artifact, look.directory);
    if (digest) {
      world.digest = *digest;
    } else {
      world.problem = "there is no release to run: " + digest.error().text;
      world.hint = "build it, or fix `artifact` and `run`";
      return world;
    }
  }
  if (auto trouble = trouble_with(look.argv, look.shell, look.directory, path)) {
    world.problem = trouble->problem;
    world.hint = trouble->hint;
  }
  world.checked = world.problem.empty();
  return world;
}

Result<> Releases::check(const InstanceSpec& spec, const std::string& version) {
  if (spec.artifact.empty() || spec.digest.empty()) return {};
  Result<std::string> digest = this->digest(spec.artifact, spec.directory);
  if (!digest) return fail(digest.error().fault, "release {}: {}", version, digest.error().text);
  if (*digest == spec.digest) return {};
  return fail(
      Fault::refused,
      "release {} changed on disk: {} is {} now and was {} when it was planned; restore it, "
      "or deploy the new content under a new version",
      version, spec.artifact, *digest, spec.digest);
}

}  // namespace slipway::local
