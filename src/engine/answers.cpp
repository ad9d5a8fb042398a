#include "engine/answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "base/prng.h"
#include "engine/census.h"
#include "engine/instances.h"
#include "engine/requests.h"
#include "engine/steps.h"
#include "engine/way_back.h"

namespace slipway::engine {

namespace {

constexpr Duration kTryAnewAfter = std::chrono::seconds(60);  // what the site never gives up

// 1 s × 2ⁿ ± 20 %, from the command's id: two commands that failed together come again apart.
Duration backoff(CommandId id, Attempt attempt) {
  Prng dice(id);
  double spread = 0;
  for (Attempt n = 0; n < attempt; ++n) spread = 0.8 + 0.4 * dice.unit();
  const auto base = limits::kRetryBase * (std::int64_t{1} << std::min(attempt - 1, 10U));
  return Duration(static_cast<std::int64_t>(to_seconds(base) * 1e6 * spread));
}

bool goes_back(const Site& site) {
  return site.live &&
         (site.live->state == State::rolling_back || site.live->state == State::rollback_failed);
}

bool is_of_live(const Site& site, const Awaited& a) {
  return site.live && a.number != 0 && site.live->number == a.number;
}

// An instance that is to go is not started again.
bool is_wanted(const Site& site, const Awaited& a) {
  const auto* start = std::get_if<StartInstance>(&a.command);
  if (start == nullptr) return true;
  const auto i = site.instances.find(start->instance);
  return i != site.instances.end() && !is_leaving(i->second);
}

// What a Done answer moves.
struct OnDone {
  Turn& t;
  const Awaited& a;
  const Observed& seen;

  void operator()(const Look&) const { looked(t, a.number); }
  void operator()(const CheckRelease&) const {
    if (is_of_live(t.site, a)) checked(t, "");
  }
  void operator()(const StartInstance& c) const {
    if (seen.port != 0) return started(t, c, seen);
    start_failed(t, c, Failed{{Fault::internal, "it was started, but on no port"}, false, {}});
  }
  void operator()(const StopInstance& c) const { stopped(t, c); }
  void operator()(const RunSmoke&) const {
    if (is_of_live(t.site, a)) smoked(t, seen);
  }
  void operator()(const Apply& c) const { admitted(t, c.route); }
  void operator()(const Shift&) const {
    if (!is_of_live(t.site, a)) return;
    goes_back(t.site) ? back_shifted(t) : shifted(t, seen);
  }
  void operator()(const Drain& c) const { drained(t, c, seen); }
  void operator()(const Count& c) const {
    if (!c.last && is_of_live(t.site, a)) t.site.live->counted = t.at;
    if (c.last && is_of_live(t.site, a) && t.site.live->settling) settled(t, true);
  }
  void operator()(const Watch&) const { never("watch"); }
  void operator()(const Answer&) const { never("answer"); }
  void operator()(const Compile&) const { never("compile"); }
  void operator()(const Tell&) const { never("tell"); }

  static void never(const char* what) { CHECK(false, "{} is never awaited", what); }
};

// The site itself goes on trying: told, and given anew after a while. The entry stays.
void keep_trying(Turn& t, CommandId id, const Because& because, const std::string& text) {
  for (Awaited& a : t.site.awaiting) {
    if (a.id != id) continue;
    a.attempt = limits::kAttempts;
    a.retry_at = t.at + kTryAnewAfter;
    t.tell(because, fmt::format("{}: {} failed: {}; tried again every {} s", t.site.id.name(),
                                word(a.command), text, seconds(kTryAnewAfter)));
  }
}

// What a last failure moves. True: the command is over; false: the site keeps trying.
struct OnFailed {
  Turn& t;
  const Awaited& a;
  const Failed& failed;

  Because because() const {
    return why(codes::kCommandFailed, {{"command", word(a.command)},
                                       {"text", failed.error.text},
                                       {"attempts", fmt::format("{}", a.attempt)}});
  }
  bool forever() const {
    keep_trying(t, a.id, because(), failed.error.text);
    return false;
  }

  bool operator()(const Look&) const {
    look_failed(t, a.number, failed.error.text);
    return true;
  }
  bool operator()(const CheckRelease&) const {
    if (is_of_live(t.site, a)) checked(t, failed.error.text);
    return true;
  }
  bool operator()(const StartInstance& c) const {
    // One that serves is not given up because nobody could take it over: its health and its end
    // are told apart from that. One that is drained may be kept yet.
    const auto i = t.site.instances.find(c.instance);
    if (i != t.site.instances.end() && i->second.port != 0 &&
        i->second.phase != InstancePhase::stopping) {
      return forever();
    }
    start_failed(t, c, failed);
    return true;
  }
  bool operator()(const StopInstance&) const { return forever(); }
  bool operator()(const RunSmoke&) const {
    if (is_of_live(t.site, a)) smoke_failed(t, failed.error.text);
    return true;
  }
  bool operator()(const Apply&) const {
    forever();
    const bool waits = t.site.live && t.site.live->state == State::running &&
                       is_current_step(*t.site.live, Verb::warm);
    if (waits) fail_deployment(t, because());
    return false;
  }
  bool operator()(const Shift&) const {
    if (a.number == 0) return forever();
    if (!is_of_live(t.site, a)) return true;
    goes_back(t.site) ? back_failed(t, failed.error.text) : fail_deployment(t, because());
    return true;
  }
  bool operator()(const Drain&) const { return forever(); }
  bool operator()(const Count& c) const {
    if (c.last && is_of_live(t.site, a) && t.site.live->settling) settled(t, false);
    return true;
  }
  bool operator()(const Watch&) const { return never("watch"); }
  bool operator()(const Answer&) const { return never("answer"); }
  bool operator()(const Compile&) const { return never("compile"); }
  bool operator()(const Tell&) const { return never("tell"); }

  static bool never(const char* what) { CHECK(false, "{} is never awaited", what); }
};

void forget(Turn& t, CommandId id) {
  std::erase_if(t.site.awaiting, [&](const Awaited& a) { return a.id == id; });
}

// By value: what follows may change the list.
void give_up(Turn& t, Awaited a, const Failed& failed) {
  if (std::visit(OnFailed{t, a, failed}, a.command)) forget(t, a.id);
}

}  // namespace

void on(Turn& t, const Answered& e) {
  const auto found =
      std::find_if(t.site.awaiting.begin(), t.site.awaiting.end(), [&](const Awaited& a) {
        return a.id == e.command && a.attempt == e.attempt && a.retry_at == kNever;
      });
  if (found == t.site.awaiting.end()) return;  // recorded, and moves nothing
  CHECK(!std::holds_alternative<Pending>(e.outcome), "Pending is no event: it stays in the shell");
  if (const auto* done = std::get_if<Done>(&e.outcome)) {
    const Awaited a = std::move(*found);
    t.site.awaiting.erase(found);
    std::visit(OnDone{t, a, done->observed}, a.command);
    return;
  }
  const Failed& failed = std::get<Failed>(e.outcome);
  const Duration wait = backoff(found->id, found->attempt);
  const bool again = failed.retryable && found->attempt < limits::kAttempts &&
                     t.at + wait < found->deadline && is_wanted(t.site, *found);
  if (again) {
    found->retry_at = t.at + wait;
    return;
  }
  give_up(t, *found, failed);
}

void retries_due(Turn& t) {
  std::erase_if(t.site.awaiting,
                [&](const Awaited& a) { return a.retry_at <= t.at && !is_wanted(t.site, a); });
  std::vector<CommandId> ids;
  for (const Awaited& a : t.site.awaiting) {
    if (a.retry_at <= t.at) ids.push_back(a.id);
  }
  for (Awaited& a : t.site.awaiting) {
    if (std::find(ids.begin(), ids.end(), a.id) == ids.end()) continue;
    const bool anew = a.attempt >= static_cast<Attempt>(limits::kAttempts);
    const Because because = why(
        codes::kRetry,
        {{"command", word(a.command)}, {"attempt", fmt::format("{}", anew ? 1 : a.attempt + 1)}});
    if (anew) {
      t.give_anew(a, a.deadline - a.begun, because);
    } else {
      t.give_again(a, because);
    }
  }
}

void deadlines_due(Turn& t) {
  std::vector<CommandId> ids;
  for (const Awaited& a : t.site.awaiting) {
    const bool tried_for_ever =
        a.retry_at != kNever && a.attempt >= static_cast<Attempt>(limits::kAttempts);
    if (!tried_for_ever && a.deadline <= t.at) ids.push_back(a.id);
  }
  for (const CommandId id : ids) {
    const auto found = std::find_if(t.site.awaiting.begin(), t.site.awaiting.end(),
                                    [&](const Awaited& a) { return a.id == id; });
    if (found == t.site.awaiting.end()) continue;  // another one's failure ended it
    const Duration waited = t.at - found->begun;
    give_up(t, *found,
            Failed{{Fault::timeout, fmt::format("no answer within {} s", seconds(waited))}, false});
  }
}

}  // namespace slipway::engine
