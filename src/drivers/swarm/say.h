// What is asked of a Swarm's manager, besides what every engine is asked. One service is one
// instance: a task on the engine's own node, with a port of that node, which needs no routing mesh.
// Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "drivers/docker/say.h"

namespace slipway::swarm {

// Beside the labels of every form: the image of the service as it was made, to tell whether
// somebody changed it; and of which service a secret is.
inline constexpr const char* kImage = "slipway.image";
inline constexpr const char* kOf = "slipway.of";

// At most 63 of what a name may hold, and no two instances' are the same.
std::string service_name(const std::string& agent, const SiteId&, std::uint32_t instance);
std::string secret_name(const std::string& service, const std::string& secret);

// A secret as it is known to the Swarm.
struct Given {
  std::string name;  // of the file in /run/secrets
  std::string id;
};

// One service whose tasks are all instances of a site, which the swarm rolls. A task is published
// on any port, so that two versions of it can stand on one node; it is let go with a signal that no
// program minds, and has the time to be drained before it is ended by who watches.
inline constexpr const char* kReleased = "slipway.released";
std::string rolled_name(const std::string& agent, const SiteId&);
// Secrets of two releases of a service are there side by side.
std::string secret_scope(const docker::Birth&, const std::string& service);
struct Rolling {
  int replicas = 1;
  int released = 1;  // of them, of the service's own release
  int at_once = 1;
  bool last = true;  // no old ones are left afterwards: there is nothing to wait for
  std::string failure_action = "pause";
};
docker::Call create_rolled(const docker::Birth&, const std::string& name, const std::string& node,
                           const std::vector<Given>&);
// The service is to be another release, begun with so many tasks.
docker::Call roll(const docker::Birth&, const std::string& name, const std::string& node,
                  const std::vector<Given>&, std::uint64_t index, const Rolling&);
// The same release goes on: `spec` is the service's own, as it was heard.
docker::Call go_on(const std::string& name, const std::string& spec, std::uint64_t index,
                   const Rolling&);

docker::Call ask_node();
docker::Call create_service(const docker::Birth&, const std::string& name, const std::string& node,
                            const std::vector<Given>&);
docker::Call inspect_service(const std::string& name);
docker::Call remove_service(const std::string& name);
docker::Call tasks_of(const std::string& service);
docker::Call list_services(const std::string& agent);
docker::Call create_secret(const docker::Birth&, const std::string& service,
                           const std::string& secret_name, const std::string& value);
docker::Call secrets_of_service(const std::string& service);
docker::Call secrets_of_agent(const std::string& agent);
docker::Call remove_secret(const std::string& id);

}  // namespace slipway::swarm
