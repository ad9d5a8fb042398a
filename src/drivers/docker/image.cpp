// Images: what a name means now, and the one that a release was planned with.
#include <algorithm>

#include "drivers/docker/docker.h"
#include "os/outbound.h"

namespace slipway::docker {

namespace {

constexpr Duration kAsideTime = 2s;  // for what is good to know and stops nothing

std::string shown(const std::string& digest) { return digest.substr(0, 19); }

// Who asks a registry. That a login cannot be had is told when it was needed.
struct Asking {
  Secret header;
  std::string trouble;

  Error told(Error error) const {
    if (error.fault == Fault::refused && !trouble.empty())
      error.text += fmt::format(" (the login kept for it cannot be had: {})", trouble);
    return error;
  }
};

Asking asking_for(const RegistryAuth& auth, const std::string& image) {
  if (!auth) return {};
  auto header = auth(image);
  if (!header) return {Secret(), header.error().text};
  return {std::move(*header), {}};
}

// Nothing when there is no such image; other failures are failures.
Result<std::optional<Image>> known_image(Engine& engine, const std::string& reference) {
  auto reply = TRY(engine.call(inspect_image(reference)));
  if (reply.status == 404 || reply.status == 400) return std::optional<Image>();
  return TRY(hear_image(reply));
}

std::string wrong_platform(Engine& engine, const Image& image) {
  auto own = engine.architecture();
  if (!own || image.architecture.empty() || image.architecture == *own) return {};
  return fmt::format("it is built for {}, and the engine runs {}", image.architecture, *own);
}

// What its registry calls it, else nothing: it was built or loaded here.
bool came_from_registry(const Image& image, const Reference& name, const std::string& digest) {
  return std::ranges::find(image.digests, name.repository + "@" + digest) != image.digests.end();
}

// A name whose digest is known may mean something else by now: that is said, and changes nothing.
void tell_moved(Engine& engine, const RegistryAuth& auth, const Reference& name,
                const std::string& digest, const std::optional<Image>& image, World& world) {
  if (name.tag.empty()) return;
  std::string now;
  if (!image || came_from_registry(*image, name, digest)) {
    const Asking who = asking_for(auth, name.text());
    auto reply = engine.call(ask_registry(name, kAsideTime), who.header.reveal());
    if (auto told = reply ? hear_registry(*reply) : std::unexpected(reply.error())) now = *told;
  } else if (auto tagged = known_image(engine, name.text()); tagged && *tagged) {
    now = has_digest(**tagged, digest) ? digest : digest_of(**tagged, name.repository);
  }
  if (now.empty() || now == digest) return;
  world.warnings.emplace_back(
      "tag_moved", fmt::format("{} is {} now; what runs is {}, as it was recorded", name.text(),
                               shown(now), shown(digest)));
}

World look_on(Engine& engine, const Look& asked, Form& form, const RegistryAuth& auth) {
  World world;
  const auto usable = form.usable(engine, asked.container);
  const Fault why = usable ? Fault::internal : usable.error().fault;
  if (why == Fault::unsupported || why == Fault::missing) {
    world.problem = usable.error().text;
    world.hint = why == Fault::missing
                     ? fmt::format("or name another network: `{}.network`", form.platform())
                     : fmt::format("or use another engine: `{}.host`", form.platform());
    return world;
  }
  const Reference written = reference_of(asked.container->image);
  Reference name = written;
  if (!asked.digest.empty()) name = {name.repository, "", asked.digest};
  auto image = known_image(engine, name.text());
  if (image && !*image && !asked.digest.empty()) image = known_image(engine, asked.digest);
  if (!image) {
    world.problem = image.error().text;
    world.hint = fmt::format("start the engine, or fix `{}.host`", form.platform());
    return world;
  }
  if (!asked.digest.empty()) tell_moved(engine, auth, written, asked.digest, *image, world);
  if (*image) {
    world.digest = asked.digest.empty() ? digest_of(**image, name.repository) : asked.digest;
    if (std::string wrong = wrong_platform(engine, **image); !wrong.empty()) {
      world.problem = fmt::format("image {}: {}", name.text(), wrong);
      world.hint = "build it for this machine";
    }
    return world;
  }
  const Asking who = asking_for(auth, name.text());
  auto reply = engine.call(ask_registry(name), who.header.reveal());
  auto digest = reply ? hear_registry(*reply) : std::unexpected(reply.error());
  if (digest) {
    world.digest = *digest;
  } else {
    const Error why = who.told(fetch_error(digest.error(), name.repository));
    world.problem = fmt::format("there is no image {} on the engine; {}", name.text(), why.text);
    // Who is not let in is told what to do by the words themselves.
    if (why.fault != Fault::refused) world.hint = "push it, or build or load it on this engine";
  }
  return world;
}

// It is not on the engine and could not be fetched: is it gone, or is its registry?
Error not_fetched(Engine& engine, const Reference& name, const Reference& pinned,
                  const std::string& version, const Error& why) {
  auto now = known_image(engine, name.text());
  const bool tagged = now && *now;
  const std::string what = pinned.repository + "@" + shown(pinned.digest);
  // An image that has no registry's digest never came from one.
  const bool own = tagged && (*now)->digests.empty();
  if (why.fault != Fault::missing && !own)
    return {why.fault, fmt::format("the image of release {} cannot be fetched: {} ({})", version,
                                   what, why.text)};
  const std::string moved =
      tagged ? fmt::format("; {} is {} now", name.text(), shown(digest_of(**now, name.repository)))
             : std::string();
  return {Fault::missing,
          fmt::format("the image of release {} is gone: {} cannot be fetched ({}){}", version, what,
                      why.text, moved)};
}

}  // namespace

World look(const Look& asked, Form& form, const RegistryAuth& auth) {
  os::Outbound outbound;
  Engine engine(asked.where, outbound);
  return look_on(engine, asked, form, auth);
}

World Docker::look(const Look& asked) {
  return look_on(engine_of(asked.where), asked, *form_, settings_.registry_auth);
}

// The image of a release, fetched when it is not there. It is found by the digest it was planned
// with: where the tag points now does not matter.
Result<Image> Docker::image_of(Engine& engine, const InstanceSpec& spec,
                               const std::string& version) {
  const Reference name = reference_of(spec.container.image);
  if (spec.digest.empty())
    return fail(Fault::invalid, "release {} has no digest: image {} was never looked at", version,
                name.text());
  const Reference pinned{name.repository, "", spec.digest};
  auto image = TRY(known_image(engine, pinned.text()));
  if (!image) image = TRY(known_image(engine, spec.digest));
  if (!image) {
    const Asking who = asking_for(settings_.registry_auth, name.text());
    Reply reply = TRY(engine.call(pull(pinned), who.header.reveal()));
    auto pulled = reply.status >= 300 ? std::unexpected(error_of(reply, "fetching it"))
                                      : hear_progress(reply.body);
    image = TRY(known_image(engine, pinned.text()));
    if (!image) {
      const Error why = pulled ? Error{Fault::missing, "no such image"}
                               : who.told(fetch_error(pulled.error(), name.repository));
      return std::unexpected(not_fetched(engine, name, pinned, version, why));
    }
  }
  if (!has_digest(*image, spec.digest))
    return fail(Fault::refused, "image {} of release {} is {}, and was {} when it was planned",
                name.text(), version, shown(image->id), shown(spec.digest));
  if (std::string wrong = wrong_platform(engine, *image); !wrong.empty())
    return fail(Fault::refused, "image {}: {}", name.text(), wrong);
  return *image;
}

Result<> Docker::check(const CheckRelease& check) {
  TRY(image_of(engine_of(check.spec->where), check.spec, check.version));
  return {};
}

}  // namespace slipway::docker
