#include "engine/engine.h"

#include "base/check.h"
#include "engine/answers.h"
#include "engine/asked.h"
#include "engine/instances.h"
#include "engine/receipt.h"
#include "engine/requests.h"
#include "engine/steps.h"
#include "engine/timers.h"
#include "engine/way_back.h"

namespace slipway::engine {

namespace {

// What happens to a site that is in quarantine: facts are kept, nothing is commanded. Answers are
// let go: their commands run into their deadlines when a person has lifted the quarantine, and are
// given again. True: the event lifts it, because a person asks for something.
struct InQuarantine {
  Turn& t;

  bool operator()(const Requested& e) const {
    if (e.request.act == Act::rollback || e.request.act == Act::restart) return true;
    t.answer(
        e.request_id, false, 0, codes::kQuarantined,
        "the site is in quarantine; `rollback`, `restart` or a verb on its deployment ends it");
    return false;
  }
  bool operator()(const Asked&) const { return true; }
  bool operator()(const HealthChanged& e) const {
    const auto found = t.site.instances.find(e.instance);
    if (found == t.site.instances.end()) return false;
    Instance& i = found->second;
    i.healthy = e.healthy;
    if (!e.healthy && i.phase == InstancePhase::ready) i.phase = InstancePhase::unhealthy;
    return false;
  }
  bool operator()(const Exited& e) const {
    const auto found = t.site.instances.find(e.instance);
    if (found == t.site.instances.end()) return false;
    Instance& i = found->second;
    i.tail = e.tail;
    i.healthy = false;
    i.admitted = false;
    if (i.phase == InstancePhase::draining || i.phase == InstancePhase::stopping) return false;
    i.phase = InstancePhase::crashed;
    i.restart_at = t.at;
    return false;
  }
  bool operator()(const Ejected& e) const {
    on(t, e);
    return false;
  }
  bool operator()(const Leaving& e) const {
    const auto found = t.site.instances.find(e.instance);
    if (found != t.site.instances.end()) found->second.ending = true;
    return false;
  }
  bool operator()(const Counted& e) const {
    on(t, e);
    return false;
  }
  bool operator()(const DiskCritical& e) const {
    t.site.disk_critical = e.critical;
    return false;
  }
  bool operator()(const Quarantined& e) const {
    on(t, e);
    return false;
  }
  bool operator()(const Planned&) const { return false; }
  bool operator()(const Refused&) const { return false; }
  bool operator()(const Answered&) const { return false; }
  bool operator()(const ProxyRestarted&) const { return false; }
  bool operator()(const Heard& e) const {
    on(t, e);
    return false;
  }
  bool operator()(const Due&) const { return false; }
  bool operator()(const Resumed&) const { return false; }
};

// One arm for each event: a new one does not compile before somebody thought about it.
struct Move {
  Turn& t;
  void operator()(const Requested& e) const { on(t, e); }
  void operator()(const Planned& e) const { on(t, e); }
  void operator()(const Refused& e) const { on(t, e); }
  void operator()(const Asked& e) const { on(t, e); }
  void operator()(const Answered& e) const { on(t, e); }
  void operator()(const HealthChanged& e) const { on(t, e); }
  void operator()(const Exited& e) const { on(t, e); }
  void operator()(const Ejected& e) const { on(t, e); }
  void operator()(const Leaving& e) const { on(t, e); }
  void operator()(const ProxyRestarted& e) const { on(t, e); }
  void operator()(const Counted& e) const { on(t, e); }
  void operator()(const Due& e) const { on(t, e); }
  void operator()(const Resumed& e) const { on(t, e); }
  void operator()(const Quarantined& e) const { on(t, e); }
  void operator()(const DiskCritical& e) const { on(t, e); }
  void operator()(const Heard& e) const { on(t, e); }
};

// Everything that follows from the state alone, until nothing does.
void follow(Turn& t) {
  do {
    drive_back(t);
    drive_forward(t);
  } while (tend(t) || take_next(t));
}

}  // namespace

std::vector<Given> step(Site& site, const Event& event) {
  CHECK(event.at >= site.now, "time went back: {} after {}", event.at.time_since_epoch().count(),
        site.now.time_since_epoch().count());
  const Standing before = standing_of(site);
  site.now = event.at;
  site.wall = event.wall;
  Turn turn(site, event);
  bool quarantined = !site.quarantine.empty();
  if (quarantined && std::visit(InQuarantine{turn}, event.what)) {
    quarantined = false;
    site.quarantine.clear();
    turn.route_changed(why(codes::kRouteChanged));
  }
  if (!quarantined) {
    std::visit(Move{turn}, event.what);
    if (site.quarantine.empty()) follow(turn);
    turn.seal();
  }
  check_invariants(before, site, turn.given);
  return std::move(turn.given);
}

}  // namespace slipway::engine
