// The first look at a request: which site, is it allowed at all, is everything there that it needs.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "intake/intake.h"
#include "intake/past.h"
#include "intake/refuse.h"
#include "intake/version.h"
#include "plan/compile.h"
#include "plan/spec.h"

namespace slipway::intake {
namespace {

using config::Config;
using config::Effective;

template <class T = void>
using Admission = std::expected<T, Refusal>;

Admission<> choose_environment(Request& r, const Config& config) {
  if (const auto slash = r.environment.find('/'); slash != std::string::npos) {
    if (r.service.empty()) r.service = r.environment.substr(slash + 1);
    r.environment.resize(slash);
  }
  if (r.environment.empty()) {
    if (config.environments.size() != 1)
      return refuse("environment_needed",
                    fmt::format("there are {} environments: name one of {}",
                                config.environments.size(), fmt::join(config.environments, ", ")));
    r.environment = config.environments.front();
  }
  if (std::ranges::find(config.environments, r.environment) == config.environments.end())
    return refuse("unknown_environment", fmt::format("there is no environment `{}`", r.environment),
                  suggest(r.environment, config.environments));
  return {};
}

Admission<const Effective*> choose_service(Request& r, const Config& config) {
  if (r.service.empty()) {
    if (config.services.size() != 1)
      return refuse(
          "service_needed",
          fmt::format("there are {} services: name one of {}", config.services.size(),
                      fmt::join(config.services, ", ")),
          fmt::format(
              "{}for example {}/{}",
              r.act == Act::deploy ? "all of them in one deployment is not supported yet; " : "",
              r.environment, config.services.empty() ? "SERVICE" : config.services.front()));
    r.service = config.services.front();
  }
  if (std::ranges::find(config.services, r.service) == config.services.end())
    return refuse("unknown_service", fmt::format("there is no service `{}`", r.service),
                  suggest(r.service, config.services));
  const Effective* effective = config.find(r.environment, r.service);
  if (effective == nullptr)
    return refuse("unknown_service",
                  fmt::format("`{}` has no service `{}`", r.environment, r.service));
  return effective;
}

// A retry takes its site, release and strategy from the deployment that ended.
Admission<> find_ended(Request& r, const Config& config, const FindSite& find) {
  for (const auto& environment : config.environments) {
    for (const auto& service : config.services) {
      const Site* site = find({service, environment});
      if (site == nullptr) continue;
      for (const auto* d : {&site->live, &site->queued}) {
        if (*d && (*d)->number == r.number) {
          auto refused = conflict("wrong_state", fmt::format("deployment {} has not ended: only an "
                                                             "ended one can be tried again",
                                                             r.number));
          refused.error().number = r.number;
          refused.error().state = word((*d)->state);
          return refused;
        }
      }
      if (!site->last || site->last->number != r.number) continue;
      const Deployment& ended = *site->last;
      r.environment = environment;
      r.service = service;
      r.version = ended.planned ? ended.plan.to.version : ended.request.version;
      if (r.strategy.empty()) r.strategy = ended.request.strategy;
      return {};
    }
  }
  return conflict("not_found",
                  fmt::format("deployment {} is not the last one of its environment", r.number),
                  "deploy its version again with `slipway deploy`");
}

Admission<> check_version(const Request& r, const Effective& e) {
  if (r.version.empty())
    return refuse("version_needed", "a deployment needs a version", "add `--version V`",
                  "--version");
  if (!is_version(r.version))
    return refuse("invalid_version", fmt::format("`{}` is not a version", r.version),
                  "1 to 128 of A-Z a-z 0-9 . _ + -, a letter or digit first", "--version");
  if (e.versions_semantic && !is_semantic(r.version))
    return refuse(
        "invalid_version",
        fmt::format("`{}` is not a semantic version, and `versions: semantic` is set", r.version),
        "write it like 1.4.0 or 1.4.0-rc.1", "--version");
  return {};
}

text::Place origin_of(const Effective& e, const char* setting) {
  const auto found = e.origins.find(setting);
  return found == e.origins.end() ? text::Place{} : found->second;
}

Admission<> check_supported(const Effective& e) {
  if (e.platform != "local" && !e.contained())
    return unsupported(origin_of(e, "platform"),
                       fmt::format("the platform {} is not supported yet", e.platform),
                       "use `platform: local`, `platform: docker` or `platform: swarm`");
  if (e.router != "haproxy")
    return unsupported(origin_of(e, "router"),
                       fmt::format("the router {} is not supported yet", e.router),
                       "use `router: haproxy`");
  if (e.contained() && e.container.image.value.empty())
    return refuse("no_image",
                  fmt::format("the service {} does not say which image it is", e.service),
                  "write `image: registry.example/web` under `service`; the version is its tag");
  if (e.contained() && e.container.port == 0)
    return refuse("no_port",
                  fmt::format("the service {} does not say where its container listens", e.service),
                  "write `port: 8080` under `service`");
  if (e.platform == "local" && e.run.value.empty())
    return refuse("no_run", fmt::format("the service {} does not say how it is run", e.service),
                  "write `run: ./releases/${version}/server --port ${port}` under `service`",
                  e.run.origin.line > 0 ? fmt::format("{}:{}:{}", e.run.origin.file,
                                                      e.run.origin.line, e.run.origin.column)
                                        : "");
  if (e.listen.value.empty())
    return refuse(
        "no_listen",
        fmt::format("the environment {} does not say where requests come in", e.environment),
        fmt::format("write `listen: 127.0.0.1:8080` under `environments.{}`", e.environment));
  return {};
}

Admission<> choose_strategy(Request& r, const Effective& e) {
  const std::string wanted = r.strategy.empty() ? e.strategy.value : r.strategy;
  const auto strategy = plan::parse_strategy(wanted.empty() ? "blue_green" : wanted);
  static const std::vector<std::string> known = {"blue_green", "canary", "rolling", "recreate",
                                                 "steps"};
  if (!strategy)
    return refuse("unknown_strategy", fmt::format("`{}` is no strategy", wanted),
                  suggest(wanted, known), "--strategy");
  if (std::ranges::find(known, std::string(word(*strategy))) == known.end()) {
    auto refused = unsupported(r.strategy.empty() ? e.strategy.origin : text::Place{},
                               fmt::format("the strategy {} is not supported yet", word(*strategy)),
                               fmt::format("supported are {}", fmt::join(known, ", ")));
    if (!r.strategy.empty()) refused.error().mistakes.front().at = "--strategy";
    return refused;
  }
  r.strategy = word(*strategy);
  return {};
}

Admission<> check_secrets(const Effective& e) {
  if (e.missing.empty()) return {};
  return refuse("missing_secrets",
                fmt::format("Missing environment variables: {}", fmt::join(e.missing, ", ")));
}

// `after`: only a release that succeeded there.
Admission<> check_after(const Request& r, const Effective& e, const FindSite& find) {
  if (e.after.empty()) return {};
  const Site* before = find({r.service, e.after});
  if (before != nullptr && succeeded(*before, r.version)) return {};
  return conflict("not_released_before",
                  fmt::format("{} comes after {}, where {} has not succeeded", r.environment,
                              e.after, r.version),
                  fmt::format("slipway deploy {} --version {}", e.after, r.version));
}

// What an image of this version was here before: its tag may say something else by now.
std::string known_digest(const Site* site, const std::string& version) {
  if (site == nullptr) return {};
  for (const auto& [known, digest] : site->digests)
    if (known == version) return digest;
  return {};
}

Look look_at(const InstanceSpec& spec) {
  return {spec.artifact, spec.argv,      spec.shell, spec.directory,
          spec.where,    spec.container, spec.digest};
}

Admission<Look> admit_rollback(Request& r, const Site* site) {
  const Past* past = site == nullptr ? nullptr : way_back(*site, r.version);
  if (past == nullptr) {
    // While one is live a rollback undoes that one; the engine knows to what.
    if (site != nullptr && site->live && r.version.empty()) return Look{};
    return conflict("nothing_to_roll_back_to",
                    r.version.empty()
                        ? fmt::format("no other release has succeeded in {} yet", r.environment)
                        : fmt::format("{} has never succeeded in {}", r.version, r.environment),
                    r.version.empty() ? "" : "`slipway history` shows what has");
  }
  // The version stays empty while one is live: its own `from` is meant.
  if (!(site->live && r.version.empty())) r.version = past->release.version;
  return look_at(past->spec);
}

Admission<Look> admit_release(Request& r, const Effective& e, const Site* site,
                              const FindSite& find) {
  if (r.act == Act::restart) {
    const Copy* now = site == nullptr ? nullptr : serving(*site);
    if (now == nullptr)
      return conflict("nothing_runs", fmt::format("no release serves in {} yet", r.environment),
                      "slipway deploy comes first");
    r.version = now->release.version;
  }
  if (auto ok = check_version(r, e); !ok) return std::unexpected(ok.error());
  if (auto ok = choose_strategy(r, e); !ok) return std::unexpected(ok.error());
  if (auto ok = check_secrets(e); !ok) return std::unexpected(ok.error());
  if (r.act != Act::restart) {
    if (auto ok = check_after(r, e, find); !ok) return std::unexpected(ok.error());
  }
  Look look = look_at(plan::instance_spec(e, Release{r.service, r.version, "", ""}));
  if (!look.container->image.empty()) look.digest = known_digest(site, r.version);
  return look;
}

std::optional<WhenBusy> when_busy(const std::string& written) {
  if (written == "supersede") return WhenBusy::supersede;
  if (written == "refuse") return WhenBusy::refuse;
  return WhenBusy::queue;
}

}  // namespace

std::expected<Admitted, Refusal> admit(const Request& request, const config::Config& config,
                                       const FindSite& find) {
  Request r = request;
  const bool releases = r.act == Act::deploy || r.act == Act::rollback || r.act == Act::restart ||
                        r.act == Act::retry;
  if (!releases)
    return refuse("invalid", fmt::format("`{}` is not a request to release", word(r.act)));
  if (r.act == Act::retry) {
    if (auto ok = find_ended(r, config, find); !ok) return std::unexpected(ok.error());
  }
  if (auto ok = choose_environment(r, config); !ok) return std::unexpected(ok.error());
  const auto effective = choose_service(r, config);
  if (!effective) return std::unexpected(effective.error());
  const Effective& e = **effective;
  if (auto ok = check_supported(e); !ok) return std::unexpected(ok.error());

  const SiteId id{r.service, r.environment};
  const Site* site = find(id);
  auto look = r.act == Act::rollback ? admit_rollback(r, site) : admit_release(r, e, site, find);
  if (!look) return std::unexpected(look.error());
  if (!r.when_busy) r.when_busy = when_busy(e.when_busy);
  return Admitted{id, std::move(r), std::move(*look)};
}

}  // namespace slipway::intake
