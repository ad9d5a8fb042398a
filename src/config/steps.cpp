// `steps:`, a rollout written step by step, and smoke tests.
#include <fmt/format.h>

#include "base/limits.h"
#include "config/criteria.h"
#include "config/strategies.h"
#include "config/units.h"

namespace slipway::config {
namespace {

using text::Node;

class StepReader {
 public:
  StepReader(Ledger& ledger, const Node& node) : ledger_(ledger) { step_.place = node.place; }

  WrittenStep read(const std::string& verb, const Node& value) {
    step_.verb = verb;
    if (verb == "shift") shift(value);
    if (verb == "judge") judge(value);
    if (verb == "gate") gate(value);
    if (verb == "pause") pause(value);
    if (verb == "provision" || verb == "warm" || verb == "retire") instances(value);
    if ((verb == "smoke" || verb == "check") && !value.is_null())
      ledger_.error(value.place, "wrong_kind", fmt::format("`{}` takes nothing", verb),
                    fmt::format("write `- {}`", verb));
    return std::move(step_);
  }

 private:
  void shift(const Node& value) { step_.percent = read_share(ledger_, value, "shift").value_or(0); }

  void judge(const Node& value) {
    if (value.is_scalar()) {
      step_.duration = read_duration(ledger_, value, "judge", Duration(0));
      return;
    }
    const Fields f(ledger_, &value, "step_judge", "judge");
    step_.name = f.text("name").value_or("");
    step_.duration = f.duration("duration");
    if (const Node* c = f.get("success_criteria"))
      step_.criteria = read_criteria(ledger_, *c, false);
    if (const Node* c = f.get("conditions"))
      for (auto& more : read_criteria(ledger_, *c, true)) step_.criteria.push_back(more);
  }

  void gate(const Node& value) {
    if (value.is_scalar() && value.scalar == "approval") {
      step_.approval = true;
      return;
    }
    const Fields f(ledger_, &value, "step_gate", "gate");
    step_.name = f.text("name").value_or("");
    step_.approval = f.flag("approval").value_or(false);
    step_.duration = f.duration("duration");
    if (!step_.approval && !step_.duration)
      ledger_.error(value.place, "missing_key", "this gate opens at once",
                    "write `gate: { approval: true }` or `gate: { duration: 10m }`");
  }

  // Without a duration it waits for a person, as a Rollout's `pause: {}` does.
  void pause(const Node& value) {
    step_.verb = "gate";
    if (value.is_scalar())
      step_.duration = read_duration(ledger_, value, "pause", Duration(1s));
    else
      step_.duration =
          Fields(ledger_, &value, "step_pause", "pause").duration("duration", Duration(1s));
    step_.approval = !step_.duration;
  }

  void instances(const Node& value) {
    const bool retire = step_.verb == "retire";
    step_.who = retire ? "stable" : "candidate";
    if (value.is_null()) return;
    Node map = value;
    if (value.is_scalar()) {
      map = Node{};
      map.kind = Node::Kind::map;
      map.place = value.place;
      map.entries.push_back({"instances", value.place, value});
    }
    const Fields f(ledger_, &map, "step_instances", step_.verb);
    step_.instances = f.integer("instances", retire ? 0 : 1, limits::kReplicas);
    if (const auto who = f.choice("who", {"candidate", "stable"})) step_.who = *who;
  }

  Ledger& ledger_;
  WrittenStep step_;
};

void smoke_test(Ledger& ledger, const Node& node, const std::string& path,
                std::vector<Smoke>& out) {
  const Fields f(ledger, &node, "smoke_test", path);
  if (!f.written()) return;
  Smoke s;
  s.place = node.place;
  f.text("name");
  s.endpoint = f.text("endpoint").value_or("");
  if (s.endpoint.empty())
    ledger.error(node.place, "missing_key", "this smoke test has no `endpoint`",
                 "such as `endpoint: /health`");
  else if (s.endpoint[0] != '/' || s.endpoint.find_first_of(" \r\n\t") != std::string::npos)
    ledger.error(f.get("endpoint")->place, "bad_value",
                 fmt::format("`endpoint` must be a path, not `{}`", s.endpoint),
                 "it is asked of the candidate itself: begin with `/`");
  static const std::vector<std::string> methods = {"get",   "head",   "post",   "put",
                                                   "patch", "delete", "options"};
  s.method = f.choice("method", methods).value_or("get");
  for (char& c : s.method) c = static_cast<char>(c - 'a' + 'A');
  s.expected_status = f.integer("expected_status", 100, 599).value_or(200);
  if (const Node* body = f.get("expected_response"); body && !body->is_scalar())
    ledger.not_supported(body->place, path + ".expected_response as a map",
                         "write the expected text, or a regular expression of it");
  else
    s.expected_response = f.text("expected_response");
  out.push_back(std::move(s));
}

}  // namespace

std::vector<WrittenStep> read_steps(Ledger& ledger, const Node& node) {
  std::vector<WrittenStep> out;
  if (!node.is_list() || node.items.empty()) {
    ledger.error(node.place, "wrong_kind", "`steps` must be a list with at least one step",
                 "such as `- shift: 5%` and `- judge: 10m`");
    return out;
  }
  if (node.items.size() > static_cast<std::size_t>(limits::kSteps)) {
    ledger.error(node.place, "too_many",
                 fmt::format("{} steps; at most {}", node.items.size(), limits::kSteps));
    return out;
  }
  for (const auto& item : node.items) {
    Node map = item;
    if (item.is_scalar()) {
      map = Node{};
      map.kind = Node::Kind::map;
      map.place = item.place;
      Node nothing;
      nothing.place = item.place;
      map.entries.push_back({item.scalar, item.place, nothing});
    }
    const Fields f(ledger, &map, "step", "steps");
    if (!map.is_map()) continue;
    if (map.entries.size() != 1) {
      ledger.error(item.place, "wrong_kind", "one step is one verb",
                   "begin each step with its own `-`");
      continue;
    }
    const auto& e = map.entries.front();
    const Key* key = find_key(section("step"), canonical(e.key));
    if (!key || key->use != Use::read) continue;  // noted by Fields
    const std::string verb = key->stands_for.empty() ? key->name : key->stands_for;
    out.push_back(StepReader(ledger, item).read(verb, e.value));
  }
  return out;
}

std::vector<Smoke> read_smoke(Ledger& ledger, const Node& node, const std::string& path) {
  std::vector<Smoke> out;
  const Node* list = &node;
  std::string where = path;
  if (node.is_map()) {
    const Fields f(ledger, &node, "smoke_tests", path);
    list = f.get("critical_paths");
    where += ".critical_paths";
    if (!list) return out;
  }
  if (!list->is_list()) {
    ledger.error(list->place, "wrong_kind", fmt::format("`{}` must be a list", where));
    return out;
  }
  for (const auto& i : list->items) smoke_test(ledger, i, where, out);
  return out;
}

}  // namespace slipway::config
