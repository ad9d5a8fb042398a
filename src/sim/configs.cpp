// The configurations that scenarios run under.
#include <fmt/format.h>

#include "base/check.h"
#include "sim/scenario.h"

namespace slipway::sim {
namespace {

constexpr const char* kHead = R"(service:
  name: web
  run: ["./releases/${version}/server", "--port", "${port}"]
  stop: { drain: 5s }
  health: { path: /up, interval: 1s, start_timeout: 20s }
)";

struct Named {
  const char* name;
  const char* text;
};

constexpr Named kConfigs[] = {
    {"blue_green", R"(environments: { production: { listen: "127.0.0.1:8080" } }
blue_green_deployment: { monitor: 5s, keep_warm: 20s }
analysis: { deadline: 20s }
)"},
    {"cold", R"(environments: { production: { listen: "127.0.0.1:8080", replicas: 2 } }
blue_green_deployment: { monitor: 3s, keep_warm: 0s }
analysis: { deadline: 20s }
smoke_tests: [ { endpoint: /up } ]
)"},
    {"canary", R"(environments:
  production: { listen: "127.0.0.1:8080", replicas: 2, strategy: canary }
canary_deployment:
  stages:
    - { traffic: 10, duration: 4s, success_criteria: { error_rate: "< 2%" } }
    - { traffic: 50, duration: 4s }
    - { traffic: 100, duration: 4s }
blue_green_deployment: { keep_warm: 10s }
analysis: { deadline: 20s }
)"},
    {"rolling", R"(environments:
  production: { listen: "127.0.0.1:8080", replicas: 4, strategy: rolling }
rolling_deployment: { max_surge: 1, max_unavailable: 1, monitor: 3s }
analysis: { deadline: 20s }
)"},
    {"recreate", R"(environments:
  production: { listen: "127.0.0.1:8080", strategy: recreate }
recreate_deployment: { monitor: 3s }
analysis: { deadline: 20s }
)"},
    {"approved", R"(environments:
  production:
    listen: 127.0.0.1:8080
    approval_required: true
    approval: { approvers: 1, timeout: 60s }
blue_green_deployment: { monitor: 3s, keep_warm: 10s }
analysis: { deadline: 20s }
)"},
    {"steps", R"(environments:
  production: { listen: "127.0.0.1:8080", strategy: steps }
steps:
  - provision: 1
  - warm
  - shift: 10%
  - pause: { duration: 4s }
  - judge: { name: small, duration: 4s, success_criteria: { error_rate: "< 2%" } }
  - shift: 100%
  - retire
analysis: { deadline: 20s }
)"},
    {"manual", R"(environments:
  production: { listen: "127.0.0.1:8080", strategy: canary, rollback_on_failure: false }
canary_deployment:
  stages: [ { traffic: 20, duration: 4s }, { traffic: 100, duration: 3s } ]
analysis: { deadline: 20s }
)"},
    {"mixed", R"(environments:
  production: { listen: "127.0.0.1:8080", canary_enabled: true, replicas: 3 }
canary_deployment:
  stages:
    - { traffic: 25, duration: 3s, success_criteria: { p99_latency: "< 500ms", error_rate: "< 5%" } }
    - { traffic: 100, duration: 3s }
blue_green_deployment: { keep_warm: 5s, rollback_triggers: ["Error rate increase > 2%"] }
analysis: { deadline: 15s, on_no_data: rollback, on_stale_data: rollback, on_unattended: promote }
)"},
    {"defaults", R"(environments:
  production: { listen: "127.0.0.1:8080", replicas: 2, strategy: canary }
)"},
};

}  // namespace

const std::vector<std::string>& config_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Named& c : kConfigs) all.emplace_back(c.name);
    return all;
  }();
  return names;
}

ConfigPtr config_named(const std::string& name) {
  static std::map<std::string, ConfigPtr> loaded;
  ConfigPtr& config = loaded[name];
  if (config) return config;
  for (const Named& c : kConfigs) {
    if (name != c.name) continue;
    config::Sources sources;
    sources.folder = "/srv/web";
    sources.bytes = std::string(kHead) + c.text;
    auto read = config::load(sources);
    CHECK(read.has_value(), "the configuration {} does not load: {}", name,
          read ? "" : text::render(read.error()));
    config = std::make_shared<const config::Config>(std::move(*read));
  }
  CHECK(config, "there is no configuration {}", name);
  return config;
}

}  // namespace slipway::sim
