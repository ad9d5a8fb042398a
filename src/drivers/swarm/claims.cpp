#include "drivers/swarm/claims.h"

#include <fmt/format.h>

#include <sstream>

#include "os/files.h"

namespace slipway::swarm {

Claims::Claims(std::filesystem::path file) : file_(std::move(file)) {
  if (file_.empty()) return;
  const auto bytes = os::read_file(file_);
  std::istringstream lines(bytes ? *bytes : std::string());
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    Claim claim;
    std::string container;
    words >> claim.name >> claim.service >> claim.instance >> claim.slot >> claim.task >>
        container >> claim.key >> claim.port;
    if (!words) continue;
    if (container != "-") claim.container = container;
    claims_[claim.name] = claim;
  }
}

std::optional<Claim> Claims::find(const std::string& name) const {
  std::lock_guard lock(mutex_);
  const auto found = claims_.find(name);
  return found == claims_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<Claim> Claims::of(const std::string& service) const {
  std::lock_guard lock(mutex_);
  std::vector<Claim> out;
  for (const auto& [name, claim] : claims_) {
    if (claim.service == service) out.push_back(claim);
  }
  return out;
}

Result<> Claims::keep(const Claim& claim) {
  std::lock_guard lock(mutex_);
  Claim& kept = claims_[claim.name];
  if (kept == claim) return {};
  kept = claim;
  return write();
}

Result<> Claims::forget(const std::string& name) {
  std::lock_guard lock(mutex_);
  return claims_.erase(name) == 0 ? Result<>() : write();
}

std::mutex& Claims::alone(const std::string& service) {
  std::lock_guard lock(mutex_);
  return alone_[service];
}

Result<> Claims::write() const {
  if (file_.empty()) return {};
  std::string text;
  for (const auto& [name, c] : claims_)
    text += fmt::format("{} {} {} {} {} {} {} {}\n", name, c.service, c.instance, c.slot, c.task,
                        c.container.empty() ? "-" : c.container, c.key, c.port);
  TRY(os::make_folder(file_.parent_path()));
  return os::swap_file(file_, text);
}

}  // namespace slipway::swarm
