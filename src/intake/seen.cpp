#include "intake/seen.h"

#include "plan/spec.h"

namespace slipway::intake {

Look look_for(const config::Effective& effective, const std::string& version) {
  Release release{.service = effective.service, .version = version, .digest = "", .commit = ""};
  InstanceSpec spec = plan::instance_spec(effective, release);
  return {.artifact = spec.artifact, .argv = spec.argv, .shell = spec.shell, .directory = spec.directory};
}

}  // namespace slipway::intake
