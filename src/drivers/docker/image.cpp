// Images: what a name means now, and the one that a release was planned with.
#include "drivers/docker/docker.h"
#include "os/outbound.h"

namespace slipway::docker {

namespace {

std::string shown(const std::string& digest) { return digest.substr(0, 19); }

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

World look_on(Engine& engine, const Look& asked, Form& form) {
  World world;
  if (auto usable = form.usable(engine); !usable && usable.error().fault == Fault::unsupported) {
    world.problem = usable.error().text;
    world.hint = fmt::format("or use another engine: `{}.host`", form.platform());
    return world;
  }
  Reference name = reference_of(asked.container.image);
  if (!asked.digest.empty()) name = {name.repository, "", asked.digest};
  auto image = known_image(engine, name.text());
  if (image && !*image && !asked.digest.empty()) image = known_image(engine, asked.digest);
  if (!image) {
    world.problem = image.error().text;
    world.hint = fmt::format("start the engine, or fix `{}.host`", form.platform());
    return world;
  }
  if (*image) {
    world.digest = asked.digest.empty() ? digest_of(**image, name.repository) : asked.digest;
    if (std::string wrong = wrong_platform(engine, **image); !wrong.empty()) {
      world.problem = fmt::format("image {}: {}", name.text(), wrong);
      world.hint = "build it for this machine";
    }
    return world;
  }
  auto reply = engine.call(ask_registry(name));
  auto digest = reply ? hear_registry(*reply) : std::unexpected(reply.error());
  if (digest) {
    world.digest = *digest;
  } else {
    world.problem = fmt::format("there is no image {} on the engine, and its registry says: {}",
                                name.text(), digest.error().text);
    world.hint = "push it, or build or load it on this engine";
  }
  return world;
}

}  // namespace

World look(const Look& asked, Form& form) {
  os::Outbound outbound;
  Engine engine(asked.where, outbound);
  return look_on(engine, asked, form);
}

World Docker::look(const Look& asked) { return look_on(engine_of(asked.where), asked, *form_); }

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
    Reply reply = TRY(engine.call(pull(pinned)));
    auto pulled = reply.status >= 300 ? std::unexpected(error_of(reply, "fetching it"))
                                      : hear_progress(reply.body);
    image = TRY(known_image(engine, pinned.text()));
    if (!image) {
      auto now = TRY(known_image(engine, name.text()));
      const std::string moved =
          now ? fmt::format("; {} is {} now", name.text(), shown(digest_of(*now, name.repository)))
              : std::string();
      const Error why = pulled ? Error{Fault::missing, "no such image"} : pulled.error();
      const bool may_mend = why.fault == Fault::exhausted || why.fault == Fault::timeout;
      return fail(may_mend ? why.fault : Fault::missing,
                  "the image of release {} is gone: {} cannot be fetched ({}){}", version,
                  pinned.repository + "@" + shown(spec.digest), why.text, moved);
    }
  }
  if (!has_digest(*image, spec.digest))
    return fail(Fault::refused, "image {} of release {} is {}, and was {} when it was planned",
                name.text(), version, shown(image->id), shown(spec.digest));
  if (std::string wrong = wrong_platform(engine, *image); !wrong.empty())
    return fail(Fault::refused, "image {}: {}", name.text(), wrong);
  return *image;
}

Result<> Docker::check(const InstanceSpec& spec, const std::string& version) {
  TRY(image_of(engine_of(spec.where), spec, version));
  return {};
}

}  // namespace slipway::docker
