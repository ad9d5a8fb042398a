#include "drivers/docker/say.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/digest.h"
#include "drivers/docker/parts.h"
#include "os/outbound.h"

namespace slipway::docker {
namespace json = boost::json;

namespace {

constexpr Duration kPullLimit = std::chrono::minutes(4);

std::int64_t nanoseconds(Duration d) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(d).count();
}

json::object host_of(const Birth& birth, const std::string& secrets) {
  const Container& c = birth.start.spec->container;
  const std::string inside = fmt::format("{}/tcp", c.port);
  json::object out{
      {"PortBindings",
       json::object{{inside, json::array{json::object{{"HostIp", "127.0.0.1"},
                                                      {"HostPort", std::to_string(birth.port)}}}}}},
      {"RestartPolicy", json::object{{"Name", c.restart.empty() ? "no" : c.restart}}},
      {"ReadonlyRootfs", c.read_only},
      {"Init", c.init}};
  if (!c.network.empty()) out["NetworkMode"] = c.network;
  if (c.milli_cpus > 0) out["NanoCpus"] = c.milli_cpus * 1'000'000;
  if (c.memory > 0) {
    out["Memory"] = c.memory;
    out["MemorySwap"] = c.memory;  // none above it
  }
  if (!secrets.empty()) out["Binds"] = json::array{secrets + ":/run/secrets:ro"};
  return out;
}

}  // namespace

json::object labels_of(const Birth& birth) {
  const InstanceSpec& spec = birth.start.spec;
  return {{kAgent, birth.agent},
          {kService, birth.site.service},
          {kEnvironment, birth.site.environment},
          {kInstance, std::to_string(birth.start.instance)},
          {kVersion, birth.start.version},
          {kSpec, birth.spec},
          {kSignal, std::to_string(spec.stop_signal)}};
}

json::array variables_of(const Birth& birth) {
  json::array out;
  for (const auto& [name, value] : birth.env) out.emplace_back(name + "=" + value);
  return out;
}

json::array words_of(const std::vector<std::string>& words) {
  json::array out;
  for (const std::string& word : words) out.emplace_back(word);
  return out;
}

// Without a test of its own it sets the times of the image's. Where our own check counts the
// image's would only cost.
json::object health_of(const Birth& birth) {
  if (!birth.own_health) return {{"Test", json::array{"NONE"}}};
  const HealthCheck& health = birth.start.spec->health;
  json::object out;
  if (health.kind == HealthCheck::Kind::command) {
    json::array test = words_of(health.command);
    test.insert(test.begin(), "CMD");
    out["Test"] = std::move(test);
  }
  out["Interval"] = nanoseconds(health.interval);
  out["Timeout"] = nanoseconds(health.timeout);
  out["Retries"] = health.unhealthy_threshold;
  out["StartPeriod"] = nanoseconds(health.start_timeout);
  return out;
}

std::string filter(const char* name, const std::string& value) {
  return json::serialize(json::object{{name, json::array{value}}});
}

std::string Call::target() const {
  std::string out = path;
  char sign = '?';
  for (const auto& [name, value] : query) {
    out += fmt::format("{}{}={}", sign, name, os::url_part(value));
    sign = '&';
  }
  return out;
}

std::string Reference::text() const {
  if (!digest.empty()) return repository + "@" + digest;
  return tag.empty() ? repository : repository + ":" + tag;
}

Reference reference_of(std::string_view image) {
  Reference out;
  if (const auto at = image.find('@'); at != std::string_view::npos) {
    out.digest = image.substr(at + 1);
    image = image.substr(0, at);
  }
  const auto slash = image.rfind('/');
  const auto colon = image.find(':', slash == std::string_view::npos ? 0 : slash);
  if (colon != std::string_view::npos) out.tag = image.substr(colon + 1);
  out.repository = image.substr(0, colon);
  return out;
}

std::string spec_hash(const InstanceSpec& spec, const std::string& version) {
  Sha256 hash;
  const auto add = [&](std::string_view text) {
    hash.update(fmt::format("{}:", text.size()));
    hash.update(text);
  };
  const Container& c = spec.container;
  add(version);
  add(spec.digest);
  add(spec.where.host);
  add(c.image);
  add(fmt::format("{} {} {} {} {} {}", c.port, c.milli_cpus, c.memory, c.read_only, c.init,
                  c.open_secrets));
  add(c.network);
  add(c.restart);
  add(c.user);
  add(std::to_string(spec.argv.size()));
  for (const std::string& word : spec.argv) add(word);
  for (const auto& [name, value] : spec.env) {
    add(name);
    add(value);
  }
  for (const SecretRef& secret : spec.secrets) {
    add(secret.name);
    add(secret.source);
    add(secret.version);
  }
  return hash.hex();
}

std::string container_name(const std::string& agent, const SiteId& site, std::uint32_t instance) {
  return fmt::format("slipway-{}-{}-i{}-{}", site.service, site.environment, instance,
                     agent.substr(0, 8));
}

Call ask_version() { return {.path = "/version", .timeout = 5s}; }

Call inspect_image(const std::string& reference) {
  return {.path = fmt::format("/images/{}/json", reference)};
}

Call ask_registry(const Reference& reference, Duration timeout) {
  return {.path = fmt::format("/distribution/{}/json", reference.text()), .timeout = timeout};
}

Call pull(const Reference& reference) {
  return {.method = "POST",
          .path = "/images/create",
          .query = {{"fromImage", reference.repository},
                    {"tag", reference.digest.empty() ? reference.tag : reference.digest}},
          .timeout = kPullLimit};
}

Call create(const Birth& birth, const std::string& secrets) {
  const InstanceSpec& spec = birth.start.spec;
  json::object body{
      {"Image", birth.image_id},
      {"Env", variables_of(birth)},
      {"StopSignal", std::to_string(spec.stop_signal)},
      {"ExposedPorts", json::object{{fmt::format("{}/tcp", spec.container.port), json::object{}}}},
      {"Labels", labels_of(birth)},
      {"Healthcheck", health_of(birth)},
      {"HostConfig", host_of(birth, secrets)}};
  if (!spec.argv.empty()) body["Cmd"] = words_of(spec.argv);
  if (!spec.container.user.empty()) body["User"] = spec.container.user;
  return {.method = "POST",
          .path = "/containers/create",
          .query = {{"name", container_name(birth.agent, birth.site, birth.start.instance)}},
          .body = json::serialize(body)};
}

Call start(const std::string& id) {
  return {.method = "POST", .path = fmt::format("/containers/{}/start", id)};
}

Call inspect(const std::string& name_or_id) {
  return {.path = fmt::format("/containers/{}/json", name_or_id)};
}

Call kill(const std::string& id, int signal) {
  return {.method = "POST",
          .path = fmt::format("/containers/{}/kill", id),
          .query = {{"signal", std::to_string(signal)}}};
}

Call wait(const std::string& id, Duration limit) {
  return {.method = "POST",
          .path = fmt::format("/containers/{}/wait", id),
          .query = {{"condition", "not-running"}},
          .timeout = limit};
}

Call remove(const std::string& id) {
  return {.method = "DELETE",
          .path = fmt::format("/containers/{}", id),
          .query = {{"force", "1"}, {"v", "1"}}};
}

Call list(const std::string& agent) {
  return {
      .path = "/containers/json",
      .query = {{"all", "1"}, {"filters", filter("label", fmt::format("{}={}", kAgent, agent))}}};
}

Call logs(const std::string& id, std::size_t lines) {
  return {
      .path = fmt::format("/containers/{}/logs", id),
      .query = {
          {"stdout", "1"}, {"stderr", "1"}, {"tail", lines == 0 ? "all" : std::to_string(lines)}}};
}

// Podman wants to be asked for `died`, and says `die` or that.
Call deaths(const std::string& agent, std::int64_t since_s, bool signals) {
  json::array events{"die", "died"};
  if (signals) events.emplace_back("kill");
  const std::string filters =
      json::serialize(json::object{{"label", json::array{fmt::format("{}={}", kAgent, agent)}},
                                   {"type", json::array{"container"}},
                                   {"event", std::move(events)}});
  return {.path = "/events",
          .query = {{"since", std::to_string(since_s)}, {"filters", filters}},
          .timeout = Duration(0)};
}

}  // namespace slipway::docker
