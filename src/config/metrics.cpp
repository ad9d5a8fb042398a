// Binding's part for `metrics:`: sources of figures besides the proxy's rows, and whether the
// criteria that name them can be judged.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "config/binding.h"
#include "config/clause.h"
#include "config/criteria.h"
#include "config/metric.h"
#include "config/units.h"

namespace slipway::config {

using text::Node;

// What is a secret, or came from a variable, stays as ${NAME}: it is filled when the source is
// asked, and never written down.
std::string Binding::reference_text(const Node& n, std::vector<std::string>& secrets) {
  if (!n.is_scalar()) {
    ledger_.error(n.place, "wrong_kind", fmt::format("a text was expected, not {}", kind_of(n)));
    return "";
  }
  std::string out;
  std::string_view rest = n.scalar;
  while (!rest.empty()) {
    const auto at = rest.find("${");
    const auto end = at == std::string_view::npos ? at : rest.find('}', at);
    const bool escaped = at != std::string_view::npos && at > 0 && rest[at - 1] == '$';
    if (at == std::string_view::npos || escaped) {
      const auto take = escaped ? at + 2 : rest.size();
      out += rest.substr(0, take);
      rest.remove_prefix(take);
      continue;
    }
    if (end == std::string_view::npos) {
      ledger_.error(n.place, "bad_placeholder", "`${` without its `}`",
                    "write $${ for a literal ${");
      break;
    }
    const std::string name(trim(rest.substr(at + 2, end - at - 2)));
    out += rest.substr(0, at);
    rest.remove_prefix(end + 1);
    if (is_deployment_name(name)) {
      out += "${" + name + "}";
    } else if (!names_.is_defined(name)) {
      out += "${" + name + "}";
      metric_secret({name, n.place});
      if (std::ranges::find(secrets, name) == secrets.end()) secrets.push_back(name);
    } else {
      const Resolved r = names_.resolve("${" + name + "}", n.place);
      if (!r.secret.empty())
        ledger_.error(n.place, "secret_in_the_open",
                      fmt::format("`{}` is made of the secret `{}`", name, r.secret),
                      fmt::format("write ${{{}}} here", r.secret));
      out += r.text;
    }
  }
  return out;
}

void Binding::metric_secret(const Listed& s) {
  if (!is_variable_name(s.name))
    return ledger_.error(s.place, "bad_placeholder", fmt::format("`${{{}}}` is not a name", s.name),
                         "write $${ for a literal ${");
  const auto caller = ground_.sources.caller.find(s.name);
  const bool given = caller != ground_.sources.caller.end() && !caller->second.empty();
  if (given && !names_.has_variable(s.name) &&
      std::ranges::find(out_.secrets_from_caller, s.name) == out_.secrets_from_caller.end())
    out_.secrets_from_caller.push_back(s.name);
  if (!given && !names_.has_variable(s.name)) names_.miss(s.name);
}

void Binding::metrics() {
  if (const Node* all = ground_.metrics) {
    if (!all->is_map())
      return ledger_.error(all->place, "wrong_kind",
                           "`metrics` must be a map from a name to its source",
                           "checkout_errors: { source: prometheus, url: …, query: … }");
    const FillText fill = [this](const Node& n, std::vector<std::string>& secrets) {
      return reference_text(n, secrets);
    };
    for (const auto& e : all->entries)
      if (auto m = read_metric(ledger_, e, out_.service, fill))
        out_.metrics.push_back(std::move(*m));
  }
  criteria_of_metrics();
}

// Every criterion that may come to be judged here; the names that were said and not defined.
void Binding::criteria_of_metrics() {
  std::set<std::string> named;
  const auto check = [&](const std::vector<CriterionText>& list) {
    for (const CriterionText& c : list) {
      const auto clauses = read_clauses(c.metric, c.text, c.bad_when_true);
      if (!clauses) continue;
      const Clause& clause = clauses->front();
      if (clause.subject == Subject::signal &&
          std::ranges::find(out_.metrics, clause.name, &Metric::name) == out_.metrics.end())
        out_.metrics.push_back(signal_metric(clause.name, c.place));
      if (check_criterion(ledger_, c, out_.metrics)) named.insert(clause.name);
    }
  };
  for (const Stage& s : out_.stages) check(s.criteria);
  for (const WrittenStep& s : out_.steps) check(s.criteria);
  for (const auto& [strategy, triggers] : out_.triggers_of) check(triggers);
  check(out_.triggers);
  for (const auto& [name, place] : ground_.strategies.monitored) {
    const bool own = std::ranges::find(out_.metrics, name, &Metric::name) != out_.metrics.end();
    const auto& known = known_metrics();
    if (!own && std::ranges::find(known, name) == known.end())
      check_criterion(ledger_, {name, "> 5%", true, place}, out_.metrics);
    else if (!own && (name == "cpu_utilization" || name == "memory_utilization"))
      ledger_.warning(place, "not_measured", fmt::format("`{}` has no source yet", name),
                      fmt::format("define it under `metrics: {{ {}: … }}`", name));
  }
  for (const Metric& m : out_.metrics)
    if (m.bad.empty() && !named.contains(m.name))
      ledger_.warning(m.place, "not_judged",
                      fmt::format("nothing says when `{}` is bad: it decides nothing", m.name),
                      "write `bad: up` or `bad: down`, or a criterion that names it");
}

}  // namespace slipway::config
