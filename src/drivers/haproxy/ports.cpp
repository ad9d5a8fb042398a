#include "drivers/haproxy/ports.h"

#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <set>
#include <sstream>

#include "os/files.h"

namespace slipway::haproxy {
namespace {
namespace fs = std::filesystem;

// Sockets that listen on this port: /proc/net/tcp has "sl local remote state … inode" (proc(5)).
void add_inodes(const char* table, unsigned port, std::set<std::string>& inodes) {
  const auto text = os::read_file(table);
  if (!text) return;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string index, local, remote, state, skip, inode;
    words >> index >> local >> remote >> state;
    for (int i = 0; i < 5; ++i) words >> skip;
    words >> inode;
    const auto colon = local.rfind(':');
    if (state != "0A" || colon == std::string::npos) continue;
    unsigned number = 0;
    std::from_chars(local.data() + colon + 1, local.data() + local.size(), number, 16);
    if (number == port) inodes.insert("socket:[" + inode + "]");
  }
}

}  // namespace

std::string who_listens(const std::string& address) {
  unsigned port = 0;
  const auto colon = address.rfind(':');
  if (colon == std::string::npos) return {};
  std::from_chars(address.data() + colon + 1, address.data() + address.size(), port);
  std::set<std::string> inodes;
  add_inodes("/proc/net/tcp", port, inodes);
  add_inodes("/proc/net/tcp6", port, inodes);
  if (inodes.empty()) return {};
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const std::string pid = entry.path().filename();
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    std::error_code denied;
    for (fs::directory_iterator fd(entry.path() / "fd", denied), end; !denied && fd != end;
         fd.increment(denied)) {
      std::error_code gone;
      const auto target = fs::read_symlink(fd->path(), gone);
      if (gone || !inodes.contains(target.string())) continue;
      auto name = os::read_file(entry.path() / "comm", 64).value_or("a process");
      while (!name.empty() && name.back() == '\n') name.pop_back();
      return name + ", pid " + pid;
    }
  }
  return {};
}

}  // namespace slipway::haproxy
