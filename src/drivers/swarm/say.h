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

docker::Call ask_node();
docker::Call create_service(const docker::Birth&, const std::string& name, const std::string& node,
                            const std::vector<Given>&);
docker::Call inspect_service(const std::string& name);
docker::Call remove_service(const std::string& name);
docker::Call tasks_of(const std::string& service);
docker::Call list_services(const std::string& agent);
docker::Call create_secret(const docker::Birth&, const std::string& service,
                           const std::string& name, const std::string& value);
docker::Call secrets_of_service(const std::string& service);
docker::Call secrets_of_agent(const std::string& agent);
docker::Call remove_secret(const std::string& id);

}  // namespace slipway::swarm
