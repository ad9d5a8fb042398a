#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <set>

#include "base/digest.h"
#include "config/binding.h"
#include "config/config.h"
#include "config/door.h"
#include "config/environments.h"
#include "config/foreign.h"
#include "config/script.h"
#include "config/units.h"

namespace slipway::config {
namespace {

using text::Node;

constexpr std::size_t kPairs = 1024;  // services × environments

struct Named {
  std::string name;
  Fields fields;
};

std::string folder_name(const std::string& folder) {
  std::string name = folder;
  while (name.ends_with('/')) name.pop_back();
  name = name.substr(name.rfind('/') + 1);
  for (char& c : name)
    if (!is_name(std::string("a") + c)) c = '-';
  while (!name.empty() && !is_name(name.substr(0, 1))) name.erase(0, 1);
  name.resize(std::min<std::size_t>(name.size(), 63));
  return name.empty() ? "app" : name;
}

class Loader {
 public:
  Loader(const Sources& sources, Ledger& ledger) : sources_(sources), ledger_(ledger) {}
  Config load(const Node& root);

 private:
  void services(const Fields& file);
  void service(const std::string& name, const text::Place&, const Node*);
  void environments(const Fields& file, const Fields& deployment);
  void bind_all(const Fields& file, const Fields& deployment);
  void bind(const Ground&, const std::string& name, const Node& node);
  void known_services(const Fields& environment);
  void notifications(const Node* node, std::vector<Listed>& out);
  void names_in(const Node&, std::vector<Listed>& out);
  void agent(const Fields& file);
  void listens();
  void successors();
  void missing();
  std::string digest() const;

  const Sources& sources_;
  Ledger& ledger_;
  Config out_;
  std::deque<Named> services_;
  std::vector<std::pair<std::string, Node>> environments_;
  std::map<std::string, std::map<std::string, EnvLine>> env_files_;
};

void Loader::service(const std::string& name, const text::Place& place, const Node* node) {
  if (!is_name(name))
    return ledger_.error(place, "bad_name", fmt::format("`{}` is not a name", name),
                         "1 to 63 letters, digits, `.`, `_` or `-`, a letter or digit first");
  if (std::ranges::find(out_.services, name) != out_.services.end())
    return ledger_.error(place, "duplicate_key", fmt::format("two services are named `{}`", name));
  out_.services.push_back(name);
  services_.push_back(
      {name, Fields(ledger_, node, "service", node ? "services." + name : "service")});
}

void Loader::services(const Fields& file) {
  const Node* many = file.get("services");
  const Node* one = file.get("service");
  if (one && many)
    ledger_.error(file.key_place("services"), "both_written",
                  fmt::format("`service` (line {}) and `services` are both written",
                              file.key_place("service").line),
                  "put the one under `services` too");
  if (many && many->is_map()) {
    for (const auto& e : many->entries) {
      service(e.key, e.key_place, &e.value);
      if (e.value.find("name"))
        ledger_.error(e.value.find("name")->place, "both_written",
                      "a service under `services` is named by its key", "leave `name` out");
    }
    return;
  }
  if (many)
    ledger_.error(many->place, "wrong_kind", "`services` must be a map from name to settings");
  std::string name = folder_name(sources_.folder);
  text::Place place = file.place();
  if (one && one->is_map())
    if (const Node* n = one->find("name"); n && n->is_scalar()) {
      name = n->scalar;
      place = n->place;
    }
  if (!one && !many)
    ledger_.notice(
        {sources_.file, 0, 0, 1}, "no_service",
        fmt::format("no `service`: it is called `{}` after the folder, and has nothing to "
                    "run yet",
                    name),
        "service: { run: ./releases/${version}/server --port ${port} }");
  service(name, place, one);
}

void Loader::environments(const Fields& file, const Fields& deployment) {
  environments_ =
      merge_environments(ledger_, file.get("environments"), deployment.get("environments"));
  if (environments_.empty() && !file.get("environments") && !deployment.get("environments")) {
    ledger_.notice({sources_.file, 0, 0, 1}, "no_environments",
                   "no `environments`: one called `production` is taken",
                   "environments: { production: { listen: 127.0.0.1:8080 } }");
    environments_.emplace_back("production", Node{});
  }
  for (const auto& [name, node] : environments_) out_.environments.push_back(name);
  for (const auto& [name, bytes] : sources_.env_files)
    env_files_[name] = read_env_file(ledger_, bytes, fmt::format("environments/{}.env", name));
}

// Every ${NAME} below a node.
void Loader::names_in(const Node& node, std::vector<Listed>& out) {
  const std::string& s = node.scalar;
  for (std::size_t at = s.find("${"); at != std::string::npos; at = s.find("${", at + 2)) {
    if (at > 0 && s[at - 1] == '$') continue;
    const auto end = s.find('}', at);
    const std::string name = s.substr(at + 2, end == std::string::npos ? 0 : end - at - 2);
    if (is_variable_name(name))
      out.push_back({name, node.place});
    else
      ledger_.error(node.place, "bad_placeholder", "`${` without a name and `}` after it",
                    "write ${NAME}");
  }
  for (const auto& i : node.items) names_in(i, out);
  for (const auto& e : node.entries) names_in(e.value, out);
}

void Loader::notifications(const Node* node, std::vector<Listed>& out) {
  if (!node) return;
  ledger_.warning(node->place, "not_supported",
                  "`notifications` are read, but nothing is sent yet");
  names_in(*node, out);
}

void Loader::known_services(const Fields& environment) {
  const Node* services = environment.get("services");
  if (!services) return;
  if (!services->is_map())
    return ledger_.error(services->place, "wrong_kind",
                         "`services` must be a map from name to settings");
  for (const auto& e : services->entries) {
    if (std::ranges::find(out_.services, e.key) != out_.services.end()) continue;
    const std::string near = text::nearest(e.key, out_.services);
    ledger_.error(e.key_place, "unknown_key", fmt::format("there is no service `{}`", e.key),
                  near.empty() ? fmt::format("services: {}", fmt::join(out_.services, ", "))
                               : fmt::format("did you mean `{}`?", near));
  }
}

void Loader::bind(const Ground& ground, const std::string& name, const Node& node) {
  const std::string path = "environments." + name;
  const Fields environment(ledger_, &node, "environment", path);
  known_services(environment);
  const Node* nearer = environment.get("services");
  for (const auto& [service, fields] : services_) {
    // A file that is refused anyway need not be read on; notices alone must not leave a service
    // out.
    if (ledger_.full() && ledger_.failed()) return;
    const Node* own = nearer && nearer->is_map() ? nearer->find(service) : nullptr;
    const Fields nearest(ledger_, own, "environment_service", path + ".services." + service);
    Binding binding(ground, fields, environment, nearest, name, service, env_files_[name]);
    out_.effective.emplace(std::pair(name, service), binding.bind());
  }
}

void Loader::bind_all(const Fields& file, const Fields& deployment) {
  const Strategies strategies = read_strategies(file, deployment);
  const Fields analysis(ledger_, file.get("analysis"), "analysis", "analysis");
  Ground ground{sources_, ledger_, deployment, analysis,        strategies,
                {},       {},      false,      sources_.folder, file.get("metrics")};
  for (const Node* n : file.list("required_secrets"))
    ground.required.push_back({n->scalar, n->place});
  notifications(file.get("notifications"), ground.notified);
  notifications(deployment.get("notifications"), ground.notified);
  ground.versions_semantic =
      file.choice("versions", {"any", "semantic"}).value_or("any") == "semantic";
  if (environments_.size() * services_.size() > kPairs) {
    ledger_.error(file.place(), "too_many",
                  fmt::format("{} services in {} environments; at most {} pairs", services_.size(),
                              environments_.size(), kPairs));
    return;
  }
  for (const auto& [name, node] : environments_) bind(ground, name, node);
}

void Loader::agent(const Fields& file) {
  const Node* section = file.get("agent");  // whose keys were looked at where its door is read
  const Node* node = section && section->is_map() ? section->find("traces") : nullptr;
  const Fields traces(ledger_, node, "agent_traces", "agent.traces");
  const std::string url = traces.text("otlp").value_or("");
  if (url.empty()) return;
  const bool web = url.starts_with("http://") || url.starts_with("https://");
  if (!web || url.find("://") + 3 == url.size())
    return ledger_.error(traces.get("otlp")->place, "bad_url",
                         fmt::format("`{}` is no address of a collector", url),
                         "otlp: \"http://127.0.0.1:4318\" (OTLP over HTTP)");
  if (url.find("${") != std::string::npos || url.find('@') != std::string::npos)
    return ledger_.error(traces.get("otlp")->place, "secret_in_the_open",
                         "`agent.traces.otlp` is an address alone",
                         "put credentials into OTEL_EXPORTER_OTLP_HEADERS where the agent runs");
  out_.traces_otlp = url;
}

// One address belongs to one service in one environment, unless hosts tell them apart.
void Loader::listens() {
  std::map<std::string, const Effective*> taken;
  for (const auto& environment : out_.environments)
    for (const auto& service : out_.services) {
      const Effective* e = out_.find(environment, service);
      if (!e || e->listen.value.empty()) continue;
      std::vector<std::string> doors = e->hosts;
      if (doors.empty()) doors.push_back("*");
      for (const auto& door : doors) {
        const auto [at, fresh] = taken.emplace(e->listen.value + " " + door, e);
        if (fresh || at->second == e) continue;
        ledger_.error(e->listen.origin, "conflict",
                      fmt::format("{}/{} and {}/{} both listen on {}", at->second->environment,
                                  at->second->service, environment, service, e->listen.value),
                      "give each its own port, or tell them apart by `hosts`");
      }
    }
}

void Loader::successors() {
  for (const auto& [key, e] : out_.effective) {
    std::string at = key.first;
    for (std::size_t hops = 0; const Effective* here = out_.find(at, key.second); ++hops) {
      if (here->after.empty()) break;
      const text::Place& place = here->origins.at("after");
      if (!out_.find(here->after, key.second)) {
        const std::string near = text::nearest(here->after, out_.environments);
        ledger_.error(place, "unknown_environment",
                      fmt::format("there is no environment `{}`", here->after),
                      near.empty() ? "" : fmt::format("did you mean `{}`?", near));
        break;
      }
      if (hops > out_.environments.size()) {
        ledger_.error(place, "cycle", fmt::format("`{}` waits for itself", at),
                      "leave `after` out of one of them");
        break;
      }
      at = here->after;
    }
  }
}

void Loader::missing() {
  std::vector<std::string> wanted, other;
  for (const auto& environment : out_.environments)
    for (const auto& service : out_.services) {
      const Effective* e = out_.find(environment, service);
      if (!e) continue;
      const bool counts = sources_.variables_required &&
                          (sources_.environment.empty() || sources_.environment == environment);
      auto& into = counts ? wanted : other;
      for (const auto& name : e->missing)
        if (std::ranges::find(into, name) == into.end()) into.push_back(name);
    }
  const char* hint = "set them where the agent runs, or in environments/NAME.env; empty is missing";
  // Without a place: the sentence stands alone, to the letter.
  if (!wanted.empty())
    ledger_.error({}, "missing_variables",
                  fmt::format("Missing environment variables: {}", fmt::join(wanted, ", ")), hint);
  std::erase_if(other, [&](const auto& n) { return std::ranges::find(wanted, n) != wanted.end(); });
  if (!other.empty())
    ledger_.warning({}, "missing_variables",
                    fmt::format("Missing environment variables: {}", fmt::join(other, ", ")), hint);
}

// Of the file, and of every variable in force that is no secret: what the same file means elsewhere
// is another revision.
std::string Loader::digest() const {
  Sha256 sha;
  const auto add = [&](const std::string& s) {
    sha.update(fmt::format("{}:", s.size()));
    sha.update(s);
  };
  add(sources_.bytes);
  std::set<std::string> secrets;
  for (const auto& [key, e] : out_.effective) secrets.insert(e.secrets.begin(), e.secrets.end());
  for (const auto& [key, e] : out_.effective) {
    add(key.first + "/" + key.second);
    for (const auto& r : e.run.value) add(r);
    add(e.artifact.value);
    add(e.container.image.value);
    add(e.listen.value);
    for (const auto& h : e.hosts) add(h);
    add(e.health.path);
    for (const auto& c : e.health.command) add(c);
    for (const auto& [name, value] : e.env)
      if (!secrets.contains(name)) add(name + "=" + value.value);
    for (const auto& m : e.metrics) add(m.name + " " + m.url + " " + m.query + m.failed + m.total);
    for (const auto& s : e.smoke) add(s.endpoint + " " + s.expected_response.value_or(""));
  }
  return "sha256:" + sha.hex();
}

Config Loader::load(const Node& root) {
  const Fields file(ledger_, &root, "file", "");
  const Fields deployment(ledger_, file.get("deployment"), "deployment", "deployment");
  services(file);
  environments(file, deployment);
  bind_all(file, deployment);
  agent(file);
  listens();
  successors();
  missing();
  out_.agent = read_door(file, sources_.folder);
  out_.digest = digest();
  for (auto& [key, e] : out_.effective) e.revision = out_.digest;
  return std::move(out_);
}

bool is_script(const std::string& file) {
  return file.ends_with(".ts") || file.ends_with(".js") || file.ends_with(".mjs");
}

}  // namespace

const Effective* Config::find(const std::string& environment, const std::string& service) const {
  const auto found = effective.find({environment, service});
  return found == effective.end() ? nullptr : &found->second;
}

std::expected<Config, text::Diagnostics> load(const Sources& sources) {
  auto root = is_script(sources.file) ? read_script(sources.bytes, sources.file)
                                      : text::parse_yaml(sources.bytes, sources.file);
  std::string_view bytes = sources.bytes;
  if (bytes.starts_with("\xef\xbb\xbf")) bytes.remove_prefix(3);
  const text::Source source(bytes, sources.file);
  Ledger ledger(source);
  if (!root) {
    const auto& first = root.error().front();
    if (auto foreign = told_foreign(sources.bytes, sources.file);
        foreign && first.code == "several_documents")
      return std::unexpected(text::Diagnostics{*foreign});
    return std::unexpected(std::move(root).error());
  }
  if (auto foreign = told_foreign(*root, sources.file)) {
    foreign->excerpt = std::string(source.line(foreign->place.line));
    return std::unexpected(text::Diagnostics{*foreign});
  }
  if (!root->is_map()) {
    ledger.error(root->place, "wrong_kind",
                 root->is_null() ? "the configuration is empty"
                                 : fmt::format("a configuration is a map, not {}", kind_of(*root)),
                 "service: { run: … } and environments: { production: { listen: … } }");
    return std::unexpected(ledger.take());
  }
  Config config = Loader(sources, ledger).load(*root);
  const bool failed = ledger.failed();
  text::Diagnostics all = ledger.take();
  if (failed) return std::unexpected(std::move(all));
  config.notices = std::move(all);
  return config;
}

}  // namespace slipway::config
