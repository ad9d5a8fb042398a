// slipway check: by the agent when one answers (it knows its own variables), else alone.
#include <fmt/format.h>

#include <algorithm>

#include "cli/handover.h"
#include "cli/release_request.h"
#include "cli/verb.h"

namespace slipway::cli {
namespace {

std::string listed(const array& names) {
  std::string out;
  for (const value& v : names) {
    if (v.is_string()) out += (out.empty() ? "" : ", ") + harmless(v.get_string());
  }
  return out;
}

// check/1 without an agent.
std::expected<object, Trouble> check_alone(Session& s, const std::string& environment) {
  api::ConfigFiles files = TRY(gather(s));
  auto config = config::load(sources_of(s, files));
  if (!config) return std::unexpected(trouble_of(config.error(), s.colour()));
  const auto& known = config->environments;
  if (!environment.empty() && std::find(known.begin(), known.end(), environment) == known.end()) {
    return refuse("unknown_environment", fmt::format("there is no environment `{}` in {}",
                                                     harmless(environment), files.file));
  }
  object out{{"schema", "check/1"}, {"ok", true}, {"digest", config->digest}};
  array environments, services, notices;
  for (const std::string& e : known) environments.emplace_back(e);
  for (const std::string& name : config->services) services.emplace_back(name);
  for (const auto& n : config->notices) notices.emplace_back(text::render(n, s.colour()));
  out["environments"] = std::move(environments);
  out["services"] = std::move(services);
  out["notices"] = std::move(notices);
  out["show"] = config::show(*config, environment);
  return out;
}

std::expected<object, Trouble> check_by_agent(Session& s, Agent& agent,
                                              const std::string& environment) {
  object body;
  if (!environment.empty()) body["environment"] = environment;
  if (auto handed = hand_over(s, agent, body); !handed)
    return std::unexpected(std::move(handed.error()));
  return send(s, agent, "/v1/check", body);
}

}  // namespace

Ended run_check(Call& call) {
  std::string environment;
  bool show = false;
  call.options.word("ENV", environment, "the environment; left out: all");
  call.options.flag("--show", show,
                    "the whole effective configuration, each value with its origin");
  if (auto over = call.parse()) return *over;
  Session& s = call.session;
  object result;
  if (auto agent = reach(s, Need::glance)) {
    result = TRY(check_by_agent(s, **agent, environment));
  } else {
    result = TRY(check_alone(s, environment));
  }
  if (s.machine()) {
    if (!show) result.erase("show");
    s.print_json(result);
    return kExitGood;
  }
  if (!s.shared.quiet) {
    for (const value& v : array_of(result, "notices")) {
      if (v.is_string()) s.console.err(std::string(v.get_string()) + "\n");
    }
  }
  if (show) {
    std::string text = text_of(result, "show");
    s.console.out(text + (text.ends_with('\n') ? "" : "\n"));
    return kExitGood;
  }
  std::string file = s.config_path.empty() ? "the agent's configuration" : s.config_path;
  s.line(fmt::format("{} {} is good: services {}; environments {}",
                     paint("✓", Ink::good, s.colour()), file, listed(array_of(result, "services")),
                     listed(array_of(result, "environments"))));
  return kExitGood;
}

}  // namespace slipway::cli
