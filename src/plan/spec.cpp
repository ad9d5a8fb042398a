#include "plan/spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <map>

namespace slipway::plan {
namespace {

using Values = std::map<std::string, std::string>;

Values values_of(const config::Effective& e, const Release& r) {
  return {
      {"version", r.version}, {"new_version", r.version},     {"release", "releases/" + r.version},
      {"commit", r.commit},   {"environment", e.environment}, {"service", e.service}};
}

// ${port} and ${instance} are filled when an instance starts, and so are they un-escaped only then.
std::string filled(std::string text, const Values& values) {
  for (const std::string_view name : {"$${port}", "$${instance}"}) {
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + 2))
      text.insert(at++, "$");
  }
  return config::fill(text, values, config::Fill::last);
}

bool is_assignment(std::string_view word) {
  const auto equals = word.find('=');
  if (equals == std::string_view::npos || equals == 0) return false;
  const auto name = word.substr(0, equals);
  return name.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
         std::string_view::npos;
}

// The first word of a command line that is the program.
std::string program_in(std::string_view line) {
  for (;;) {
    const auto first = line.find_first_not_of(" \t\n");
    if (first == std::string_view::npos) return "";
    line.remove_prefix(first);
    const char quote = line[0] == '"' || line[0] == '\'' ? line[0] : '\0';
    const auto end = quote ? line.find(quote, 1) : line.find_first_of(" \t\n;&|<>()");
    const std::string word(
        line.substr(quote ? 1 : 0, end == std::string_view::npos ? end : end - (quote ? 1 : 0)));
    if (word != "exec" && !is_assignment(word)) return word;
    if (end == std::string_view::npos) return "";
    line.remove_prefix(end + (quote ? 1 : 0));
  }
}

HealthCheck health_of(const config::Effective& e, const Values& values) {
  HealthCheck h;
  h.kind = e.health.kind == "http"      ? HealthCheck::Kind::http
           : e.health.kind == "command" ? HealthCheck::Kind::command
                                        : HealthCheck::Kind::tcp;
  h.path = filled(e.health.path, values);
  for (const auto& word : e.health.command) h.command.push_back(filled(word, values));
  h.status_min = e.health.status_min;
  h.status_max = e.health.status_max;
  h.interval = e.health.interval;
  h.timeout = e.health.timeout;
  h.healthy_threshold = e.health.healthy_threshold;
  h.unhealthy_threshold = e.health.unhealthy_threshold;
  h.start_timeout = e.health.start_timeout;
  return h;
}

// The version is the tag, unless the image says where it goes, or names a tag or digest itself.
std::string image_of(const std::string& written, const Values& values, const Release& r) {
  const std::string image = filled(written, values);
  const auto name = image.rfind('/');
  const bool tagged =
      image.find_first_of(":@", name == std::string::npos ? 0 : name) != std::string::npos;
  const bool placed = written.find("${") != std::string::npos && image != written;
  return tagged || placed ? image : image + ":" + r.version;
}

void set_container(InstanceSpec& spec, const config::Effective& e, const Release& r) {
  const config::ContainerSettings& c = e.container;
  spec.where = engine_of(e);
  spec.container = {.image = image_of(c.image.value, values_of(e, r), r),
                    .port = static_cast<std::uint16_t>(c.port),
                    .network = c.network,
                    .milli_cpus = c.milli_cpus,
                    .memory = c.memory,
                    .restart = c.restart,
                    .user = c.user,
                    .read_only = c.read_only,
                    .init = c.init,
                    .open_secrets = c.open_secrets};
}

}  // namespace

std::string artifact_of(const config::Effective& e, const Release& r) {
  const Values values = values_of(e, r);
  if (!e.artifact.value.empty()) return filled(e.artifact.value, values);
  if (e.run.value.empty()) return "";
  const std::string program =
      e.run_is_shell ? program_in(e.run.value.front()) : e.run.value.front();
  const auto slash = program.rfind('/');
  if (slash == std::string::npos) return "";  // found in PATH: no part of the release
  const std::string folder = slash == 0 ? "/" : program.substr(0, slash);
  // A folder that is the release's own; a file beside other versions stands for itself.
  const bool own = folder.find("${version}") != std::string::npos ||
                   folder.find("${release}") != std::string::npos;
  const std::string path = filled(own ? folder : program, values);
  // What the shell would still expand cannot be told.
  return e.run_is_shell && path.find_first_of("$`*?") != std::string::npos ? "" : path;
}

InstanceSpec instance_spec(const config::Effective& e, const Release& r) {
  const Values values = values_of(e, r);
  InstanceSpec spec;
  const bool contained = e.platform != "local";
  for (const auto& word : contained ? e.container.command : e.run.value)
    spec.argv.push_back(filled(word, values));
  spec.shell = !contained && e.run_is_shell;
  spec.directory = e.folder;
  for (const auto& [name, setting] : e.env) {
    // A secret reaches the instance by its reference; its text is never part of a plan.
    if (std::find(e.secrets.begin(), e.secrets.end(), name) != e.secrets.end()) continue;
    spec.env.emplace_back(name, filled(setting.value, values));
  }
  spec.env.emplace_back("SLIPWAY_VERSION", r.version);
  spec.env.emplace_back("SLIPWAY_ENVIRONMENT", e.environment);
  spec.env.emplace_back("SLIPWAY_SERVICE", e.service);
  if (!r.commit.empty()) spec.env.emplace_back("SLIPWAY_COMMIT", r.commit);
  for (const auto& name : e.secrets) {
    const bool sealed = std::find(e.secrets_from_caller.begin(), e.secrets_from_caller.end(),
                                  name) != e.secrets_from_caller.end();
    spec.secrets.push_back({name, sealed ? "sealed" : "environment", ""});
  }
  if (contained)
    set_container(spec, e, r);
  else
    spec.artifact = artifact_of(e, r);
  spec.digest = r.digest;
  spec.health = health_of(e, values);
  spec.stop_signal = e.stop_signal;
  spec.drain = e.drain;
  return spec;
}

Where engine_of(const config::Effective& e) {
  return {e.platform, e.container.host, e.container.tls};
}

ImageBuild image_build(const config::Effective& e, const Release& r) {
  const Values values = values_of(e, r);
  const config::BuildSettings& b = e.build;
  ImageBuild out{.image = image_of(e.image(), values, r),
                 .service = e.service,
                 .version = r.version,
                 .context = filled(b.context, values),
                 .dockerfile = filled(b.dockerfile, values),
                 .target = filled(b.target, values),
                 .args = {},
                 .cache_from = {},
                 .keep = b.keep};
  for (const auto& [name, value] : b.args) out.args.emplace_back(name, filled(value, values));
  for (const std::string& image : b.cache_from) out.cache_from.push_back(filled(image, values));
  return out;
}

RouteSpec route_spec(const config::Effective& e, int capacity) {
  RouteSpec route;
  route.listen = e.listen.value;
  route.hosts = e.hosts;
  route.sticky = e.sticky;
  // Powers of two, so that the router seldom has to be changed when the wanted number does.
  route.servers = static_cast<int>(std::bit_ceil(static_cast<unsigned>(std::max(1, capacity))));
  if (e.health.kind == "http") route.health_path = e.health.path;
  return route;
}

std::vector<SmokeTest> smoke_tests(const config::Effective& e, const Release& r) {
  const Values values = values_of(e, r);
  std::vector<SmokeTest> tests;
  for (const auto& written : e.smoke) {
    SmokeTest test;
    test.endpoint = filled(written.endpoint, values);
    if (!written.method.empty()) test.method = written.method;
    test.expected_status = written.expected_status;
    if (written.expected_response) test.expected_body = filled(*written.expected_response, values);
    tests.push_back(std::move(test));
  }
  return tests;
}

std::optional<int> share_of(const std::string& written, int replicas, bool up) {
  std::string_view s = written;
  const bool percent = s.ends_with('%');
  if (percent) s.remove_suffix(1);
  int n = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), n);
  if (error != std::errc() || end != s.data() + s.size() || n < 0) return std::nullopt;
  if (!percent) return n;
  const long long hundredths = static_cast<long long>(replicas) * n;
  return static_cast<int>((hundredths + (up ? 99 : 0)) / 100);
}

}  // namespace slipway::plan
