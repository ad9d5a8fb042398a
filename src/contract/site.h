// The state of a site: one service in one environment. Plain data, changed by the engine alone,
// recorded in snapshots, read by views. Phases are written down here, never inferred.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analysis/judge.h"
#include "base/interned.h"
#include "base/named_values.h"
#include "base/shared_list.h"
#include "contract/command.h"
#include "contract/event.h"
#include "contract/request.h"
#include "plan/plan.h"

namespace slipway {

// Why something was decided or skipped: a word of a closed list and its values. Prose is made in
// views.
struct Because {
  Interned code;
  NamedValues values;
  bool operator==(const Because&) const = default;
};

enum class InstancePhase : std::uint8_t {
  starting,   // asked for; not yet proven healthy
  ready,      // proven healthy and admitted by the router
  unhealthy,  // was ready; its check fails
  crashed,    // its process ended; restarts at `restart_at`
  draining,   // takes no new request
  stopping,
};

struct Instance {
  std::uint32_t id = 0;  // never used again in this site
  std::uint32_t copy = 0;
  int index = 0;  // server index in its backend, from 1
  InstancePhase phase = InstancePhase::starting;
  std::uint16_t port = 0;
  std::int64_t pid = 0;
  bool healthy = false;   // by the agent's check
  bool admitted = false;  // the router said so
  bool ejected = false;   // the proxy's own check took it out
  bool ending = false;    // its platform is about to end it: the first to go
  int restarts = 0;       // running; reset after a while of health
  Instant since{};        // of the phase
  Instant restart_at = kNever;
  std::string trouble;  // why it is not ready
  std::vector<std::string> tail;
  bool operator==(const Instance&) const = default;
};

// One release placed at the site: instances that share a backend of the router.
struct Copy {
  std::uint32_t number = 0;  // of the deployment that brought it
  Release release;
  Shared<InstanceSpec> spec;
  int slot = 0;                 // 0..2; -1: none is free yet
  int wanted = 0;               // instances
  std::int32_t weight = 0;      // as commanded, basis points
  Instant warm_until = kNever;  // a warm copy is removed then; kNever for others
  bool retiring = false;        // being drained and stopped, will be forgotten
  bool proven = false;          // had a healthy instance
  bool operator==(const Copy&) const = default;
};

enum class Kind : std::uint8_t { deploy, rollback, restart };

enum class State : std::uint8_t {
  // live
  looking,  // requested, the world is being looked at; shown as queued
  queued,
  waiting_approval,
  waiting_window,
  running,
  paused,
  rolling_back,
  rollback_failed,
  // for ever
  succeeded,
  rolled_back,
  aborted,
  failed,
  superseded,
};
inline bool ended(State s) { return s >= State::succeeded; }

enum class StepState : std::uint8_t { waiting, running, done, failed, skipped, undone };

struct StepProgress {
  StepState state = StepState::waiting;
  std::string detail;
  Attempt attempt = 0;
  Instant started{}, ended{};
  Wall started_wall{}, ended_wall{};
  Instant deadline = kNever;
  Because because;
  bool operator==(const StepProgress&) const = default;
};

struct Approval {
  std::string by;
  Wall at{};
  bool approved = false;
  std::string note;
  std::string plan;
  bool operator==(const Approval&) const = default;
};

struct StoryEntry {
  Instant at{};
  Wall wall{};
  Interned type;  // event name of interface page 5: deployment.shifted, step.started, …
  Because because;
  bool operator==(const StoryEntry&) const = default;
};

struct VerdictEntry {
  Wall at{};
  std::string stage;
  analysis::Verdict verdict;
  bool operator==(const VerdictEntry&) const = default;
};

struct VersionReceipt {
  std::uint64_t requests = 0, errors = 0;
  analysis::Histogram latencies;
  bool operator==(const VersionReceipt&) const = default;
};

struct Receipt {
  bool complete = true;
  std::uint64_t requests = 0, failed = 0, caused_direct = 0, dropped = 0, lost = 0;
  std::uint64_t drained = 0, cut = 0, rows_lost = 0;
  std::uint64_t exposed = 0;
  Duration longest_gap{}, gap_before{}, unobserved{}, proxy_down{};
  bool has_gap = false, has_gap_before = false;
  std::uint64_t stable_5xx = 0, candidate_5xx = 0;
  VersionReceipt stable, candidate;
  Wall first_harm{};    // epoch: none
  Wall verdict_at{};    // the verdict, or the verb that asked; epoch: none
  Wall traffic_back{};  // start of the last request given to the candidate, or the shift's end
  bool operator==(const Receipt&) const = default;
};

// Where a rollback stands (recorded, so that a crash goes on in the middle).
enum class BackPhase : std::uint8_t {
  none,
  shift,    // traffic to stable, first
  restore,  // missing stable instances are started and proven
  reshift,  // when stable had none at first
  remove,   // the candidate is drained and stopped
  settle,   // last rows are counted
};

struct Deployment {
  std::uint32_t number = 0;
  Kind kind = Kind::deploy;
  Request request;
  std::uint64_t request_id = 0;
  std::uint32_t of = 0, retry_of = 0;
  State state = State::looking;
  Because because;
  bool planned = false;
  Plan plan;
  std::string plan_digest;
  Instant checked{};            // when a look last saw the very release of the plan
  Instant counted{};            // when rows were last counted for a step
  std::uint32_t stable = 0;     // copy that served at the start; 0: none
  std::uint32_t candidate = 0;  // copy that it brings (its number, or the reused warm one)
  std::size_t step = 0;         // current
  SharedList<StepProgress> progress;
  bool moved_traffic = false;
  bool settling = false;  // all steps done; last rows are counted
  Boxed<analysis::Judge> judge;
  Boxed<analysis::Judge> kept;  // between two stages: evidence goes on
  analysis::Baseline baseline;  // stable, until the candidate has all traffic
  SharedLog<VerdictEntry> verdicts;
  SharedList<Approval> approvals;
  BackPhase back = BackPhase::none;
  State back_to = State::rolled_back;  // how it ends when the way back is done
  int back_tries = 0;
  Instant back_retry_at = kNever;
  Instant deadline = kNever;  // of the state (approval, pause)
  State resume_to = State::running;
  Duration dwell{}, wait{};
  Instant requested{}, started{}, ended_at{}, paused_at{};
  Wall requested_wall{}, started_wall{}, ended_wall{};
  std::string measured;      // last shift: measured, read_back
  double served_share = -1;  // candidate's share as assigned in the last block; -1 unknown
  Receipt receipt;
  SharedLog<StoryEntry> story;
  SharedList<std::pair<std::string, std::string>> warnings;
  bool operator==(const Deployment&) const = default;
};

// A command that was given and not answered.
struct Awaited {
  CommandId id = 0;
  Attempt attempt = 0;
  std::uint32_t number = 0;  // deployment it belongs to; 0: the site itself
  Command command;
  Instant begun{};
  Instant deadline = kNever;
  Instant retry_at = kNever;  // failed and waiting for its next attempt
  bool operator==(const Awaited&) const = default;
};

// A release that once succeeded here: what `rollback` goes back to.
struct Past {
  std::uint32_t number = 0;
  Release release;
  Shared<InstanceSpec> spec;
  RouteSpec route;
  int replicas = 1;
  Wall at{};
  bool operator==(const Past&) const = default;
};

struct Site {
  SiteId id;
  std::uint64_t seq = 0;      // records of this stream so far
  std::uint32_t serving = 0;  // copy that stays; 0: none
  RouteSpec route;
  std::map<std::uint32_t, Copy> copies;
  std::map<std::uint32_t, Instance> instances;
  Boxed<Deployment> live;                                   // at most one that is not waiting
  Boxed<Deployment> queued;                                 // the one place to wait
  Kept<Deployment> last;                                    // the newest that ended
  SharedList<Past> past;                                    // newest last, bounded
  SharedList<std::pair<std::string, std::string>> digests;  // version → digest, for ever (bounded)
  std::vector<Awaited> awaiting;
  CommandId next_command = 1;
  std::uint32_t next_instance = 1;
  RowPosition counted;
  bool down = false;       // no healthy instance anywhere
  std::string quarantine;  // the broken invariant; empty: none
  bool disk_critical = false;
  Instant now{};  // of the newest event
  Wall wall{};
  bool operator==(const Site&) const = default;
};

// The live one, the one that waits, the newest that ended; null: there is none.
inline std::array<const Deployment*, 3> deployments_of(const Site& s) {
  return {s.live ? &*s.live : nullptr, s.queued ? &*s.queued : nullptr,
          s.last ? &*s.last : nullptr};
}

const char* word(InstancePhase);
const char* word(Kind);
const char* word(State);
const char* word(StepState);
const char* word(BackPhase);
bool parse(std::string_view, State&);

}  // namespace slipway
