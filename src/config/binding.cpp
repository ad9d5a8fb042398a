#include "config/binding.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "config/units.h"

namespace slipway::config {

using text::Node;

Binding::Binding(const Ground& ground, const Fields& service, const Fields& environment,
                 const Fields& nearest, std::string environment_name, std::string service_name,
                 const std::map<std::string, EnvLine>& env_file)
    : ground_(ground),
      ledger_(ground.ledger),
      layers_{&nearest, &environment, &service},
      env_file_(env_file),
      names_(ground.ledger, ground.sources, environment_name, service_name) {
  out_.environment = std::move(environment_name);
  out_.service = std::move(service_name);
  out_.folder = ground.folder;
  out_.versions_semantic = ground.versions_semantic;
}

Effective Binding::bind() {
  names();
  run();
  route();
  containers();
  build();
  variables();
  health();
  stop();
  policy();
  approval();
  strategy();
  what_a_swarm_cannot();
  analysis();
  smoke();
  metrics();
  missing();
  return std::move(out_);
}

const Fields* Binding::holder(const std::string& key) const {
  for (const Fields* f : layers_)
    if (f->get(key)) return f;
  return nullptr;
}

const Node* Binding::find(const std::string& key) {
  const Fields* f = holder(key);
  if (!f) return nullptr;
  keep(key, *f->get(key));
  return f->get(key);
}

std::string Binding::open_text(const Node& n, const std::string& what) {
  if (!n.is_scalar()) {
    ledger_.error(n.place, "wrong_kind",
                  fmt::format("`{}` must be text, not {}", what, kind_of(n)));
    return "";
  }
  Resolved r = names_.resolve(n.scalar, n.place);
  if (!r.secret.empty())
    ledger_.error(
        n.place, "secret_in_the_open",
        fmt::format("the secret `{}` would show in `{}`", r.secret, what),
        fmt::format("the instance finds it in its environment as {}: leave it out here", r.secret));
  return std::move(r.text);
}

// What ${name} may stand for, and what may never be shown.
void Binding::names() {
  names_.env_file(&env_file_);
  for (const auto& s : ground_.required) secret(s);
  for (const char* key : {"required_secrets", "secrets"})
    for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
      // The environment's list comes before the service's; `secrets` of a layer after those.
      for (const Node* n : (*layer)->list(key)) secret({n->scalar, n->place});
    }
  for (const Fields* f : layers_) {
    if (f == layers_.back()) break;  // the service's own env is given to instances, not to names
    if (const Node* env = f->get("env"))
      for (const auto& e : env->entries)
        if (e.value.is_scalar() || e.value.is_null())
          names_.define(e.key, e.value.scalar, e.value.place);
  }
  const Fields& environment = *layers_[1];
  std::vector<std::pair<std::string, const Node*>> free;
  for (const auto* e : environment.others()) free.emplace_back(e->key, &e->value);
  for (const char* key : {"database", "redis", "api_url", "debug", "external_apis"})
    if (const Node* n = environment.get(key)) {
      free.emplace_back(key, n);
      if (std::string_view(key) == "api_url") free.emplace_back("apiUrl", n);
    }
  for (const auto& [name, n] : free) {
    if (n->is_scalar()) names_.define(name, n->scalar, n->place);
    if (n->is_list() || n->is_map())
      ledger_.error(n->place, "wrong_kind",
                    fmt::format("`{}` is {}; a value of your own is one text", name, kind_of(*n)),
                    "give each part a name of its own");
  }
  for (const auto& [name, n] : free) {
    if (!n->is_scalar()) continue;
    Resolved r = names_.resolve_own(name, n->scalar, n->place);
    out_.values[name] = {r.secret.empty() ? r.text : "(secret)", n->place};
  }
}

void Binding::secret(const Listed& s) {
  if (!is_variable_name(s.name))
    return ledger_.error(s.place, "bad_value", fmt::format("`{}` is not a variable's name", s.name),
                         "list the names only, such as DATABASE_URL; never a value");
  names_.secret(s.name);
  if (std::ranges::find(out_.secrets, s.name) != out_.secrets.end()) return;
  out_.secrets.push_back(s.name);
  if (names_.has_variable(s.name)) return;
  const auto caller = ground_.sources.caller.find(s.name);
  if (caller == ground_.sources.caller.end() || caller->second.empty())
    names_.miss(s.name);
  else
    out_.secrets_from_caller.push_back(s.name);
}

void Binding::run() {
  if (const Node* n = find("run")) {
    out_.run.origin = n->place;
    out_.run_is_shell = n->is_scalar();
    if (n->is_scalar()) out_.run.value.push_back(open_text(*n, "run"));
    for (const auto& i : n->items) out_.run.value.push_back(open_text(i, "run"));
    const Node* program = n->is_list() && !n->items.empty() ? &n->items.front() : n;
    if (!program->is_scalar() || program->scalar.empty())
      ledger_.error(n->place, "wrong_kind", "`run` must be a command",
                    "such as `./server --port ${port}` or [\"./server\", \"--port\", \"${port}\"]");
  }
  if (const Node* n = find("artifact")) out_.artifact = {open_text(*n, "artifact"), n->place};
  if (const Node* n = find("sticky")) {
    out_.sticky = canonical(open_text(*n, "sticky"));
    if (out_.sticky == "none") out_.sticky.clear();
    if (out_.sticky != "" && out_.sticky != "cookie" && out_.sticky != "header" &&
        out_.sticky != "source")
      ledger_.error(n->place, "bad_value",
                    fmt::format("`sticky` must be cookie, header or source, not `{}`", n->scalar));
  }
}

void Binding::variable(const Node::Entry& e) {
  if (!is_variable_name(e.key))
    return ledger_.error(e.key_place, "bad_value",
                         fmt::format("`{}` is not a variable's name", e.key),
                         "letters, digits and _ only");
  if (e.key == "PORT" || e.key.starts_with("SLIPWAY_"))
    ledger_.warning(
        e.key_place, "overridden",
        fmt::format("`{}` is set by the agent for each instance: this value is not used", e.key));
  if (out_.env.contains(e.key)) return;  // a nearer layer has it
  if (!e.value.is_scalar() && !e.value.is_null())
    return ledger_.error(e.value.place, "wrong_kind",
                         fmt::format("`env.{}` must be text, not {}", e.key, kind_of(e.value)));
  const Resolved r = names_.resolve_own(e.key, e.value.scalar, e.value.place);
  if (!r.secret.empty() && (r.secret != e.key || trim(r.text) != ""))
    return ledger_.not_supported(
        e.value.place, fmt::format("env.{} made of the secret {}", e.key, r.secret),
        fmt::format("the instance finds the secret in its environment as {}", r.secret));
  if (names_.is_secret(e.key)) {
    if (r.secret.empty())
      ledger_.secret_error(
          e.value.place, "secret_in_the_open",
          fmt::format("`{}` is a secret: its value may not stand here", e.key),
          fmt::format("write \"${{{}}}\" or leave it out; set it where the agent runs", e.key));
    return;
  }
  out_.env[e.key] = {r.text, e.value.place};
}

void Binding::variables() {
  // environments.E.env beats service.env, which beats environments/E.env.
  for (const Fields* f : layers_) {
    const Node* env = f->get("env");
    if (!env) continue;
    if (!env->is_map())
      ledger_.error(env->place, "wrong_kind",
                    fmt::format("`env` must be a map, not {}", kind_of(*env)), "KEY: value");
    for (const auto& e : env->entries) variable(e);
  }
  for (const auto& [name, line] : env_file_)
    if (!names_.is_secret(name)) out_.env.try_emplace(name, escape(line.value), line.place);
}

void Binding::missing() {
  for (const auto& n : ground_.notified) {
    const auto caller = ground_.sources.caller.find(n.name);
    const bool given = caller != ground_.sources.caller.end() && !caller->second.empty();
    if (!given && !names_.has_variable(n.name)) names_.miss(n.name);
  }
  out_.missing = names_.missing();
}

}  // namespace slipway::config
