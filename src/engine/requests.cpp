#include "engine/requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "engine/census.h"
#include "engine/steps.h"
#include "engine/way_back.h"

namespace slipway::engine {

namespace {

constexpr Duration kLookWithin = std::chrono::seconds(60);
constexpr std::size_t kDigestsKept = 1'000;

Kind kind_of(Act act) {
  switch (act) {
    case Act::rollback:
      return Kind::rollback;
    case Act::restart:
      return Kind::restart;
    case Act::deploy:
    case Act::promote:
    case Act::approve:
    case Act::reject:
    case Act::pause:
    case Act::resume:
    case Act::skip:
    case Act::abort:
    case Act::retry:
      return Kind::deploy;
  }
  return Kind::deploy;
}

bool can_do(Verb verb) {
  switch (verb) {
    case Verb::check:
    case Verb::provision:
    case Verb::warm:
    case Verb::smoke:
    case Verb::shift:
    case Verb::judge:
    case Verb::gate:
    case Verb::retire:
      return true;
    case Verb::build:
    case Verb::save:
    case Verb::migrate:
    case Verb::mirror:
    case Verb::disturb:
    case Verb::purge:
      return false;
  }
  return false;
}

Because asked(const Deployment& d) {
  return why(codes::kRequested, {{"by", d.request.by}, {"why", d.request.because}});
}

Boxed<Deployment>* slot_of(Site& site, std::uint32_t number) {
  if (site.live && site.live->number == number) return &site.live;
  if (site.queued && site.queued->number == number) return &site.queued;
  return nullptr;
}

// Its plan was accepted earlier; only what the world says now is new.
bool was_accepted(const Deployment& d) { return !d.plan_digest.empty(); }

bool serves_already(const Site& site, const Deployment& d) {
  const Copy* copy = find_copy(site, site.serving);
  return d.kind == Kind::deploy && copy != nullptr && !site.down &&
         copy->weight == limits::kWeightSum && copy->release.version == d.plan.to.version &&
         copy->release.digest == d.plan.to.digest && copy->spec == d.plan.spec &&
         copy->wanted == d.plan.replicas && site.route == d.plan.route;
}

bool deploys_already(const Deployment& live, const Deployment& d) {
  return d.kind == Kind::deploy && live.kind == Kind::deploy && live.planned &&
         live.state != State::rolling_back && live.state != State::rollback_failed &&
         live.plan.to == d.plan.to && live.plan.spec == d.plan.spec;
}

void remember_digest(Site& site, const Release& release) {
  if (release.digest.empty()) return;
  for (const auto& [version, digest] : site.digests) {
    if (version == release.version) return;
  }
  site.digests.emplace_back(release.version, release.digest);
  if (site.digests.size() > kDigestsKept) site.digests.edit().erase(site.digests.begin());
}

// A plan that cannot be run here: told with its code and text.
std::optional<std::pair<const char*, std::string>> trouble_with(const Site& site,
                                                                const Plan& plan) {
  for (const Step& step : plan.steps) {
    if (!can_do(step.verb)) {
      return std::pair(codes::kNotSupported,
                       fmt::format("the step `{}` is not supported yet", word(step.verb)));
    }
    if (step.verb == Verb::gate && step.gate.kind == GateKind::window) {
      return std::pair(codes::kNotSupported, std::string("windows are not supported yet"));
    }
  }
  if (plan.to.digest.empty()) return std::nullopt;
  for (const auto& [version, digest] : site.digests) {
    if (version == plan.to.version && digest != plan.to.digest) {
      return std::pair(codes::kVersionConflict,
                       fmt::format("{} was released as {} before and is {} now; give it a new "
                                   "version",
                                   version, digest, plan.to.digest));
    }
  }
  return std::nullopt;
}

void start_live(Turn& t) {
  Deployment& d = *t.site.live;
  // Approvals bind the plan: of a changed one they are void, which begin_gate() sees by its digest.
  begin_plan(t);
  if (d.kind == Kind::rollback) d.of = d.stable;
}

// Interface page 3.3: what a newer request does while this one is live. True: the newer one waits.
bool meet_live(Turn& t) {
  Deployment& live = *t.site.live;
  Deployment& newer = *t.site.queued;
  const Because because = why(codes::kSupersededBy, {{"number", fmt::format("{}", newer.number)}});
  const WhenBusy rule = newer.kind == Kind::rollback
                            ? WhenBusy::supersede
                            : newer.request.when_busy.value_or(WhenBusy::queue);
  if (rule == WhenBusy::refuse) {
    turn_down(t, t.site.queued, codes::kBusy,
              fmt::format("{}-{} is {}", t.site.id.name(), live.number, word(live.state)),
              word(live.state));
    return false;
  }
  const bool going_back =
      live.state == State::rolling_back || live.state == State::rollback_failed || live.settling;
  const bool gives_way = !going_back && (!live.moved_traffic || rule == WhenBusy::supersede);
  newer.state = State::queued;
  t.answer(std::exchange(newer.request_id, 0), true, newer.number, "");
  t.story(newer, "deployment.waiting",
          why(codes::kQueuedBehind, {{"number", fmt::format("{}", live.number)}}));
  if (!gives_way) return true;
  if (live.state == State::looking && !was_accepted(live)) {
    turn_down(t, t.site.live, codes::kSuperseded,
              fmt::format("deployment {} was asked for since", newer.number),
              word(State::superseded));
    return true;
  }
  take_back(t, State::superseded, because);
  return true;
}

}  // namespace

void turn_down(Turn& t, Boxed<Deployment>& place, std::string code, std::string text,
               std::string state) {
  const std::uint32_t number = place->number;
  t.abandon([&](const Awaited& a) { return a.number == number; });
  t.answer(place->request_id, false, number, std::move(code), std::move(text), std::move(state));
  place.reset();
}

void end_queued(Turn& t, State ending, Because because) {
  Deployment d = std::move(*t.site.queued);
  t.site.queued.reset();
  t.abandon([&](const Awaited& a) { return a.number == d.number; });
  d.state = ending;
  d.because = because;
  d.deadline = kNever;
  d.ended_at = t.at;
  d.ended_wall = t.wall;
  t.story(d, "deployment.ended", std::move(because));
  t.site.last = std::move(d);
}

void on(Turn& t, const Requested& e) {
  if (t.site.disk_critical) {
    t.answer(e.request_id, false, 0, codes::kDiskCritical,
             "the disk is full: no new deployments until there is room");
    return;
  }
  Deployment d{.number = e.number,
               .kind = kind_of(e.request.act),
               .request = e.request,
               .request_id = e.request_id,
               .retry_of = e.request.act == Act::retry ? e.request.number : 0,
               .requested = t.at,
               .requested_wall = t.wall};
  // Until its plan is made this is all that is known of it: a crash in between looks anew.
  d.plan.spec.edit().artifact = e.look.artifact;
  d.plan.spec.edit().argv = e.look.argv;
  d.plan.spec.edit().shell = e.look.shell;
  d.plan.spec.edit().directory = e.look.directory;
  t.story(d, "deployment.requested", asked(d));
  const Because because = why(codes::kLooking, {{"version", e.request.version}});
  if (t.site.live && t.site.queued) {
    const Because newer = why(codes::kSupersededBy, {{"number", fmt::format("{}", e.number)}});
    if (was_accepted(*t.site.queued)) {
      end_queued(t, State::superseded, newer);
    } else {
      turn_down(t, t.site.queued, codes::kSuperseded,
                fmt::format("deployment {} was asked for since", e.number),
                word(State::superseded));
    }
  }
  (t.site.live ? t.site.queued : t.site.live) = std::move(d);
  t.issue(e.look, e.number, kLookWithin, because);
}

void on(Turn& t, const Planned& e) {
  Boxed<Deployment>* place = slot_of(t.site, e.number);
  if (place == nullptr || (*place)->state != State::looking) return;
  Deployment& d = **place;
  const bool again = was_accepted(d);
  d.deadline = kNever;
  d.plan = e.plan;
  if (const auto trouble = trouble_with(t.site, d.plan)) {
    return on(t, Refused{e.number, trouble->first, trouble->second});
  }
  if (d.plan.reuse &&
      (find_copy(t.site, *d.plan.reuse) == nullptr || find_copy(t.site, *d.plan.reuse)->retiring)) {
    return look_anew(t, d);  // its warm time ended meanwhile
  }
  const bool is_live = place == &t.site.live;
  if (is_live && !again && serves_already(t.site, d)) {
    t.answer(d.request_id, true, t.site.serving, codes::kAlreadyRunning);
    t.site.live.reset();
    return;
  }
  if (!is_live && deploys_already(*t.site.live, d)) {
    t.answer(d.request_id, true, t.site.live->number, codes::kAlreadyDeploying);
    t.site.queued.reset();
    return;
  }
  d.plan_digest = e.plan_digest;
  d.checked = e.checked ? t.at : Instant{};
  d.planned = true;
  t.story(d, "deployment.planned",
          why(codes::kPlanned, {{"from", d.plan.from.version},
                                {"to", d.plan.to.version},
                                {"strategy", word(d.plan.strategy)},
                                {"steps", fmt::format("{}", d.plan.steps.size())}}));
  if (!is_live && !meet_live(t)) return;
  remember_digest(t.site, e.plan.to);
  if (!is_live) return;
  t.answer(std::exchange(d.request_id, 0), true, d.number, "");
  start_live(t);
}

void on(Turn& t, const Refused& e) {
  Boxed<Deployment>* place = slot_of(t.site, e.number);
  if (place == nullptr || (*place)->state != State::looking) return;
  Deployment& d = **place;
  if (!was_accepted(d)) return turn_down(t, *place, e.code, e.text);
  const Because because = why(codes::kRefused, {{"code", e.code}, {"text", e.text}});
  if (place == &t.site.queued) return end_queued(t, State::aborted, because);
  finish(t, State::aborted, because);
}

void looked(Turn& t, std::uint32_t number) {
  Boxed<Deployment>* place = slot_of(t.site, number);
  if (place == nullptr || (*place)->state != State::looking) return;
  (*place)->deadline = t.at + kCompileWithin;
  t.say(Compile{number}, why(codes::kCompiling, {{"version", (*place)->request.version}}));
}

void look_failed(Turn& t, std::uint32_t number, const std::string& text) {
  on(t, Refused{number, codes::kLookFailed, text});
}

void look_anew(Turn& t, Deployment& d) {
  d.state = State::looking;
  d.planned = false;
  d.progress.clear();
  d.step = 0;
  d.deadline = kNever;
  const InstanceSpec& spec = d.plan.spec;
  // An image is what it was when it was asked for; files are looked at as they are.
  const bool contained = !spec.container.image.empty();
  t.issue(Look{spec.artifact, spec.argv, spec.shell, spec.directory, spec.where, spec.container,
               contained ? spec.digest : std::string()},
          d.number, kLookWithin, why(codes::kLooking, {{"version", d.request.version}}));
}

bool take_next(Turn& t) {
  if (t.site.live || !t.site.queued) return false;
  t.site.live = std::move(t.site.queued);
  t.site.queued.reset();
  // What it was planned for is not what is there now.
  if (t.site.live->planned) look_anew(t, *t.site.live);
  return true;
}

}  // namespace slipway::engine
