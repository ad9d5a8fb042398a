// The output that is kept of instances that are gone:
// STATE/logs/SERVICE@ENVIRONMENT/iN-VERSION.log.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "contract/command.h"

namespace slipway::platform {

// A name as one part of a path: what could lead elsewhere is written as %XX.
std::string path_part(const std::string& name);
std::string site_part(const SiteId&);  // SERVICE@ENVIRONMENT

class KeptOutput {
 public:
  explicit KeptOutput(std::filesystem::path state) : state_(std::move(state)) {}

  std::filesystem::path folder(const SiteId&) const;
  // Moves a file there (the newest 100 of a site stay); one that is empty or missing is nothing.
  Result<> keep(const SiteId&, std::uint32_t instance, const std::string& version,
                const std::filesystem::path& output) const;
  // Of one instance, oldest first.
  std::vector<std::filesystem::path> of(const SiteId&, std::uint32_t instance) const;

 private:
  std::filesystem::path state_;
};

}  // namespace slipway::platform
