// Binding's last part: which strategy runs, and by what terms it is judged and taken back.
#include <fmt/format.h>

#include "config/binding.h"
#include "config/units.h"

namespace slipway::config {

using text::Node;

void Binding::release_terms(const std::string& strategy) {
  const Strategies& s = ground_.strategies;
  const auto terms = [&](const std::string& name) {
    std::vector<CriterionText> all = s.every.triggers;
    if (const auto found = s.of.find(name); found != s.of.end())
      all.insert(all.begin(), found->second.triggers.begin(), found->second.triggers.end());
    return all;
  };
  for (const char* name : {"blue_green", "canary", "rolling", "recreate", "steps"})
    out_.triggers_of[name] = terms(name);
  out_.triggers = terms(strategy);
  if (strategy == "blue_green" && out_.canary_enabled)
    for (const auto& c : s.of.at("canary").triggers) out_.triggers.push_back(c);
  const auto found = s.of.find(strategy);
  const StrategyBlock* block = found == s.of.end() ? nullptr : &found->second;
  if (block && block->monitor) {
    out_.monitor = block->monitor->value;
    out_.origins["monitor"] = block->monitor->origin;
  }
  const Fields& d = ground_.deployment;
  if (const Fields* f = holder("rollback_on_failure")) {
    out_.rollback_on_failure = f->flag("rollback_on_failure").value_or(true);
    keep("rollback_on_failure", *f->get("rollback_on_failure"));
  } else if (block && block->automatic) {
    out_.rollback_on_failure = block->automatic->value;
    out_.origins["rollback_on_failure"] = block->automatic->origin;
  } else if (const Node* n = d.get("rollback_on_failure")) {
    out_.rollback_on_failure = d.flag("rollback_on_failure").value_or(true);
    keep("rollback_on_failure", *n);
  } else if (s.every.automatic) {
    out_.rollback_on_failure = s.every.automatic->value;
    out_.origins["rollback_on_failure"] = s.every.automatic->origin;
  }
}

void Binding::strategy() {
  const Strategies& s = ground_.strategies;
  out_.strategy = s.chosen.value_or(Setting<std::string>{"blue_green", {}});
  const Fields* f = holder("strategy");
  if (f) {
    const Node* n = f->get("strategy");
    if (const auto word = read_strategy(ledger_, *n, "strategy")) out_.strategy = {*word, n->place};
    if (out_.strategy.value == "steps" && s.steps.empty())
      ledger_.error(n->place, "missing_key", "`strategy: steps` without `steps`",
                    "write the list of steps at top level");
  }
  const std::string& name = out_.strategy.value;
  if (out_.canary_enabled && name == "recreate")
    ledger_.error(out_.origins["canary_enabled"], "contradiction",
                  "`canary_enabled` needs both versions at once, which `recreate` never has",
                  "choose blue_green or canary, or leave `canary_enabled` out");
  else if (out_.canary_enabled && name != "blue_green" && name != "canary")
    ledger_.notice(out_.origins["canary_enabled"], "no_effect",
                   fmt::format("`canary_enabled` says nothing to the strategy `{}`", name));
  out_.stages = s.stages;
  out_.stages_written = s.stages_written;
  out_.steps = s.steps;
  if (s.keep_warm) {
    out_.keep_warm = s.keep_warm->value;
    out_.origins["keep_warm"] = s.keep_warm->origin;
  }
  if (s.max_surge) {
    out_.max_surge = s.max_surge->value;
    out_.origins["max_surge"] = s.max_surge->origin;
  }
  if (s.max_unavailable) {
    out_.max_unavailable = s.max_unavailable->value;
    out_.origins["max_unavailable"] = s.max_unavailable->origin;
  }
  release_terms(name);
}

void Binding::smoke() {
  for (Smoke s : ground_.strategies.smoke) {
    Node text;
    text.kind = Node::Kind::scalar;
    text.place = s.place;
    text.scalar = s.endpoint;
    s.endpoint = open_text(text, "endpoint");
    if (s.expected_response) {
      text.scalar = *s.expected_response;
      s.expected_response = open_text(text, "expected_response");
    }
    out_.smoke.push_back(std::move(s));
  }
}

}  // namespace slipway::config
