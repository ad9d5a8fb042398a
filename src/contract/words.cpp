#include <array>
#include <string_view>

#include "base/check.h"
#include "contract/command.h"
#include "contract/event.h"
#include "contract/request.h"
#include "contract/site.h"

namespace slipway {

namespace {

struct CommandWord {
  const char* operator()(const Look&) const { return "look"; }
  const char* operator()(const CheckRelease&) const { return "check_release"; }
  const char* operator()(const StartInstance&) const { return "start_instance"; }
  const char* operator()(const StopInstance&) const { return "stop_instance"; }
  const char* operator()(const RunSmoke&) const { return "run_smoke"; }
  const char* operator()(const Apply&) const { return "apply"; }
  const char* operator()(const Shift&) const { return "shift"; }
  const char* operator()(const Drain&) const { return "drain"; }
  const char* operator()(const Count&) const { return "count"; }
  const char* operator()(const Watch&) const { return "watch"; }
  const char* operator()(const Answer&) const { return "answer"; }
  const char* operator()(const Compile&) const { return "compile"; }
  const char* operator()(const Tell&) const { return "tell"; }
};

struct EventWord {
  const char* operator()(const Requested&) const { return "requested"; }
  const char* operator()(const Planned&) const { return "planned"; }
  const char* operator()(const Refused&) const { return "refused"; }
  const char* operator()(const Asked&) const { return "asked"; }
  const char* operator()(const Answered&) const { return "answered"; }
  const char* operator()(const HealthChanged&) const { return "health_changed"; }
  const char* operator()(const Exited&) const { return "exited"; }
  const char* operator()(const Ejected&) const { return "ejected"; }
  const char* operator()(const ProxyRestarted&) const { return "proxy_restarted"; }
  const char* operator()(const Counted&) const { return "counted"; }
  const char* operator()(const Due&) const { return "due"; }
  const char* operator()(const Resumed&) const { return "resumed"; }
  const char* operator()(const Quarantined&) const { return "quarantined"; }
  const char* operator()(const DiskCritical&) const { return "disk_critical"; }
  const char* operator()(const Heard&) const { return "heard"; }
  const char* operator()(const Leaving&) const { return "leaving"; }
};

constexpr std::array kStates = {
    State::looking,    State::queued,      State::waiting_approval, State::waiting_window,
    State::running,    State::paused,      State::rolling_back,     State::rollback_failed,
    State::succeeded,  State::rolled_back, State::aborted,          State::failed,
    State::superseded,
};

}  // namespace

const char* word(const Command& c) { return std::visit(CommandWord{}, c); }

const Where* where_of(const Command& c) {
  if (const auto* look = std::get_if<Look>(&c)) return &look->where.get();
  if (const auto* check = std::get_if<CheckRelease>(&c)) return &check->spec->where;
  if (const auto* start = std::get_if<StartInstance>(&c)) return &start->spec->where;
  if (const auto* halt = std::get_if<StopInstance>(&c)) return &halt->where;
  return nullptr;
}

const char* word(const What& w) { return std::visit(EventWord{}, w); }

const char* word(Act a) {
  switch (a) {
    case Act::deploy:
      return "deploy";
    case Act::rollback:
      return "rollback";
    case Act::restart:
      return "restart";
    case Act::promote:
      return "promote";
    case Act::approve:
      return "approve";
    case Act::reject:
      return "reject";
    case Act::pause:
      return "pause";
    case Act::resume:
      return "resume";
    case Act::skip:
      return "skip";
    case Act::abort:
      return "abort";
    case Act::retry:
      return "retry";
  }
  CHECK(false, "no act {}", static_cast<int>(a));
}

const char* word(InstancePhase p) {
  switch (p) {
    case InstancePhase::starting:
      return "starting";
    case InstancePhase::ready:
      return "ready";
    case InstancePhase::unhealthy:
      return "unhealthy";
    case InstancePhase::crashed:
      return "crashed";
    case InstancePhase::draining:
      return "draining";
    case InstancePhase::stopping:
      return "stopping";
  }
  CHECK(false, "no instance phase {}", static_cast<int>(p));
}

const char* word(Kind k) {
  switch (k) {
    case Kind::deploy:
      return "deploy";
    case Kind::rollback:
      return "rollback";
    case Kind::restart:
      return "restart";
  }
  CHECK(false, "no kind {}", static_cast<int>(k));
}

const char* word(State s) {
  switch (s) {
    case State::looking:
      return "looking";
    case State::queued:
      return "queued";
    case State::waiting_approval:
      return "waiting_approval";
    case State::waiting_window:
      return "waiting_window";
    case State::running:
      return "running";
    case State::paused:
      return "paused";
    case State::rolling_back:
      return "rolling_back";
    case State::rollback_failed:
      return "rollback_failed";
    case State::succeeded:
      return "succeeded";
    case State::rolled_back:
      return "rolled_back";
    case State::aborted:
      return "aborted";
    case State::failed:
      return "failed";
    case State::superseded:
      return "superseded";
  }
  CHECK(false, "no state {}", static_cast<int>(s));
}

const char* word(StepState s) {
  switch (s) {
    case StepState::waiting:
      return "waiting";
    case StepState::running:
      return "running";
    case StepState::done:
      return "done";
    case StepState::failed:
      return "failed";
    case StepState::skipped:
      return "skipped";
    case StepState::undone:
      return "undone";
  }
  CHECK(false, "no step state {}", static_cast<int>(s));
}

const char* word(BackPhase p) {
  switch (p) {
    case BackPhase::none:
      return "none";
    case BackPhase::shift:
      return "shift";
    case BackPhase::restore:
      return "restore";
    case BackPhase::reshift:
      return "reshift";
    case BackPhase::remove:
      return "remove";
    case BackPhase::settle:
      return "settle";
  }
  CHECK(false, "no way back {}", static_cast<int>(p));
}

bool parse(std::string_view text, State& out) {
  for (State s : kStates) {
    if (text == word(s)) {
      out = s;
      return true;
    }
  }
  return false;
}

}  // namespace slipway
