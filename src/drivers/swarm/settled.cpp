// The end of tasks of a service that is rolled, and what is left of it: as many as there are
// instances, and their secrets.
#include <fmt/format.h>

#include <algorithm>

#include "drivers/swarm/rolled.h"

namespace slipway::swarm {
using docker::Birth;
using docker::Call;
using docker::Engine;
using docker::Reply;
using docker::Seen;

namespace {

constexpr int kTold = 8;  // times, while the swarm writes, too

}  // namespace

Result<> done(Engine& engine, const Call& call, const std::string& doing) {
  const Reply reply = TRY(engine.call(call));
  if (reply.status < 300) return {};
  return std::unexpected(docker::error_of(reply, doing));
}

Result<> gone(Engine& engine, const Call& call, const std::string& doing) {
  Reply reply = TRY(engine.call(call));
  if (reply.status < 300 || reply.status == 404) return {};
  return std::unexpected(docker::error_of(reply, doing));
}

// The swarm writes to a service that it updates: what was said to an older number of it is said
// again, unless it went to another release meanwhile.
Result<> Rolled::change(Engine& engine, const Now& now,
                        const std::function<Call(const Service&)>& call, const char* doing) {
  Service service = now.service;
  for (int attempt = 1;; ++attempt) {
    auto told = done(engine, call(service), fmt::format("{} the service {}", doing, now.name));
    if (told || attempt == kTold || told.error().text.find("out of sequence") == std::string::npos)
      return told;
    const auto again = TRY(look(engine, now.name));
    if (!again || again->service.key != service.key) return told;
    service = again->service;
  }
}

// Beside another release it is the swarm that lets tasks go: one ended before would be started
// again, of the release that the service is to be.
Result<> Rolled::may_end(Engine& engine, const std::string& name) {
  const auto claim = claims_.find(name);
  if (!claim) return {};
  const auto now = TRY(look(engine, claim->service));
  if (!now) return {};
  end_strays(engine, *now);
  const Task* task = now->task(claim->task);
  const bool beside =
      std::ranges::any_of(now->claims, [&](const Claim& other) { return other.key != claim->key; });
  const bool stays = task != nullptr && task->stays();
  if (!beside || (now->service.key != claim->key && !stays)) return {};
  return fail(Fault::unavailable, "the swarm does not let instance {} of service {} go yet{}",
              claim->instance, now->name,
              now->service.update.empty() ? "" : " (" + now->service.said() + ")");
}

Result<> Rolled::remove(Engine& engine, const std::string& name, const Seen& seen) {
  const auto claim = claims_.find(name);
  if (!claim) return {};
  std::lock_guard lock(claims_.alone(claim->service));
  const auto now = TRY(look(engine, claim->service));
  if (now) TRY(settle(engine, *now, name));
  if (!seen.id.empty()) TRY(engine.call(docker::remove(seen.id)));
  return claims_.forget(name);
}

// As many tasks as there are instances left, once all are of one release.
Result<> Rolled::settle(Engine& engine, const Now& now, const std::string& leaving) {
  int left = 0, others = 0;
  bool alike = true;
  for (const Claim& claim : now.claims) {
    if (claim.name == leaving) continue;
    ++others;
    alike &= claim.key == now.service.key;
    const Task* task = now.task(claim.task);
    if (task != nullptr && !task->leaves()) ++left;
  }
  if (others == 0) {
    TRY(gone(engine, remove_service(now.name), "removing the service " + now.name));
    end_strays(engine, now, true);
    return forget_secrets(engine, now.name, "");
  }
  end_strays(engine, now);
  if (!alike || left == 0) return {};
  if (left != now.service.replicas) {
    const Rolling rolling{.replicas = left, .released = left};
    TRY(change(
        engine, now, [&](const Service& s) { return go_on(s.name, s.spec, s.index, rolling); },
        "changing the number of tasks of"));
  }
  return forget_secrets(engine, now.name, now.service.key);
}

// What the swarm lets go and is no instance: nobody else ends it before its time is over.
void Rolled::end_strays(Engine& engine, const Now& now, bool all) {
  for (const Task& task : now.tasks) {
    if ((all ? !task.over : task.leaves()) && !task.container.empty() && !now.is_claimed(task))
      std::ignore = engine.call(docker::kill(task.container, 15));
  }
}

// ---- secrets -------------------------------------------------------------------------------

Result<std::vector<Given>> Rolled::give_secrets(Engine& engine, const Birth& birth,
                                                const std::string& service) {
  std::vector<Given> out;
  if (birth.secrets.empty()) return out;
  const auto there = TRY(hear_secrets(TRY(engine.call(secrets_of_service(service)))));
  for (const auto& [secret, value] : birth.secrets) {
    const std::string name = secret_name(secret_scope(birth, service), secret);
    const auto found = std::ranges::find(there, name, &Kept::name);
    if (found != there.end()) {
      out.push_back({secret, found->id});
      continue;
    }
    const Reply reply = TRY(engine.call(create_secret(birth, service, name, value)));
    if (reply.status >= 300)
      return std::unexpected(
          docker::error_of(reply, fmt::format("giving {} to the swarm", secret)));
    out.push_back({secret, TRY(docker::hear_made(reply, "ID"))});
  }
  return out;
}

Result<> Rolled::forget_secrets(Engine& engine, const std::string& service,
                                const std::string& but_of) {
  for (Kept& secret : TRY(hear_secrets(TRY(engine.call(secrets_of_service(service)))))) {
    if (but_of.empty() || secret.labels[docker::kSpec] != but_of)
      TRY(gone(engine, remove_secret(secret.id), "removing a secret of " + service));
  }
  return {};
}

}  // namespace slipway::swarm
