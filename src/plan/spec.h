// What the configuration says about running one release: its instances, its route, its artifact,
// its tests. Placeholders of the deployment are filled here; ${port} and ${instance} stay.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "plan/plan.h"

namespace slipway::plan {

// The path the release's digest is taken of (interface page, section 2.1), filled; empty when it
// cannot be told from `run`: then a notice asks for `artifact`.
std::string artifact_of(const config::Effective&, const Release&);

InstanceSpec instance_spec(const config::Effective&, const Release&);

// What is to be built so that a release has an image: its name, and of what.
struct ImageBuild {
  std::string image, service, version;
  std::string context, dockerfile, target;  // context and dockerfile absolute
  std::vector<std::pair<std::string, std::string>> args;
  std::vector<std::string> cache_from;
  int keep = 0;  // images of the newest builds that stay; 0: all
  bool operator==(const ImageBuild&) const = default;
};
ImageBuild image_build(const config::Effective&, const Release&);
// The engine of a platform that runs containers.
Where engine_of(const config::Effective&);

// `capacity`: the most instances that one version may have.
RouteSpec route_spec(const config::Effective&, int capacity);

std::vector<SmokeTest> smoke_tests(const config::Effective&, const Release&);

// A number or a percentage of `replicas`, rounded up or down; nothing when it is neither.
std::optional<int> share_of(const std::string& written, int replicas, bool up);

}  // namespace slipway::plan
