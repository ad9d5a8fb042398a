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

// So long an update waits for a word before its next batch.
constexpr Duration kHeld = std::chrono::hours(24 * 7);
// A task that fails so soon after its start is a failure of the update.
constexpr Duration kMonitored = std::chrono::seconds(30);
// Beyond the start and the drains: for the traffic to be told, and smoke tests.
constexpr Duration kLetGo = std::chrono::minutes(10);
constexpr Duration kRestarts = std::chrono::seconds(2);

std::int64_t nanos(Duration d) { return std::chrono::nanoseconds(d).count(); }

json::object container_of(const Birth& birth, const std::string& service,
                          const std::vector<Given>& secrets) {
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
        {"SecretName", secret_name(service, secret.name)},
        {"File", json::object{{"Name", secret.name}, {"UID", "0"}, {"GID", "0"}, {"Mode", 0444}}}});
  if (!files.empty()) out["Secrets"] = std::move(files);
  return out;
}

json::object task_of(const Birth& birth, const std::string& service, const std::string& node,
                     const std::vector<Given>& secrets) {
  const Container& c = birth.start.spec->container;
  json::object limits;
  if (c.milli_cpus > 0) limits["NanoCPUs"] = c.milli_cpus * 1'000'000;
  if (c.memory > 0) limits["MemoryBytes"] = c.memory;
  json::object out{{"ContainerSpec", container_of(birth, service, secrets)},
                   {"Resources", json::object{{"Limits", std::move(limits)}}},
                   {"RestartPolicy", json::object{{"Condition", condition_of(c.restart)}}},
                   {"Placement", json::object{{"Constraints", json::array{"node.id==" + node}}}}};
  if (!c.network.empty()) out["Networks"] = json::array{json::object{{"Target", c.network}}};
  return out;
}

json::object shared_labels(const Birth& birth) {
  json::object labels = labels_of(birth);
  labels.erase(docker::kInstance);  // alike for all
  return labels;
}

json::object rolled_task(const Birth& birth, const std::string& service, const std::string& node,
                         const std::vector<Given>& secrets) {
  const InstanceSpec& spec = birth.start.spec;
  json::object task = task_of(birth, secret_scope(birth, service), node, secrets);
  json::object& container = task["ContainerSpec"].as_object();
  container["Labels"] = shared_labels(birth);
  container["Labels"].as_object()[kImage] = birth.image_id;
  container["StopSignal"] = "SIGCONT";
  container["StopGracePeriod"] = nanos(spec.health.start_timeout + 2 * spec.drain + kLetGo);
  for (json::value& variable : container["Env"].as_array()) {
    if (variable.as_string().starts_with("SLIPWAY_INSTANCE="))
      variable = "SLIPWAY_INSTANCE={{.Task.Slot}}";
  }
  task["RestartPolicy"] =
      json::object{{"Condition", spec.container.restart == "on-failure" ? "on-failure" : "any"},
                   {"Delay", nanos(kRestarts)}};
  return task;
}

void set_rolling(json::object& body, const Rolling& rolling) {
  body["Labels"].as_object()[kReleased] = std::to_string(rolling.released);
  body["Mode"] = json::object{{"Replicated", json::object{{"Replicas", rolling.replicas}}}};
  body["UpdateConfig"] = json::object{{"Parallelism", rolling.at_once},
                                      {"Delay", rolling.last ? 0 : nanos(kHeld)},
                                      {"FailureAction", rolling.failure_action},
                                      {"Monitor", nanos(kMonitored)},
                                      {"Order", "start-first"}};
}

json::object rolled_body(const Birth& birth, const std::string& name, const std::string& node,
                         const std::vector<Given>& secrets, const Rolling& rolling) {
  const json::object port{{"Protocol", "tcp"},
                          {"TargetPort", birth.start.spec->container.port},
                          {"PublishMode", "host"}};
  json::object body{
      {"Name", name},
      {"Labels", shared_labels(birth)},
      {"TaskTemplate", rolled_task(birth, name, node, secrets)},
      {"RollbackConfig", json::object{{"Parallelism", 0}, {"Order", "start-first"}}},
      {"EndpointSpec", json::object{{"Mode", "dnsrr"}, {"Ports", json::array{port}}}}};
  set_rolling(body, rolling);
  return body;
}

Call update(const std::string& name, std::uint64_t index, std::string body) {
  return {.method = "POST",
          .path = fmt::format("/services/{}/update", name),
          .query = {{"version", std::to_string(index)}},
          .body = std::move(body)};
}

}  // namespace

std::string secret_scope(const Birth& birth, const std::string& service) {
  return service + "/" + birth.spec;
}

std::string rolled_name(const std::string& agent, const SiteId& site) {
  const std::string wanted = fmt::format("slipway-{}-{}", site.name(), agent.substr(0, 8));
  std::string name = wanted;
  std::ranges::replace(name, '.', '-');
  if (name == wanted && name.size() <= kLongestName) return name;
  return name.substr(0, kLongestName - kHashed - 1) + "-" + hash_of(wanted, kHashed);
}

Call create_rolled(const Birth& birth, const std::string& name, const std::string& node,
                   const std::vector<Given>& secrets) {
  return {.method = "POST",
          .path = "/services/create",
          .body = json::serialize(rolled_body(birth, name, node, secrets, {}))};
}

Call roll(const Birth& birth, const std::string& name, const std::string& node,
          const std::vector<Given>& secrets, std::uint64_t index, const Rolling& rolling) {
  return update(name, index, json::serialize(rolled_body(birth, name, node, secrets, rolling)));
}

Call go_on(const std::string& name, const std::string& spec, std::uint64_t index,
           const Rolling& rolling) {
  json::object body = json::parse(spec).as_object();
  set_rolling(body, rolling);
  return update(name, index, json::serialize(body));
}

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
                          {"TargetPort", birth.start.spec->container.port},
                          {"PublishedPort", birth.port},
                          {"PublishMode", "host"}};
  const json::object body{{"Name", name},
                          {"Labels", std::move(labels)},
                          {"TaskTemplate", task_of(birth, name, node, secrets)},
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

Call create_secret(const Birth& birth, const std::string& service, const std::string& secret_name,
                   const std::string& value) {
  json::object labels = labels_of(birth);
  labels[kOf] = service;
  const json::object body{
      {"Name", secret_name}, {"Labels", std::move(labels)}, {"Data", base64(value)}};
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
