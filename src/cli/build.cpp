// slipway build: makes a release's image from its Dockerfile, on the engine of an environment.
// Needs no agent.
#include <fmt/format.h>

#include <set>

#include "cli/handover.h"
#include "cli/verb.h"
#include "plan/spec.h"

namespace slipway::cli {
namespace {

// The service in question, of the environment whose engine is to do it: the one that is named, else
// the first that runs containers.
std::expected<const config::Effective*, Trouble> builder(Session& s, const config::Config& config,
                                                         const std::string& word) {
  Place place;
  if (!word.empty()) place = TRY(place_of(s, word, nullptr));
  if (place.service.empty()) {
    if (config.services.size() != 1)
      return refuse("usage",
                    fmt::format("which service? There are {}", fmt::join(config.services, ", ")),
                    "name it: production/" + config.services.front());
    place.service = config.services.front();
  }
  for (const std::string& environment : config.environments) {
    if (!place.environment.empty() && environment != place.environment) continue;
    const config::Effective* e = config.find(environment, place.service);
    if (e != nullptr && (e->contained() || !place.environment.empty())) return e;
  }
  if (!place.environment.empty())
    return refuse("unknown_environment",
                  fmt::format("there is no {} in the configuration", harmless(place.words())));
  return refuse("not_supported", "no environment runs containers: there is no image to build",
                "write `platform: docker` under an environment");
}

// Versions and digests that a rollback may want, of every environment; refused while a deployment
// is live, which may want another one.
std::expected<std::set<std::string>, Trouble> needed_of(Session& s, Agent& agent,
                                                        const std::string& service) {
  const object status = TRY(fetch(s, agent, "/v1/environments"));
  std::set<std::string> needed;
  for (const value& item : array_of(status, "environments")) {
    if (!item.is_object()) continue;
    const object& environment = item.get_object();
    for (const value& v : array_of(environment, "services")) {
      if (v.is_object() && text_of(v.get_object(), "service") == service &&
          !object_of(v.get_object(), "live").empty())
        return refuse("busy", "a deployment is live");
    }
    const std::string all =
        fmt::format("/v1/history?limit=200&state=succeeded&service={}&environment={}",
                    encoded(service), encoded(text_of(environment, "environment")));
    for (std::optional<double> after = 0; after;) {
      const object list =
          TRY(fetch(s, agent, *after > 0 ? fmt::format("{}&after={:.0f}", all, *after) : all));
      for (const value& past : array_of(list, "items")) {
        if (!past.is_object()) continue;
        needed.insert(text_of(past.get_object(), "to"));
        needed.insert(text_of(past.get_object(), "digest"));
      }
      after = number_of(list, "next");
    }
  }
  needed.erase("");
  return needed;
}

// Retention. What cannot be known to be free to go stays, and that is said.
void prune(Session& s, const Where& where, const plan::ImageBuild& made) {
  const auto kept = [&](const std::string& why) {
    s.say(fmt::format("older images are kept: {}", why));
  };
  auto agent = reach(s, Need::glance);
  if (!agent) return kept("no agent answers that could say which are needed");
  // A token may not be let in everywhere.
  if (!s.door || s.door->socket.empty())
    return kept("only an agent on this machine says all that is needed");
  auto needed = needed_of(s, **agent, made.service);
  if (!needed) return kept(needed.error().text);
  needed->insert(made.version);
  auto said = s.hooks.prune(where, made, *needed);
  if (!said) return kept(said.error().text);
  for (const std::string& line : *said) s.say(harmless(line));
}

// What an agent that answers may count; a build is good without.
void report(Session& s, const plan::ImageBuild& made, const std::string& version, Duration took,
            const std::string& failed) {
  auto agent = reach(s, Need::glance);
  if (!agent) return;
  object body{{"service", made.service},
              {"version", version},
              {"state", failed.empty() ? "succeeded" : "failed"},
              {"duration", took.count() / 1000}};
  if (!failed.empty()) body["because"] = failed;
  if (auto told = send(s, **agent, "/v1/builds", body); !told)
    s.detail("the agent did not take the build's report: " + told.error().text);
}

}  // namespace

Ended run_build(Call& call) {
  std::string word, version;
  bool fresh = false;
  call.options.word("ENV", word, "the environment (ENV/SERVICE) whose engine builds");
  call.options.text("--version", version, "what the image is: its tag", "V");
  call.options.flag("--no-cache", fresh, "every step anew");
  if (auto over = call.parse()) return *over;
  Session& s = call.session;
  if (version.empty()) return refuse("usage", "which version?", "slipway build --version V");
  const api::ConfigFiles files = TRY(gather(s));
  auto config = config::load(sources_of(s, files));
  if (!config) return std::unexpected(trouble_of(config.error(), s.colour()));
  const config::Effective* e = TRY(builder(s, *config, word));
  if (!e->contained())
    return refuse("not_supported", fmt::format("{} runs processes: there is no image to build",
                                               harmless(e->environment)));
  if (!e->build.written() || e->image().empty())
    return refuse(
        "no_build",
        fmt::format("the service {} does not say how its image is made", harmless(e->service)),
        "write `image: web` and `build: { dockerfile: Dockerfile }` under `service`");
  if (!s.hooks.build) return unreachable("this program cannot build");
  const plan::ImageBuild asked = plan::image_build(*e, Release{.version = version});
  const Duration begun = s.console.steady();
  auto id = s.hooks.build(plan::engine_of(*e), asked, fresh,
                          [&](std::string_view line) { s.say(harmless(std::string(line))); });
  report(s, asked, version, s.console.steady() - begun, id ? "" : id.error().text);
  if (!id)
    return refuse("build_failed", fmt::format("Build failed at: image ({})", id.error().text));
  if (asked.keep > 0 && s.hooks.prune) prune(s, plan::engine_of(*e), asked);
  if (s.machine()) {
    s.print_json({{"schema", "build/1"},
                  {"image", asked.image},
                  {"digest", *id},
                  {"service", e->service},
                  {"version", version}});
    return kExitGood;
  }
  s.line(fmt::format("{} {} is {}", paint("✓", Ink::good, s.colour()), asked.image, *id));
  return kExitGood;
}

}  // namespace slipway::cli
