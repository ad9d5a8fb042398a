#include "cli/release_request.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "base/limits.h"
#include "cli/handover.h"
#include "cli/render.h"
#include "text/node.h"

namespace slipway::cli {
namespace {

std::expected<WhenBusy, Trouble> busy_of(const std::string& word) {
  if (word == "queue") return WhenBusy::queue;
  if (word == "supersede") return WhenBusy::supersede;
  if (word == "refuse") return WhenBusy::refuse;
  return refuse("usage", fmt::format("--when-busy: `{}` is none of queue, supersede, refuse",
                                     harmless(word)));
}

const char* busy_word(WhenBusy w) {
  return w == WhenBusy::queue ? "queue" : w == WhenBusy::supersede ? "supersede" : "refuse";
}

// V, or SERVICE=V once. A version holds no `=`.
std::expected<void, Trouble> read_version(const ReleaseWords& w, Request& request) {
  std::vector<std::string> said = w.versions;
  if (w.words.size() > 1) said.push_back(w.words[1]);
  if (said.empty()) {
    return refuse(
        "usage", "which version?",
        "slipway deploy " + (w.words.empty() ? "ENV" : harmless(w.words[0])) + " --version V");
  }
  for (const std::string& word : said) {
    std::size_t equals = word.find('=');
    std::string version = equals == std::string::npos ? word : word.substr(equals + 1);
    std::string service = equals == std::string::npos ? "" : word.substr(0, equals);
    if (version.empty() || (equals != std::string::npos && service.empty())) {
      return refuse("usage",
                    fmt::format("--version: `{}` is neither V nor SERVICE=V", harmless(word)));
    }
    bool other_service = !request.service.empty() && !service.empty() && request.service != service;
    if (other_service) {
      return refuse("not_supported",
                    "releasing several services in one command is not supported yet",
                    "deploy them one by one: slipway deploy ENV/SERVICE --version V");
    }
    if (!request.version.empty() && request.version != version) {
      return refuse("usage", fmt::format("two versions were named: {} and {}",
                                         harmless(request.version), harmless(version)));
    }
    request.version = version;
    if (!service.empty()) request.service = service;
  }
  return {};
}

std::expected<object, Trouble> plan_by_hook(Session& s, const Request& request) {
  api::ConfigFiles files = TRY(gather(s));
  if (!s.hooks.plan) return unreachable("no agent answers, and this program cannot plan alone");
  auto plan = s.hooks.plan(request, files);
  if (!plan) return std::unexpected(trouble_of(plan.error()));
  return std::move(*plan);
}

}  // namespace

void ReleaseWords::declare(Options& o) {
  o.words("ENV V", words, "the environment (ENV/SERVICE), and the version");
  o.texts("--version", versions, "the version to release; SERVICE=V for one of several services",
          "V");
  o.text("--strategy", strategy,
         "blue_green, canary, rolling, recreate, … instead of the configured", "S");
  o.duration("--warmup", warmup, "how long instances are warmed before they get traffic");
  o.choice("--auto-rollback", auto_rollback,
           "take harm back by itself (--auto-rollback=false: not)");
  o.text("--when-busy", when_busy, "queue, supersede or refuse, when another deployment is live",
         "W");
  o.text("--because", because, "why, recorded with it");
  o.later("--from", Options::Takes::value);
  o.later("--run-migrations", Options::Takes::yes_or_no);
  o.later("--no-run-migrations", Options::Takes::yes_or_no);
  o.later("--ephemeral", Options::Takes::yes_or_no);
}

std::expected<Request, Trouble> request_of(Session& s, const ReleaseWords& w, Agent* agent) {
  if (w.words.size() > 2) {
    return refuse("usage", fmt::format("more words than ENV and V: `{}`", harmless(w.words[2])));
  }
  Request request;
  request.act = Act::deploy;
  request.by = s.console.person();
  request.trigger = "cli";
  request.because = w.because;
  Place place = TRY(place_of(s, w.words.empty() ? "" : w.words[0], agent));
  request.environment = place.environment;
  request.service = place.service;
  if (auto read = read_version(w, request); !read) return std::unexpected(std::move(read.error()));
  if (!w.strategy.empty()) request.strategy = TRY(strategy_of(w.strategy));
  if (!w.when_busy.empty()) request.when_busy = TRY(busy_of(w.when_busy));
  request.warmup = w.warmup;
  request.auto_rollback = w.auto_rollback;
  return request;
}

object to_json(const Request& r) {
  object body{{"environment", r.environment}, {"version", r.version}};
  if (!r.service.empty()) body["service"] = r.service;
  if (!r.strategy.empty()) body["strategy"] = r.strategy;
  if (!r.because.empty()) body["because"] = r.because;
  if (r.when_busy) body["when_busy"] = busy_word(*r.when_busy);
  object options;
  if (r.warmup) options["warmupTime"] = r.warmup->count() / 1000;
  if (r.auto_rollback) options["autoRollback"] = *r.auto_rollback;
  if (!options.empty()) body["options"] = std::move(options);
  return body;
}

// Over a URL the agent goes by its own revision: who has another file here is told.
void tell_drift(Session& s, Agent& agent, const std::string& config) {
  auto bytes = read_file(config, limits::kConfigBytes);
  auto running = agent.get("/v1/agent");
  if (!bytes || !running || !running->json.is_object()) return;
  const std::string theirs = text_of(running->json.get_object(), "file_sha256");
  if (theirs.empty() || theirs == sha256_hex(*bytes)) return;
  s.say(
      fmt::format("{} differs from the agent's configuration, which counts; `slipway config diff` "
                  "shows it, `slipway config push` brings this one",
                  config));
}

std::expected<void, Trouble> hand_over(Session& s, Agent& agent, object& body) {
  bool same_machine = s.door && s.door->url.empty();
  std::string config = TRY(find_config(s));
  if (config.empty()) return {};
  if (same_machine)
    body["config_files"] = to_json(TRY(gather(s)));
  else
    tell_drift(s, agent, config);
  return {};
}

Ended show_plan(Session& s, const ReleaseWords& w) {
  auto agent = reach(s, Need::glance);
  Request request = TRY(request_of(s, w, agent ? agent->get() : nullptr));
  object plan;
  if (agent) {
    object body = to_json(request);
    if (auto handed = hand_over(s, **agent, body); !handed) {
      return std::unexpected(std::move(handed.error()));
    }
    plan = TRY(send(s, **agent, "/v1/plan", body));
  } else {
    s.detail("no agent answers; planned as for a first release");
    plan = TRY(plan_by_hook(s, request));
  }
  if (s.machine()) {
    s.print_json(plan);
  } else {
    s.print(render_plan(plan, s.look()));
  }
  return kExitGood;
}

}  // namespace slipway::cli
