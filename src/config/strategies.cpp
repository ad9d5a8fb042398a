#include "config/strategies.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/clause.h"
#include "config/criteria.h"
#include "config/units.h"

namespace slipway::config {
namespace {

using text::Node;

const std::vector<std::string> kOurs = {"blue_green", "canary", "rolling", "recreate", "steps"};
const std::vector<std::string> kLater = {"ab_test", "shadow", "flag"};

void take_rollback(const Fields& owner, StrategyBlock& block) {
  Ledger& ledger = owner.ledger();
  if (const Node* n = owner.get("rollback_triggers"))
    for (auto& c : read_criteria(ledger, *n, true)) block.triggers.push_back(std::move(c));
  const Node* node = owner.get("rollback");
  if (!node) return;
  const Fields f(ledger, node, "rollback", owner.path() + ".rollback");
  if (const auto automatic = f.flag("automatic"))
    block.automatic = {*automatic, f.get("automatic")->place};
  if (const Node* n = f.get("conditions")) {
    for (auto& c : read_criteria(ledger, *n, true)) block.triggers.push_back(std::move(c));
  } else if (block.automatic && block.automatic->value && !owner.get("rollback_triggers")) {
    block.triggers = automatic_criteria(block.automatic->origin);
  }
}

void take_monitor(const Fields& f, StrategyBlock& block) {
  if (const auto d = f.duration("monitor")) block.monitor = {*d, f.get("monitor")->place};
}

// `strategy` inside a strategy's own section: a sentence is a note, a name must be its own.
void own_strategy(const Fields& f, const std::string& name) {
  const Node* n = f.get("strategy");
  if (!n) return;
  const std::string word = f.text("strategy").value_or("");
  if (names_strategy(word)) {
    if (canonical(word) != name)
      f.ledger().error(n->place, "contradiction", fmt::format("`{}` chooses `{}`", f.path(), word),
                       "choose under `deployment.strategy`");
  } else if (n->is_scalar()) {
    f.ledger().notice(f.key_place("strategy"), "note",
                      fmt::format("`{}.strategy` is kept as a note: it sets nothing", f.path()));
  }
}

// Sentences of blue-green whose meaning is what the strategy does anyway.
bool known_process(const std::string& sentence) {
  const std::string s = lower(sentence);
  const auto has = [&](const char* w) { return s.find(w) != std::string::npos; };
  return (has("deploy") && (has("idle") || has("green") || has("new version"))) ||
         (has("test") && (has("run") || has("smoke") || has("validate"))) ||
         (has("switch") && (has("green") || has("traffic") || has("load balancer"))) ||
         (has("monitor")) || (has("keep") && (has("rollback") || has("blue")));
}

void notes(const Fields& f, const std::string& key, bool checked) {
  const Node* n = f.get(key);
  if (!n) return;
  std::vector<const Node*> sentences;
  for (const auto& e : n->entries) sentences.push_back(&e.value);
  for (const auto& i : n->items) sentences.push_back(&i);
  if (n->is_scalar()) sentences.push_back(n);
  bool all = true;
  for (const Node* s : sentences) {
    if (s->is_scalar() && (!checked || known_process(s->scalar))) continue;
    all = false;
    f.ledger().error(s->place, "unknown_sentence",
                     s->is_scalar() ? fmt::format("`{}` is not a sentence known here", s->scalar)
                                    : "a sentence was expected",
                     "write blue_green_deployment: { monitor: 5m, keep_warm: 1h, "
                     "rollback_triggers: [\"error_rate > 5%\"] }");
  }
  if (all)
    f.ledger().notice(f.key_place(key), "note",
                      fmt::format("`{}.{}` is kept as a note: it sets nothing", f.path(), key));
}

void read_blue_green(const Fields& f, Strategies& out) {
  StrategyBlock& block = out.of["blue_green"];
  block.written = f.written();
  block.place = f.place();
  own_strategy(f, "blue_green");
  notes(f, "process", true);
  notes(f, "benefits", false);
  take_monitor(f, block);
  take_rollback(f, block);
  if (const auto d = f.duration("keep_warm")) out.keep_warm = {*d, f.get("keep_warm")->place};
  if (f.get("process") || f.get("benefits"))
    f.ledger().notice(f.place(), "in_effect",
                      fmt::format("blue-green in effect: monitor {:.6g} s, keep_warm {}",
                                  to_seconds(block.monitor ? block.monitor->value : Duration(5min)),
                                  out.keep_warm ? "as written" : "by default"),
                      "set `monitor`, `keep_warm` and `rollback_triggers` to change it");
}

void read_canary(const Fields& f, Strategies& out) {
  StrategyBlock& block = out.of["canary"];
  block.written = f.written();
  block.place = f.place();
  own_strategy(f, "canary");
  read_stages(f, out);
  take_rollback(f, block);
  const Node* monitoring = f.get("monitoring");
  if (!monitoring) return;
  const Fields m(f.ledger(), monitoring, "canary_monitoring", "canary_deployment.monitoring");
  for (const Node* n : m.list("metrics")) {
    if (n->is_scalar())
      out.monitored.emplace_back(metric_name(n->scalar), n->place);
    else
      f.ledger().error(n->place, "wrong_kind", "a metric is named by one word");
  }
}

// maximumPercent and minimumHealthyPercent are of the whole; the surge is what goes beyond it.
void percents(const Fields& f, Strategies& out) {
  const auto one = [&](const char* theirs, const char* ours, bool above,
                       std::optional<Setting<std::string>>& slot) {
    const Node* n = f.get(theirs);
    if (!n) return;
    const auto percent = parse_percent(n->scalar);
    const auto value = percent ? percent : parse_number(n->scalar);
    const double least = above ? 100 : 0, most = above ? 200 : 100;
    if (f.get(ours))
      return f.ledger().error(f.key_place(theirs), "both_written",
                              fmt::format("`{}` and `{}` say the same", theirs, ours),
                              "keep one of them");
    if (!n->is_scalar() || !value || *value < least || *value > most)
      return f.ledger().error(n->place, "out_of_range",
                              fmt::format("`{}` must be between {} and {}", theirs, least, most));
    slot = {fmt::format("{:.6g}%", above ? *value - 100 : 100 - *value), n->place};
  };
  one("maximum_percent", "max_surge", true, out.max_surge);
  one("minimum_healthy_percent", "max_unavailable", false, out.max_unavailable);
}

void read_rolling(const Fields& f, Strategies& out) {
  StrategyBlock& block = out.of["rolling"];
  block.written = f.written();
  block.place = f.place();
  take_monitor(f, block);
  take_rollback(f, block);
  const auto count = [&](const char* key, std::optional<Setting<std::string>>& slot) {
    const auto text = f.text(key);
    if (!text) return;
    const auto percent = parse_percent(*text);
    const auto number = parse_integer(*text);
    if ((percent && *percent >= 0 && *percent <= 100) || (number && *number >= 0 && *number <= 512))
      slot = {*text, f.get(key)->place};
    else
      f.ledger().error(f.get(key)->place, "bad_value",
                       fmt::format("`{}` must be a number or a percentage, not `{}`", key, *text),
                       "such as 1 or 25%");
  };
  count("max_surge", out.max_surge);
  count("max_unavailable", out.max_unavailable);
  percents(f, out);
  const auto none = [](const std::optional<Setting<std::string>>& s) {
    return s && parse_number(s->value.ends_with('%') ? s->value.substr(0, s->value.size() - 1)
                                                     : s->value) == 0.0;
  };
  if (none(out.max_surge) && none(out.max_unavailable))
    f.ledger().error(f.place(), "contradiction",
                     "with neither surge nor unavailability no instance can ever be replaced",
                     "raise `max_surge` or `max_unavailable`");
}

void traffic_switch(Ledger& ledger, const Node* node) {
  if (!node) return;
  const Fields f(ledger, node, "traffic_switch", "deployment_strategy.parameters.traffic_switch");
  const std::string method = canonical(f.text("method").value_or(""));
  if (f.get("method"))
    ledger.notice(f.key_place("method"), "note",
                  "`traffic_switch.method` is kept as a note: the environment's `router` moves the "
                  "traffic");
  if (const auto time = f.text("switch_time"))
    ledger.notice(f.key_place("switch_time"), "note",
                  method.find("dns") != std::string::npos
                      ? "`switch_time: " + *time +
                            "` cannot hold for DNS, whose answers are kept "
                            "by resolvers; the router here switches at once"
                      : "`switch_time` is kept as a note: the router here switches at once");
}

void read_deployment_strategy(const Fields& f, Strategies& out) {
  Ledger& ledger = f.ledger();
  std::string type = "blue_green";
  if (const Node* n = f.get("type")) {
    if (const auto word = read_strategy(ledger, *n, "deployment_strategy.type")) {
      type = *word;
      if (out.chosen && out.chosen->value != type)
        ledger.error(n->place, "contradiction",
                     fmt::format("`deployment_strategy.type` is `{}`, but line {} says `{}`", type,
                                 out.chosen->origin.line, out.chosen->value),
                     "let them agree, or leave one out");
      if (!out.chosen) out.chosen = {type, n->place};
    }
  }
  const Fields p(ledger, f.get("parameters"), "strategy_parameters",
                 "deployment_strategy.parameters");
  take_rollback(p, out.of[type]);
  traffic_switch(ledger, p.get("traffic_switch"));
  const Fields v(ledger, p.get("validation"), "validation",
                 "deployment_strategy.parameters.validation");
  if (const Node* n = v.get("smoke_tests"))
    for (auto& s : read_smoke(ledger, *n, "smoke_tests")) out.smoke.push_back(std::move(s));
}

void choose(const Fields& file, const Fields& deployment, Strategies& out) {
  Ledger& ledger = file.ledger();
  const Node* steps = file.get("steps");
  if (const Node* inner = deployment.get("steps")) {
    if (steps)
      ledger.error(
          deployment.key_place("steps"), "both_written",
          fmt::format("`steps` stand at top level (line {}) too", file.key_place("steps").line),
          "keep one of them");
    steps = inner;
  }
  if (steps) out.steps = read_steps(ledger, *steps);
  if (const Node* n = deployment.get("strategy")) {
    if (const auto word = read_strategy(ledger, *n, "deployment.strategy"))
      out.chosen = {*word, n->place};
    if (steps && out.chosen && out.chosen->value != "steps")
      ledger.error(n->place, "both_written",
                   fmt::format("`strategy` and `steps` (line {}) both say how to release",
                               steps->place.line),
                   "keep one of them");
    if (!steps && out.chosen && out.chosen->value == "steps")
      ledger.error(n->place, "missing_key", "`strategy: steps` without `steps`",
                   "write the list of steps");
  } else if (steps) {
    out.chosen = {"steps", steps->place};
  }
}

}  // namespace

bool names_strategy(const std::string& word) {
  const std::string c = canonical(word);
  return std::ranges::find(kOurs, c) != kOurs.end() || std::ranges::find(kLater, c) != kLater.end();
}

std::optional<std::string> read_strategy(Ledger& ledger, const Node& n, const std::string& what) {
  if (!n.is_scalar()) {
    ledger.error(n.place, "wrong_kind", fmt::format("`{}` must be a word", what));
    return std::nullopt;
  }
  std::string word = canonical(n.scalar);
  if (word == "rolling_update") word = "rolling";
  if (word == "bluegreen") word = "blue_green";
  if (std::ranges::find(kOurs, word) != kOurs.end()) return word;
  if (std::ranges::find(kLater, word) != kLater.end()) {
    ledger.not_supported(n.place, fmt::format("{}: {}", what, n.scalar));
    return std::nullopt;
  }
  if (word.find("__") != std::string::npos || n.scalar.find(' ') != std::string::npos) {
    ledger.notice(n.place, "note",
                  fmt::format("`{}` is kept as a note: it names no strategy", what));
    return std::nullopt;
  }
  const std::string near = text::nearest(word, kOurs);
  ledger.error(n.place, "bad_value", fmt::format("`{}` is not a strategy", n.scalar),
               near.empty() ? fmt::format("one of {}", fmt::join(kOurs, ", "))
                            : fmt::format("did you mean `{}`?", near));
  return std::nullopt;
}

Strategies read_strategies(const Fields& file, const Fields& deployment) {
  Strategies out;
  Ledger& ledger = file.ledger();
  choose(file, deployment, out);
  if (const Node* n = file.get("smoke_tests")) out.smoke = read_smoke(ledger, *n, "smoke_tests");
  const auto open = [&](const char* name) { return Fields(ledger, file.get(name), name, name); };
  read_blue_green(open("blue_green_deployment"), out);
  read_canary(open("canary_deployment"), out);
  read_rolling(open("rolling_deployment"), out);
  const Fields recreate = open("recreate_deployment");
  out.of["recreate"].written = recreate.written();
  take_monitor(recreate, out.of["recreate"]);
  take_rollback(recreate, out.of["recreate"]);
  read_deployment_strategy(open("deployment_strategy"), out);
  take_rollback(deployment, out.every);
  if (!out.chosen) {
    std::vector<std::string> written;
    for (const auto& [name, block] : out.of)
      if (block.written) written.push_back(name);
    if (written.size() == 1) out.chosen = {written.front(), out.of[written.front()].place};
  }
  return out;
}

}  // namespace slipway::config
