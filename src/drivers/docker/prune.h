// Images of releases that nobody needs any more: which ones, and their removal.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "drivers/docker/hear.h"
#include "plan/spec.h"

namespace slipway::docker {

struct Stored {  // an image on the engine
  std::string id;
  std::vector<std::string> names, digests;  // "web:v2"; "web@sha256:…"
  std::int64_t created = 0;
  bool operator==(const Stored&) const = default;
};
Result<std::vector<Stored>> hear_images(const Reply&);

// Names to take away, oldest image first. The newest `keep` of a repository stay, and so does every
// image that is needed: by its version or by a digest.
std::vector<std::string> unneeded(std::vector<Stored>, const std::string& repository, int keep,
                                  const std::set<std::string>& needed);

// Takes them away from the engine, of those alone that `slipway build` made for this service; a
// sentence for each. One that any container has is never taken away: the engine refuses it.
Result<std::vector<std::string>> prune(const Where&, const plan::ImageBuild&,
                                       const std::set<std::string>& needed);

}  // namespace slipway::docker
