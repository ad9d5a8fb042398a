#include "main/backend.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <future>

#include "config/config.h"
#include "main/front.h"
#include "main/plan_object.h"
#include "main/recalled.h"
#include "main/replay_object.h"
#include "observe/log.h"
#include "plan/spec.h"
#include "views/deployment.h"
#include "views/phrase.h"

namespace slipway {

namespace json = boost::json;

namespace {

constexpr Duration kAnswerTime = 60s;  // looking at a large artifact takes this long at most

Refusal refusal(std::string code, std::string text, int http) {
  return {.code = std::move(code), .text = std::move(text), .mistakes = {}, .http = http};
}

Refusal no_configuration() {
  return refusal("no_config", "the agent has no configuration yet", 409);
}

// What the newest configuration says, for who reads the board.
views::Wants wants(const Desk& desk) {
  return [&desk](const SiteId& id, const Release& release) -> std::optional<views::Wanted> {
    const auto config = desk.current();
    const auto* e = config ? config->find(id.environment, id.service) : nullptr;
    if (e == nullptr) return std::nullopt;
    return views::Wanted{.spec = plan::instance_spec(*e, release),
                         .route = plan::route_spec(*e, 1),
                         .replicas = e->replicas.value};
  };
}

}  // namespace

AgentBackend::AgentBackend(Parts parts)
    : parts_(std::move(parts)), releases_({parts_.desk, parts_.shell, parts_.board, parts_.look}) {
  parts_.board->wants(wants(*parts_.desk));
}

std::variant<Answer, Refusal> AgentBackend::submit(Request request, std::optional<api::Mark> mark) {
  auto promise = std::make_shared<std::promise<std::variant<Answer, Refusal>>>();
  auto future = promise->get_future();
  const auto reply = [promise](std::variant<Answer, Refusal> answer) {
    promise->set_value(std::move(answer));
  };
  shell::Beside beside;
  if (mark) beside = begun_act(*mark);
  parts_.shell->submit(std::move(request), reply, std::move(beside));
  if (future.wait_for(kAnswerTime) != std::future_status::ready) {
    return refusal(
        "no_answer",
        "the request was taken and has no answer yet; see `slipway status` for what it waits for",
        503);
  }
  return future.get();
}

std::expected<json::object, Refusal> AgentBackend::put_config(const api::ConfigFiles& files,
                                                              bool push,
                                                              const std::function<void()>& first) {
  return parts_.desk->put(files, push, first);
}

std::expected<json::object, Refusal> AgentBackend::plan(
    const Request& request, const std::optional<api::ConfigFiles>& files) {
  std::unique_ptr<Desk> tried;
  if (files) tried = TRY(parts_.desk->tried(*files));
  std::map<SiteId, std::shared_ptr<const Site>> seen;
  FindSite find = [&](const SiteId& id) -> const Site* {
    auto& site = seen[id];
    if (!site) site = parts_.board->site(id);
    return site.get();
  };
  return plan_object(request, tried ? *tried : *parts_.desk, find, parts_.look);
}

std::expected<json::object, Refusal> AgentBackend::check(
    const std::string& environment, const std::optional<api::ConfigFiles>& files) {
  std::unique_ptr<Desk> tried;
  if (files) tried = TRY(parts_.desk->tried(*files));
  auto config = (tried ? *tried : *parts_.desk).current();
  if (!config) return std::unexpected(no_configuration());
  if (!environment.empty() &&
      std::ranges::find(config->environments, environment) == config->environments.end()) {
    return std::unexpected(refusal("unknown_environment",
                                   fmt::format("there is no environment `{}`", environment), 404));
  }
  json::array notices;
  for (const auto& notice : config->notices) notices.push_back(json::string(text::render(notice)));
  return json::object{{"schema", "check/1"},
                      {"ok", true},
                      {"digest", config->digest},
                      {"environments", json::value_from(config->environments)},
                      {"services", json::value_from(config->services)},
                      {"notices", std::move(notices)},
                      {"show", config::show(*config, environment)}};
}

std::expected<json::object, Refusal> AgentBackend::simulate(
    const api::Simulation& asked, const std::optional<api::ConfigFiles>& files,
    const api::Gone& gone) {
  std::unique_ptr<Desk> tried;
  if (files) tried = TRY(parts_.desk->tried(*files));
  const auto config = (tried ? *tried : *parts_.desk).current();
  if (!config) return std::unexpected(no_configuration());
  return rehearsals_.hold(asked, *config, gone);
}

std::expected<json::object, Refusal> AgentBackend::replay(std::uint32_t number,
                                                          const api::ConfigFiles& policy) {
  // What the policy's variables are does not matter to a verdict.
  config::Sources sources = sources_of(policy, environment_variables());
  sources.variables_required = false;
  auto loaded = config::load(sources);
  if (!loaded) return std::unexpected(refuse(loaded.error()));
  const auto site = parts_.board->site_of(number);
  if (!site)
    return std::unexpected(refusal("unknown_deployment", "no such deployment is known", 404));
  const auto newest = parts_.board->site(*site);
  auto record = recorded(*parts_.journal, number, *site, newest.get());
  if (!record) return std::unexpected(refusal("not_recorded", record.error().text, 409));
  return replay_object(*record, *loaded, policy.file);
}

// Read once for each site, when somebody looks at one of its deployments from before the start.
void AgentBackend::recall(std::uint32_t number) {
  const auto copy = parts_.board->copy(number);
  if (!copy || copy->second.requested_wall >= parts_.facts.started) return;
  const std::scoped_lock one(recall_mutex_);
  if (!recalled_.insert(copy->first).second) return;
  auto earlier = recalled_series(*parts_.journal, copy->first);
  if (earlier)
    parts_.board->recall(*earlier);
  else
    log_line("warning", "charts begin at the agent's start: " + earlier.error().text, {});
}

// A name that no configuration knows is a mistake; one that nobody is judged by now is not.
std::expected<json::object, Refusal> AgentBackend::hook(const std::string& name,
                                                        const api::HookSignal& signal) {
  const auto config = parts_.desk->current();
  if (!config) return std::unexpected(no_configuration());
  bool known = false;
  for (const auto& [key, effective] : config->effective)
    for (const auto& metric : effective.metrics)
      known |= metric.source == "webhook" && metric.name == name;
  if (!known)
    return std::unexpected(refusal(
        "unknown_metric",
        fmt::format(
            "no metric `{}` takes signals; write `metrics: {{ {}: {{ source: webhook }} }}`", name,
            name),
        404));
  const int counted =
      parts_.signal({name, signal.service, signal.environment, signal.version, signal.count});
  return json::object{
      {"schema", "hook/1"}, {"metric", name}, {"count", signal.count}, {"deployments", counted}};
}

std::expected<api::Registration, Refusal> AgentBackend::register_release(
    const api::NewRelease& release) {
  return releases_.add(release);
}

std::expected<std::string, Refusal> AgentBackend::door() {
  auto base = parts_.door();
  if (!base) return std::unexpected(refusal("not_listening", base.error().text, 503));
  return std::move(*base);
}

json::object AgentBackend::agent() {
  const AgentFacts& facts = parts_.facts;
  auto config = parts_.desk->current();
  const std::string listen = facts.listen();
  const std::string file = parts_.desk->file_digest();
  const shell::CommitTimes commits = parts_.shell->commit_times();
  const auto ms = [](Duration d) { return to_seconds(d) * 1000; };
  return json::object{{"schema", "agent/1"},
                      {"pid", ::getpid()},
                      {"now", views::time_json(facts.wall())},
                      {"event", parts_.board->newest_event()},
                      {"version", facts.version},
                      {"uptime_s", to_seconds(facts.wall() - facts.started)},
                      {"listen", listen.empty() ? json::value(nullptr) : json::value(listen)},
                      {"state_dir", facts.state_dir},
                      {"project", parts_.desk->folder()},
                      {"config", config ? json::value(config->digest) : json::value(nullptr)},
                      {"file_sha256", file.empty() ? json::value(nullptr) : json::value(file)},
                      {"journal", json::object{{"commits", commits.commits},
                                               {"commit_p50_ms", ms(commits.p50)},
                                               {"commit_p99_ms", ms(commits.p99)}}}};
}

json::object AgentBackend::health() { return observe::health_json(parts_.observation->standing()); }
json::object AgentBackend::ready() { return observe::ready_json(parts_.observation->standing()); }
std::string AgentBackend::metrics() { return parts_.observation->metrics(); }

}  // namespace slipway
