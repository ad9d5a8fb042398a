// Looks at a release on disk: its digest, and whether its program could be started.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "contract/command.h"
#include "os/files.h"

namespace slipway::local {

struct Trouble {
  std::string problem;  // one sentence with the path
  std::string hint;     // the remedy
};

// Why this could not be started; nothing when it most likely can. `path` is the PATH to search.
std::optional<Trouble> trouble_with(const std::vector<std::string>& argv, bool shell,
                                    const std::string& directory, const std::string& path);

// Digests of artifacts, computed again only when a file of the tree may have changed.
class Releases {
 public:
  Result<std::string> digest(const std::string& artifact, const std::string& directory);
  World look(const Look&, const std::string& path);
  // Fault::refused when the release is not what was planned; Fault::missing when it is gone.
  Result<> check(const InstanceSpec&, const std::string& version);

 private:
  struct Known {
    std::string mark, digest;
  };
  std::mutex mutex_;
  std::map<std::string, Known> known_;
};

}  // namespace slipway::local
