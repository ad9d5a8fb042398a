// Binding's part for platforms that run containers: the image, the engine, the limits.
#include <fmt/format.h>

#include "config/binding.h"
#include "config/units.h"

namespace slipway::config {

using text::Node;

namespace {

constexpr const char* kEngine = "unix:///var/run/docker.sock";

// A published port is reached over loopback: the engine has to be on this machine.
bool is_near(std::string_view host) {
  if (host.starts_with("unix:///")) return true;
  if (!host.starts_with("tcp://")) return false;
  host.remove_prefix(6);
  return host.starts_with("127.") || host.starts_with("localhost:") || host.starts_with("[::1]:");
}

}  // namespace

void Binding::containers() {
  ContainerSettings& c = out_.container;
  if (const Node* n = find("image")) c.image = {open_text(*n, "image"), n->place};
  if (const Fields* f = holder("port")) {
    c.port = f->integer("port", 1, 65535).value_or(0);
    keep("port", *f->get("port"));
  }
  const auto& variables = ground_.sources.variables;
  const auto told = variables.find("DOCKER_HOST");
  c.host = told == variables.end() || told->second.empty() ? kEngine : told->second;
  const auto certificates = variables.find("DOCKER_CERT_PATH");
  if (c.host.starts_with("tcp://") && certificates != variables.end()) c.tls = certificates->second;
  for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
    for (const std::string name : {"docker", "swarm"}) {
      const Node* n = (*layer)->get(name);
      if (n && out_.platform != name)
        ledger_.warning(n->place, "no_effect",
                        fmt::format("`{}` says nothing to the platform {}", name, out_.platform),
                        fmt::format("write `platform: {}` beside it", name));
      if (out_.platform == name || !out_.contained()) container_section(n, name);
    }
  }
  resources();
  if (!out_.contained()) return;
  if (c.image.value.empty() || c.port == 0)
    ledger_.warning(find("platform")->place, "incomplete",
                    fmt::format("`{}` has no `{}`, which every container needs", out_.service,
                                c.image.value.empty() ? "image" : "port"),
                    "service: { image: registry.example/web, port: 8080 }");
  if (c.host.starts_with("tcp://") && !is_near(c.host))
    ledger_.not_supported(out_.origins[out_.platform + ".host"],
                          fmt::format("{}.host: {} (another machine)", out_.platform, c.host),
                          "containers are reached over loopback: run the agent beside its engine");
}

// What containers by themselves have, and tasks of a Swarm do not.
void Binding::what_a_swarm_cannot() {
  if (out_.platform != "swarm") return;
  const auto tell = [&](const text::Place& place, std::string code, std::string text,
                        std::string hint) {
    out_.cannot.push_back(text);
    ledger_.notice(place, std::move(code), std::move(text), std::move(hint));
  };
  tell(find("platform")->place, "open_ports",
       "a swarm publishes the ports of instances, 20000 to 29999, on every address of this machine",
       "let its firewall keep them to loopback; `platform: docker` publishes them there");
  if (out_.container.memory > 0)
    tell(out_.origins["resources.memory"], "swap",
         "a swarm limits memory, and cannot keep an instance from using swap above it",
         "`platform: docker` can");
  if (out_.container.restart == "unless-stopped")
    tell(out_.origins["swarm.restart"], "restart",
         "a swarm knows no `unless_stopped`: it restarts what ends, as with `always`",
         "write `restart: always`");
  if (out_.container.rolls) {
    what_rolling_cannot();
  } else if (out_.origins.contains("swarm.failure_action")) {
    tell(out_.origins["swarm.failure_action"], "no_effect",
         "`failure_action` is for a swarm that rolls by itself, and does nothing here",
         "`rolling: swarm` lets it; else every failure is taken back");
  }
}

// A deployment may be told another strategy than this one, so that a plan looks for itself.
void Binding::what_rolling_cannot() {
  const text::Place place = out_.origins["swarm.rolling"];
  const bool applies = out_.strategy.value == "rolling";
  const auto tell = [&](const char* code, std::string text, const char* hint) {
    out_.cannot_rolling.push_back(text);
    if (applies) ledger_.notice(place, code, std::move(text), hint);
  };
  tell("swarm_rolls",
       "a swarm that rolls by itself chooses which instances go, and they go before their batch is "
       "judged: the way back starts as many anew",
       "`rolling: slipway` judges while the old instances still serve");
  if (out_.container.restart.empty())
    tell("restart", "a swarm that rolls by itself restarts what ends, as with `always`",
         "write `restart: always`");
  if (!applies)
    ledger_.notice(place, "no_effect",
                   fmt::format("`rolling: swarm` is for the strategy rolling: `{}` has one service "
                               "for each instance",
                               out_.strategy.value),
                   "`strategy: rolling` lets the swarm roll one");
}

// The two sections say the same things of the same engine.
void Binding::container_section(const Node* node, const std::string& name) {
  const Fields f(ledger_, node, name, name);
  if (!f.written()) return;
  ContainerSettings& c = out_.container;
  const auto text = [&](const char* key, std::string& slot) {
    const Node* n = f.get(key);
    if (!n) return;
    slot = open_text(*n, fmt::format("{}.{}", name, key));
    keep(fmt::format("{}.{}", name, key), *n);
  };
  const auto flag = [&](const char* key, bool& slot) {
    if (const auto value = f.flag(key)) slot = *value;
    if (const Node* n = f.get(key)) keep(fmt::format("{}.{}", name, key), *n);
  };
  text("host", c.host);
  if (f.get("host") && !c.host.starts_with("tcp://") && !c.host.starts_with("unix:///"))
    ledger_.error(f.get("host")->place, "bad_value",
                  fmt::format("`host` must be an engine's address, not `{}`", c.host),
                  "such as unix:///var/run/docker.sock or tcp://127.0.0.1:2376");
  text("tls", c.tls);
  if (f.get("tls") && !c.tls.starts_with('/')) c.tls = out_.folder + "/" + c.tls;
  text("network", c.network);
  if (c.network == "host" || c.network == "none" || c.network.starts_with("container:"))
    ledger_.not_supported(f.get("network")->place, fmt::format("{}.network: {}", name, c.network),
                          "two versions run side by side: each needs a port of its own");
  text("user", c.user);
  flag("read_only", c.read_only);
  flag("init", c.init);
  if (const Node* n = f.get("command")) {
    c.command.clear();
    if (n->is_scalar()) c.command = {"/bin/sh", "-c", open_text(*n, name + ".command")};
    for (const auto& i : n->items) c.command.push_back(open_text(i, name + ".command"));
    keep(name + ".command", *n);
  }
  if (const auto word = f.choice("restart", {"no", "on_failure", "unless_stopped", "always"})) {
    c.restart = *word == "no" ? "" : *word;
    if (const auto at = c.restart.find('_'); at != std::string::npos) c.restart[at] = '-';
    keep(name + ".restart", *f.get("restart"));
  }
  if (const auto word = f.choice("secrets", {"files", "environment"})) {
    c.open_secrets = *word == "environment";
    keep(name + ".secrets", *f.get("secrets"));
  }
  if (name != "swarm") return;
  if (const auto word = f.choice("rolling", {"slipway", "swarm"})) {
    c.rolls = *word == "swarm";
    keep("swarm.rolling", *f.get("rolling"));
  }
  if (const auto word = f.choice("failure_action", {"pause", "rollback"})) {
    c.failure_action = *word;
    keep("swarm.failure_action", *f.get("failure_action"));
  }
}

void Binding::resources() {
  ContainerSettings& c = out_.container;
  for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
    const Node* node = (*layer)->get("resources");
    if (!node) continue;
    if (out_.platform == "local")
      ledger_.warning(
          node->place, "not_supported",
          fmt::format(
              "`{}.resources` has no effect on processes yet: no limit is set on an instance",
              (*layer)->path()));
    const Fields f(ledger_, node, "resources", "resources");
    const auto quantity = [&](const char* key, std::int64_t& slot, auto parse, const char* such) {
      const auto text = f.text(key);
      if (!text) return;
      const auto value = parse(*text);
      if (value)
        slot = *value;
      else
        ledger_.error(f.get(key)->place, "bad_value",
                      fmt::format("`{}` must be a quantity, not `{}`", key, *text), such);
      keep(fmt::format("resources.{}", key), *f.get(key));
    };
    quantity("cpu", c.milli_cpus, parse_cpus, "such as 500m or 2");
    quantity("memory", c.memory, parse_bytes, "such as 512Mi or 2Gi, at least 6Mi");
  }
}

}  // namespace slipway::config
