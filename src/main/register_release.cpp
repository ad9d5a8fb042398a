#include "main/register_release.h"

#include <algorithm>

#include "drivers/registry/reference.h"
#include "intake/version.h"
#include "main/platforms.h"
#include "os/clock.h"
#include "plan/spec.h"

namespace slipway {
namespace {

constexpr std::size_t kShownDigits = 19;  // "sha256:" and twelve digits

std::unexpected<Refusal> refused(std::string code, std::string text, std::string hint,
                                 int http = 422) {
  Mistake mistake{.at = "", .code = code, .text = text, .hint = hint, .rendered = ""};
  mistake.rendered = "error: " + text + (hint.empty() ? "" : "\n  hint: " + hint);
  return std::unexpected(Refusal{
      .code = std::move(code), .text = std::move(text), .mistakes = {mistake}, .http = http});
}

std::unexpected<Refusal> other_digest(const std::string& version, const std::string& then,
                                      const std::string& now) {
  return refused("digest_mismatch",
                 fmt::format("{} is known with another digest: {} then, {} now", version,
                             then.substr(0, kShownDigits), now.substr(0, kShownDigits)),
                 "one version is one release for ever: give the changed one a new version", 409);
}

// "127.0.0.1:5000/web" of "127.0.0.1:5000/web:v2": the same image may be had there.
std::string repository_of(const std::string& image) {
  auto reference = registry::parse_reference(image);
  return reference ? reference->name() : image;
}

// The first environment of the pipeline that has the service, unless one was named.
std::expected<const config::Effective*, Refusal> place_of(const config::Config& config,
                                                          const api::NewRelease& wanted) {
  std::string service = wanted.service;
  if (service.empty() && config.services.size() == 1) service = config.services.front();
  if (service.empty())
    return refused("service_needed",
                   fmt::format("there are {} services: name one", config.services.size()),
                   "`service`, or --service");
  for (const std::string& environment : config.environments) {
    if (!wanted.environment.empty() && environment != wanted.environment) continue;
    if (const auto* e = config.find(environment, service)) return e;
  }
  if (std::ranges::find(config.services, service) == config.services.end())
    return refused("unknown_service", fmt::format("there is no service `{}`", service), "");
  return refused("unknown_environment",
                 fmt::format("there is no environment `{}` with `{}`", wanted.environment, service),
                 "");
}

// Of all environments, the first whose containers this engine would run.
const config::Effective* contained_of(const config::Config& config, const std::string& service) {
  for (const std::string& environment : config.environments) {
    const auto* e = config.find(environment, service);
    if (e != nullptr && (e->platform == "docker" || e->platform == "swarm")) return e;
  }
  return nullptr;
}

// An image as it stands in the record: without the digest, which has its own place.
std::string without_digest(const std::string& image) { return image.substr(0, image.find('@')); }

}  // namespace

std::expected<views::Release, Refusal> ReleaseRegister::seen(const api::NewRelease& wanted) const {
  const auto config = world_.desk->current();
  if (!config)
    return refused("no_config", "the agent has no configuration yet",
                   "run the command in the folder of slipway.yaml", 409);
  const config::Effective* e = TRY(place_of(*config, wanted));
  if (!intake::is_version(wanted.version) ||
      (e->versions_semantic && !intake::is_semantic(wanted.version)))
    return refused("invalid_version", fmt::format("`{}` is not a version", wanted.version),
                   e->versions_semantic ? "write it like 1.4.0 or 1.4.0-rc.1"
                                        : "1 to 128 of A-Z a-z 0-9 . _ + -, a letter or digit "
                                          "first");
  views::Release release{.service = e->service,
                         .version = wanted.version,
                         .commit = wanted.commit,
                         .by = wanted.by,
                         .because = wanted.because,
                         .at = os::wall_now(),
                         .created = true};
  const InstanceSpec spec = plan::instance_spec(*e, {e->service, wanted.version, "", ""});
  Look look{spec.artifact, spec.argv, spec.shell, spec.directory, spec.where, spec.container, ""};
  release.image = wanted.image.empty() ? spec.container.image : wanted.image;
  std::string trouble;
  if (!release.image.empty()) {
    const auto reference = registry::parse_reference(release.image);
    if (!reference) return refused("invalid_image", reference.error().text, "");
    // An image without a host is the engine's first, as for a deployment.
    const auto* engine = contained_of(*config, e->service);
    const bool hosted = release.image.find(reference->host + "/") == 0;
    if (hosted || engine == nullptr) {
      if (auto digest = digest_in_registry(*reference))
        release.digest = *digest;
      else
        trouble = digest.error().text;
    }
    if (release.digest.empty() && engine != nullptr) {
      look.container.edit().image = release.image;
      look.where = plan::instance_spec(*engine, {e->service, wanted.version, "", ""}).where;
      const slipway::World world = world_.look(look);
      release.digest = world.problem.empty() ? world.digest : std::string();
      // Both ask the same registry: its answer is told once.
      if (release.digest.empty())
        trouble = trouble.empty() ? world.problem : trouble + "; the engine has no such image";
    }
    release.image = without_digest(release.image);
  } else {
    const slipway::World world = world_.look(look);
    trouble = world.problem;
    if (trouble.empty() && world.digest.empty()) trouble = "nothing tells what it is made of";
    release.digest = world.digest;
    if (release.commit.empty()) release.commit = world.commit;
  }
  if (!trouble.empty() && (release.digest.empty() || release.image.empty()))
    return refused("release_unusable",
                   fmt::format("{} cannot be registered: {}", wanted.version, trouble),
                   release.image.empty() ? "name its files by `service.artifact`, or an image by "
                                           "--image"
                                         : "");
  return release;
}

std::expected<api::Registration, Refusal> ReleaseRegister::add(const api::NewRelease& wanted) {
  std::lock_guard lock(adding_);
  views::Release release = TRY(seen(wanted));
  const auto before = world_.board->release(release.service, release.version);
  if (before && before->digest != release.digest)
    return other_digest(release.version, before->digest, release.digest);
  if (!before) {
    for (const views::Release& ran : world_.board->pinned(release.service, release.version))
      if (ran.image.empty() == release.image.empty() && ran.digest != release.digest)
        return other_digest(release.version, ran.digest, release.digest);
    const auto lsn = world_.shell->note("release", views::release_bytes(release));
    if (!lsn) return refused("record_failed", lsn.error().text, "make room on its disk", 503);
    world_.board->registered(release, *lsn);
  }
  const auto list =
      world_.board->releases({.service = release.service, .version = release.version, .limit = 1});
  return api::Registration{list.at("items").as_array().at(0).as_object(), !before};
}

Result<> restore_releases(shell::Shell& shell, views::Board& board) {
  std::vector<std::string> records;
  TRY(shell.notes("release", [&](const std::string& bytes) { records.push_back(bytes); }));
  for (const std::string& bytes : records)
    board.restore_release(TRY(views::release_of_bytes(bytes)));
  return {};
}

// An image is known by the record, else by what ran in any environment from the same repository.
void pin(const views::Board& board, Admitted& admitted) {
  const Request& r = admitted.request;
  Look& look = admitted.look;
  if (look.container->image.empty() || r.act == Act::rollback) return;
  const auto created = board.release(r.service, r.version);
  if (created && !created->image.empty()) {
    look.digest = created->digest;
    look.container.edit().image = created->image;
    return;
  }
  if (!look.digest.empty()) return;
  for (const views::Release& ran : board.pinned(r.service, r.version))
    if (!ran.image.empty() && repository_of(ran.image) == repository_of(look.container->image)) {
      look.digest = ran.digest;
      return;
    }
}

std::expected<void, Refusal> hold_to(const views::Board& board, const Request& r, Plan& plan) {
  if (r.act == Act::rollback) return {};
  const auto created = board.release(plan.to.service, plan.to.version);
  const bool contained = !plan.spec->container.image.empty();
  if (!created || created->image.empty() == contained) return {};
  if (created->digest != plan.to.digest)
    return other_digest(plan.to.version, created->digest,
                        plan.to.digest.empty() ? "nothing" : plan.to.digest);
  if (contained) plan.spec.edit().container.image = created->image;
  if (plan.to.commit.empty()) plan.to.commit = created->commit;
  return {};
}

}  // namespace slipway
