// Starting and adopting containers.
#include <algorithm>

#include "drivers/docker/docker.h"
#include "os/clock.h"
#include "os/files.h"

namespace slipway::docker {
namespace fs = std::filesystem;

namespace {

constexpr int kPorts = 5;  // tried, when somebody takes one between our look and the engine's
constexpr Duration kSoon = 20ms;

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

// What has the name of this instance: ours, a stranger's, or nothing.
Result<Docker::There> Docker::find(Engine& engine, const SiteId& site, std::uint32_t instance) {
  There there;
  there.seen = TRY(form_->find(engine, form_->name_of(agent_, site, instance)));
  if (there.seen) there.owner = owner_of(*there.seen, agent_);
  if (there.owner && (there.owner->site != site || there.owner->instance != instance))
    there.owner.reset();
  return there;
}

void Docker::start(const Asker& asker, const StartInstance& start, Fresh fresh) {
  const std::string key = key_of(asker.site, start.instance);
  if (is_ending(key))
    return answer(asker, Failed{{Fault::conflict,
                                 fmt::format("instance {} is being stopped", start.instance)}});
  Engine& engine = engine_of(start.spec->where);
  auto there = find(engine, asker.site, start.instance);
  if (!there) return answer(asker, failed(there.error()));
  if (there->seen && !there->owner)
    return answer(asker, Failed{{Fault::conflict, form_->stranger(there->seen->name)}, false, {}});
  const bool same = there->owner && there->owner->spec == spec_hash(start.spec, start.version);
  const bool returns = same && fresh == Fresh::yes && start.advance && there->seen->astray;
  if (same && !returns && take_up(asker, start, engine, *there->seen, fresh)) return;
  if (fresh == Fresh::no) {
    return answer(
        asker, Failed{{Fault::missing, fmt::format("instance {} does not run", start.instance)}});
  }
  if (!returns) unfollow(key);  // one that returns runs all the while
  // Another one than is wanted, or the rest of one: it goes first.
  if (there->seen && !form_->goes_on_from(start.spec->container)) {
    if (auto gone = bury(engine, *there->owner, *there->seen); !gone)
      return answer(asker, failed(gone.error()));
    if (port_was_taken(there->seen->trouble)) ports_.keep(there->seen->port);  // somebody else's
  }
  if (auto made = start_fresh(engine, asker.site, start); !made)
    return answer(asker, failed(made.error()));
  there = find(engine, asker.site, start.instance);
  if (!there) return answer(asker, failed(there.error()));
  if (there->seen && take_up(asker, start, engine, *there->seen, Fresh::no)) return;
  // Taken away again at once, by somebody else.
  answer(asker, Failed{{Fault::missing,
                        fmt::format("instance {} was made and is not there", start.instance)}});
}

// Answers for what is there, when that is what was wanted.
bool Docker::take_up(const Asker& asker, const StartInstance& start, Engine& engine,
                     const Seen& seen, Fresh fresh) {
  std::error_code error;
  if (seen.running) {
    adopt(asker, start, engine, seen);
  } else if (seen.waiting && seen.trouble.empty()) {
    answer(asker, Pending{kSoon});
  } else if (!seen.trouble.empty() && fresh == Fresh::no) {
    answer(asker, Failed{{Fault::unavailable, seen.trouble}});
  } else if ((seen.status == "exited" || seen.status == "dead") &&
             !fs::exists(told_mark(seen.id), error)) {
    tell_ended(asker, start, engine, seen);
  } else {
    return false;
  }
  return true;
}

Result<> Docker::start_fresh(Engine& engine, const SiteId& site, const StartInstance& start) {
  const Image image = TRY(image_of(engine, start.spec, start.version));
  Birth birth{.agent = agent_,
              .site = site,
              .start = start,
              .spec = spec_hash(start.spec, start.version),
              .image_id = image.id};
  const std::uint32_t number = form_->number_of(start);
  for (std::string& word : birth.start.spec.edit().argv)
    word = platform::filled(word, start.spec->container.port, number);
  for (std::string& word : birth.start.spec.edit().health.command)
    word = platform::filled(word, start.spec->container.port, number);
  birth.own_health = start.spec->health.kind == HealthCheck::Kind::command ||
                     (start.spec->health.kind == HealthCheck::Kind::tcp && image.has_health);
  TRY(add_secrets(site, start, birth));
  return bear(engine, std::move(birth));
}

Result<> Docker::bear(Engine& engine, Birth birth) {
  if (form_->gives_ports(birth.start.spec->container)) return form_->make(engine, birth);
  for (int attempt = 1;; ++attempt) {
    birth.port = TRY(ports_.take());
    auto made = form_->make(engine, birth);
    if (made) return {};
    ports_.give_back(birth.port);
    if (!port_was_taken(made.error().text) || attempt >= kPorts) return made;
    ports_.keep(birth.port);  // somebody else's
  }
}

void Docker::adopt(const Asker& asker, const StartInstance& start, Engine& engine,
                   const Seen& seen) {
  ports_.keep(seen.port);
  // What it replaces is known before it may serve, so that nothing else goes in its place.
  for (const std::uint32_t instance : seen.replaced)
    fact(asker.site, Leaving{instance, fmt::format("instance {} replaces it", start.instance)});
  // Watched only now: no fact of it may come before the answer that names it.
  answer(asker, started_at(seen));
  if (!seen.ending.empty()) fact(asker.site, Leaving{start.instance, seen.ending});
  follow(asker.site, start, engine, seen);
}

// It ended while nobody looked. That it had been started is true, and that it ended is news.
void Docker::tell_ended(const Asker& asker, const StartInstance& start, Engine& engine,
                        const Seen& seen) {
  answer(asker, started_at(seen));
  std::ignore = os::write_file(told_mark(seen.id), "");
  const std::string name = form_->name_of(agent_, asker.site, start.instance);
  fact(asker.site, Exited{start.instance, exit_status(seen.exit), tail(engine, name, seen)});
}

// Values reach the container as files on memory, and NAME_FILE says where; as variables they would
// be on the engine's disk and in `docker inspect`.
Result<> Docker::add_secrets(const SiteId& site, const StartInstance& start, Birth& birth) {
  StartInstance open = start;
  open.instance = form_->number_of(start);
  if (!start.spec->container.open_secrets) open.spec.edit().secrets.clear();
  birth.env =
      TRY(platform::environment_of(site, open, start.spec->container.port, {}, settings_.secret));
  if (start.spec->container.open_secrets || start.spec->secrets.empty()) return {};
  birth.secrets = TRY(platform::secrets_of(site, start.spec, settings_.secret));
  for (const auto& [name, value] : birth.secrets)
    birth.env.emplace_back(name + "_FILE", "/run/secrets/" + name);
  return {};
}

}  // namespace slipway::docker
