// Starting and adopting containers.
#include <algorithm>

#include "drivers/docker/docker.h"
#include "os/clock.h"
#include "os/files.h"

namespace slipway::docker {
namespace fs = std::filesystem;

namespace {

constexpr int kPorts = 5;  // tried, when somebody takes one between our look and the engine's

Outcome started_at(const Seen& seen) {
  Observed observed;
  observed.port = seen.port;
  observed.pid = seen.pid;
  return Done{std::move(observed)};
}

bool port_was_taken(const std::string& text) {
  return text.find("port is already allocated") != std::string::npos ||
         text.find("address already in use") != std::string::npos;
}

}  // namespace

// What has the name of this instance: our container, a stranger's, or nothing.
Result<Docker::There> Docker::find(Engine& engine, const SiteId& site, std::uint32_t instance) {
  There there;
  Reply reply = TRY(engine.call(inspect(container_name(agent_, site, instance))));
  if (reply.status == 404) return there;
  there.seen = TRY(hear_container(reply));
  there.owner = owner_of(*there.seen, agent_);
  if (there.owner && (there.owner->site != site || there.owner->instance != instance))
    there.owner.reset();
  return there;
}

void Docker::start(const Asker& asker, const StartInstance& start, Fresh fresh) {
  const std::string key = key_of(asker.site, start.instance);
  {
    std::lock_guard lock(mutex_);
    if (stopping_.contains(key)) {
      sink_.answer(
          asker.site, asker.id, asker.attempt,
          Failed{{Fault::conflict, fmt::format("instance {} is being stopped", start.instance)}});
      return;
    }
  }
  Engine& engine = engine_of(start.spec.where);
  auto there = find(engine, asker.site, start.instance);
  if (!there) return answer(asker, failed(there.error()));
  if (there->seen && !there->owner) {
    return answer(
        asker,
        failed({Fault::conflict,
                fmt::format("a container that is not of this agent has the name {}; remove or "
                            "rename it: docker rm -f {}",
                            there->seen->name, there->seen->name)}));
  }
  const bool same = there->owner && there->owner->spec == spec_hash(start.spec, start.version);
  if (same && there->seen->running) return adopt(asker, start, engine, *there->seen);
  std::error_code error;
  const bool lived = same && (there->seen->status == "exited" || there->seen->status == "dead");
  if (lived && !fs::exists(told_mark(there->seen->id), error))
    return tell_ended(asker, start, engine, *there->seen);
  if (fresh == Fresh::no) {
    return answer(
        asker, Failed{{Fault::missing, fmt::format("instance {} does not run", start.instance)}});
  }
  unfollow(key);
  // Another container than the one that is wanted, or the rest of one: it goes first.
  if (there->seen) {
    if (auto gone = bury(engine, *there->owner, *there->seen); !gone)
      return answer(asker, failed(gone.error()));
  }
  auto observed = start_fresh(engine, asker.site, start);
  answer(asker, observed ? Outcome(Done{*observed}) : failed(observed.error()));
  if (!observed) return;
  // Watched only now: no fact of a container may come before the answer that names it.
  if (auto made = find(engine, asker.site, start.instance); made && made->owner)
    follow(asker.site, start, engine, *made->seen);
}

Result<Observed> Docker::start_fresh(Engine& engine, const SiteId& site,
                                     const StartInstance& start) {
  const Image image = TRY(image_of(engine, start.spec, start.version));
  Birth birth{.agent = agent_, .site = site, .start = start, .image_id = image.id};
  for (std::string& word : birth.start.spec.argv)
    word = platform::filled(word, start.spec.container.port, start.instance);
  for (std::string& word : birth.start.spec.health.command)
    word = platform::filled(word, start.spec.container.port, start.instance);
  birth.own_health = start.spec.health.kind == HealthCheck::Kind::command ||
                     (start.spec.health.kind == HealthCheck::Kind::tcp && image.has_health);
  birth.secrets = TRY(make_secrets(site, start, birth));
  auto observed = bear(engine, std::move(birth));
  std::error_code error;
  if (!observed) fs::remove_all(secrets_folder(site, start.instance), error);
  return observed;
}

// The spec's hash is of the plan's words, not of the filled ones.
Result<Observed> Docker::bear(Engine& engine, Birth birth) {
  for (int attempt = 1;; ++attempt) {
    birth.port = TRY(ports_.take());
    Reply made = TRY(engine.call(create(birth)));
    if (made.status >= 300) {
      ports_.give_back(birth.port);
      return std::unexpected(
          error_of(made, fmt::format("making the container of instance {}", birth.start.instance)));
    }
    const std::string id = TRY(hear_created(made));
    auto begun = engine.call(docker::start(id));
    Error why;
    if (begun && begun->status < 300) {
      const Seen seen = TRY(hear_container(TRY(engine.call(inspect(id)))));
      Observed observed;
      observed.port = birth.port;
      observed.pid = seen.pid;
      return observed;
    }
    why = begun ? error_of(*begun, fmt::format("starting instance {}", birth.start.instance))
                : begun.error();
    std::ignore = engine.call(docker::remove(id));
    ports_.give_back(birth.port);
    if (port_was_taken(why.text) && attempt < kPorts) {
      ports_.keep(birth.port);  // somebody else's
      continue;
    }
    return std::unexpected(why);
  }
}

void Docker::adopt(const Asker& asker, const StartInstance& start, Engine& engine,
                   const Seen& seen) {
  ports_.keep(seen.port);
  answer(asker, started_at(seen));
  follow(asker.site, start, engine, seen);
}

// It ended while nobody looked. That it had been started is true, and that it ended is news.
void Docker::tell_ended(const Asker& asker, const StartInstance& start, Engine& engine,
                        const Seen& seen) {
  answer(asker, started_at(seen));
  std::ignore = os::write_file(told_mark(seen.id), "");
  sink_.fact(asker.site, Exited{start.instance, exit_status(seen.exit), tail(engine, seen)});
}

fs::path Docker::secrets_folder(const SiteId& site, std::uint32_t instance) const {
  return settings_.runtime / "secrets" / fmt::format("{}-i{}", platform::site_part(site), instance);
}

// Values reach the container as files on memory, and NAME_FILE says where; as variables they would
// be on the engine's disk and in `docker inspect`.
Result<std::string> Docker::make_secrets(const SiteId& site, const StartInstance& start,
                                         Birth& birth) {
  StartInstance open = start;
  if (!start.spec.container.open_secrets) open.spec.secrets.clear();
  birth.env =
      TRY(platform::environment_of(site, open, start.spec.container.port, {}, settings_.secret));
  if (start.spec.container.open_secrets || start.spec.secrets.empty()) return std::string();
  const fs::path folder = secrets_folder(site, start.instance);
  auto values = TRY(platform::secrets_of(site, start.spec, settings_.secret));
  TRY(os::make_folder(folder.parent_path(), 0700));
  TRY(os::make_folder(folder, 0755));
  for (const auto& [name, value] : values) {
    TRY(os::swap_file(folder / name, value, 0444));
    birth.env.emplace_back(name + "_FILE", "/run/secrets/" + name);
  }
  return folder.string();
}

}  // namespace slipway::docker
