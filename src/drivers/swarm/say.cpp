#include "drivers/swarm/say.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/digest.h"
#include "drivers/docker/parts.h"

namespace slipway::swarm {
namespace json = boost::json;
using docker::Birth;
using docker::Call;
using docker::filter;

namespace {

constexpr std::size_t kLongestName = 63, kHashed = 12;

std::string hash_of(const std::string& text, std::size_t digits) {
  Sha256 hash;
  hash.update(text);
  return hash.hex().substr(0, digits);
}

std::string base64(const std::string& bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int length = ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                       reinterpret_cast<const unsigned char*>(bytes.data()),
                                       static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

std::string condition_of(const std::string& restart) {
  if (restart.empty()) return "none";
  return restart == "on-failure" ? restart : "any";
}

json::object container_of(const Birth& birth, const std::vector<Given>& secrets) {
  const InstanceSpec& spec = birth.start.spec;
  json::object out{{"Image", birth.image_id},
                   {"Labels", labels_of(birth)},
                   {"Env", variables_of(birth)},
                   {"StopSignal", std::to_string(spec.stop_signal)},
                   {"StopGracePeriod", std::chrono::nanoseconds(spec.drain).count()},
                   {"Healthcheck", health_of(birth)},
                   {"ReadOnly", spec.container.read_only},
                   {"Init", spec.container.init}};
  if (!spec.argv.empty()) out["Args"] = docker::words_of(spec.argv);
  if (!spec.container.user.empty()) out["User"] = spec.container.user;
  json::array files;
  for (const Given& secret : secrets)
    files.push_back(json::object{
        {"SecretID", secret.id},
        {"SecretName",
         secret_name(service_name(birth.agent, birth.site, birth.start.instance), secret.name)},
        {"File", json::object{{"Name", secret.name}, {"UID", "0"}, {"GID", "0"}, {"Mode", 0444}}}});
  if (!files.empty()) out["Secrets"] = std::move(files);
  return out;
}

json::object task_of(const Birth& birth, const std::string& node,
                     const std::vector<Given>& secrets) {
  const Container& c = birth.start.spec.container;
  json::object limits;
  if (c.milli_cpus > 0) limits["NanoCPUs"] = c.milli_cpus * 1'000'000;
  if (c.memory > 0) limits["MemoryBytes"] = c.memory;
  json::object out{{"ContainerSpec", container_of(birth, secrets)},
                   {"Resources", json::object{{"Limits", std::move(limits)}}},
                   {"RestartPolicy", json::object{{"Condition", condition_of(c.restart)}}},
                   {"Placement", json::object{{"Constraints", json::array{"node.id==" + node}}}}};
  if (!c.network.empty()) out["Networks"] = json::array{json::object{{"Target", c.network}}};
  return out;
}

}  // namespace

std::string service_name(const std::string& agent, const SiteId& site, std::uint32_t instance) {
  const std::string wanted = docker::container_name(agent, site, instance);
  std::string name = wanted;
  std::ranges::replace(name, '.', '-');
  if (name == wanted && name.size() <= kLongestName) return name;
  return name.substr(0, kLongestName - kHashed - 1) + "-" + hash_of(wanted, kHashed);
}

std::string secret_name(const std::string& service, const std::string& secret) {
  return "slipway-" + hash_of(service + "/" + secret, 40);
}

Call ask_node() { return {.path = "/info"}; }

Call create_service(const Birth& birth, const std::string& name, const std::string& node,
                    const std::vector<Given>& secrets) {
  json::object labels = labels_of(birth);
  labels[kImage] = birth.image_id;
  const json::object port{{"Protocol", "tcp"},
                          {"TargetPort", birth.start.spec.container.port},
                          {"PublishedPort", birth.port},
                          {"PublishMode", "host"}};
  const json::object body{{"Name", name},
                          {"Labels", std::move(labels)},
                          {"TaskTemplate", task_of(birth, node, secrets)},
                          {"Mode", json::object{{"Replicated", json::object{{"Replicas", 1}}}}},
                          {"EndpointSpec", json::object{{"Ports", json::array{port}}}}};
  return {.method = "POST", .path = "/services/create", .body = json::serialize(body)};
}

Call inspect_service(const std::string& name) { return {.path = "/services/" + name}; }

Call remove_service(const std::string& name) {
  return {.method = "DELETE", .path = "/services/" + name};
}

Call tasks_of(const std::string& service) {
  return {.path = "/tasks", .query = {{"filters", filter("service", service)}}};
}

Call list_services(const std::string& agent) {
  return {.path = "/services",
          .query = {{"filters", filter("label", fmt::format("{}={}", docker::kAgent, agent))}}};
}

Call create_secret(const Birth& birth, const std::string& service, const std::string& name,
                   const std::string& value) {
  json::object labels = labels_of(birth);
  labels[kOf] = service;
  const json::object body{
      {"Name", secret_name(service, name)}, {"Labels", std::move(labels)}, {"Data", base64(value)}};
  return {.method = "POST", .path = "/secrets/create", .body = json::serialize(body)};
}

Call secrets_of_service(const std::string& service) {
  return {.path = "/secrets",
          .query = {{"filters", filter("label", fmt::format("{}={}", kOf, service))}}};
}

Call secrets_of_agent(const std::string& agent) {
  return {.path = "/secrets",
          .query = {{"filters", filter("label", fmt::format("{}={}", docker::kAgent, agent))}}};
}

Call remove_secret(const std::string& id) { return {.method = "DELETE", .path = "/secrets/" + id}; }

}  // namespace slipway::swarm
