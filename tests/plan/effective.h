// Configurations built by hand, as if they had been loaded.
#pragma once

#include <gtest/gtest.h>

#include <stdexcept>

#include "config/config.h"
#include "plan/compile.h"

namespace slipway::plan {

inline config::Effective web(const std::string& strategy, int replicas = 1) {
  config::Effective e;
  e.service = "web";
  e.environment = "production";
  e.folder = "/srv/web";
  e.run.value = {"./releases/${version}/server", "--port", "${port}"};
  e.listen.value = "127.0.0.1:8080";
  e.replicas.value = replicas;
  e.strategy.value = strategy;
  e.health.kind = "http";
  e.health.path = "/up";
  return e;
}

inline Order order(Task task = Task::deploy) {
  return {.task = task,
          .from = {"web", "v1", "sha256:one", ""},
          .to = {"web", "v2", "sha256:two", "c0ffee"}};
}

inline config::CriterionText success(const std::string& metric, const std::string& text) {
  return {metric, text, false, {"slipway.yaml", 31, 9, 1}};
}

inline config::CriterionText condition(const std::string& text, const std::string& metric = "") {
  return {metric, text, true, {"slipway.yaml", 40, 7, 1}};
}

// "check provision:2 warm:2 shift:10000 judge:monitor retire:0" of a plan.
inline std::string program(const Plan& plan) {
  std::string out;
  for (const Step& s : plan.steps) {
    out += out.empty() ? "" : " ";
    out += word(s.verb);
    const std::string who = s.who == Who::stable ? "stable" : "";
    if (s.verb == Verb::provision || s.verb == Verb::warm)
      out += ":" + who + std::to_string(s.instances);
    if (s.verb == Verb::retire) out += ":" + std::to_string(s.instances);
    if (s.verb == Verb::shift) out += ":" + std::to_string(s.weight);
    if (s.verb == Verb::judge) out += s.charge->bake ? ":bake" : ":stage";
    if (s.verb == Verb::gate) out += std::string(":") + word(s.gate.kind);
  }
  return out;
}

inline Plan made(const config::Effective& e, const Order& o = order(),
                 const Ground& g = {.stable = 1}) {
  auto plan = compile(e, o, g);
  if (!plan) {
    for (const auto& d : plan.error()) ADD_FAILURE() << d.text;
    return {};
  }
  return *plan;
}

inline const Step& first(const Plan& plan, Verb verb) {
  for (const Step& s : plan.steps)
    if (s.verb == verb) return s;
  throw std::logic_error("no such step");
}

}  // namespace slipway::plan
