// Instances that are containers and nothing more.
#include "drivers/docker/form.h"

#include "drivers/docker/reading.h"
#include "os/files.h"
#include "platform/kept.h"

namespace slipway::docker {
namespace fs = std::filesystem;

Result<std::optional<std::string>> network_scope(Engine& engine, const std::string& name) {
  const Reply reply = TRY(engine.call({.path = "/networks/" + os::url_part(name)}));
  if (reply.status == 404) return std::optional<std::string>();
  return text_at(TRY(parsed(reply, "looking at the network " + name)), {"Scope"});
}

namespace {

class Containers : public Form {
 public:
  explicit Containers(fs::path runtime) : runtime_(std::move(runtime)) {}

  std::string_view platform() const override { return "docker"; }

  std::string name_of(const std::string& agent, const SiteId& site,
                      std::uint32_t instance) const override {
    return container_name(agent, site, instance);
  }

  std::string stranger(const std::string& name) const override {
    return fmt::format(
        "a container that is not of this agent has the name {0}; remove or rename it: docker rm -f "
        "{0}",
        name);
  }

  Result<> usable(Engine& engine, const Container& wanted) override {
    if (wanted.network.empty()) return {};
    const auto scope = TRY(network_scope(engine, wanted.network));
    if (scope) return {};
    return fail(Fault::missing, "there is no network {0} on the engine: docker network create {0}",
                wanted.network);
  }

  Result<std::optional<Seen>> find(Engine& engine, const std::string& name) override {
    Reply reply = TRY(engine.call(inspect(name)));
    if (reply.status == 404) return std::optional<Seen>();
    return TRY(hear_container(reply));
  }

  Result<std::vector<Seen>> list(Engine& engine, const std::string& agent) override {
    return hear_list(TRY(engine.call(docker::list(agent))));
  }

  Result<> make(Engine& engine, const Birth& birth) override {
    auto made = make_one(engine, birth);
    if (made) return {};
    std::error_code error;
    fs::remove_all(secrets_folder(birth.site, birth.start.instance), error);
    return made;
  }

  Result<> remove(Engine& engine, const std::string& name, const Seen& seen) override {
    Reply removed = TRY(engine.call(docker::remove(seen.id)));
    if (removed.status >= 300 && removed.status != 404)
      return std::unexpected(error_of(removed, fmt::format("removing the container {}", name)));
    std::error_code error;
    if (const auto owner = owner_of(seen))
      fs::remove_all(secrets_folder(owner->site, owner->instance), error);
    return {};
  }

 private:
  fs::path secrets_folder(const SiteId& site, std::uint32_t instance) const {
    return runtime_ / "secrets" / fmt::format("{}-i{}", platform::site_part(site), instance);
  }

  Result<std::string> write_secrets(const Birth& birth) const {
    if (birth.secrets.empty()) return std::string();
    const fs::path folder = secrets_folder(birth.site, birth.start.instance);
    TRY(os::make_folder(folder.parent_path(), 0700));
    TRY(os::make_folder(folder, 0755));
    for (const auto& [name, value] : birth.secrets) TRY(os::swap_file(folder / name, value, 0444));
    return folder.string();
  }

  Result<> make_one(Engine& engine, const Birth& birth) const {
    const std::string folder = TRY(write_secrets(birth));
    Reply made = TRY(engine.call(create(birth, folder)));
    if (made.status >= 300)
      return std::unexpected(
          error_of(made, fmt::format("making the container of instance {}", birth.start.instance)));
    const std::string id = TRY(hear_made(made));
    auto begun = engine.call(docker::start(id));
    if (begun && begun->status < 300) return {};
    const Error why =
        begun ? error_of(*begun, fmt::format("starting instance {}", birth.start.instance))
              : begun.error();
    std::ignore = engine.call(docker::remove(id));
    return std::unexpected(why);
  }

  fs::path runtime_;
};

}  // namespace

std::unique_ptr<Form> containers(fs::path runtime) {
  return std::make_unique<Containers>(std::move(runtime));
}

}  // namespace slipway::docker
