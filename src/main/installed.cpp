#include "main/installed.h"

#include <cstdlib>
#include <string>
#include <string_view>

#include "observe/log.h"

namespace slipway {

namespace fs = std::filesystem;

void link_installed_socket(const fs::path& state) {
  const char* given = std::getenv("RUNTIME_DIRECTORY");
  if (given == nullptr || *given != '/') return;
  const fs::path folder = std::string(given).substr(0, std::string_view(given).find(':'));
  const fs::path link = folder / "agent.sock", fresh = folder / "agent.sock.new";
  std::error_code error;
  fs::remove(fresh, error);
  fs::create_symlink(state / "agent.sock", fresh, error);
  if (!error) fs::rename(fresh, link, error);
  if (error)
    log_line("warning", "commands will not find this service by themselves: " + error.message(),
             {{"path", link.string()}});
}

}  // namespace slipway
