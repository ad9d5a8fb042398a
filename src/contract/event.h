// What happens to a site. Events are the only input of the engine; `at` is the only "now".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "analysis/judge.h"
#include "analysis/sketch.h"
#include "contract/command.h"
#include "contract/request.h"

namespace slipway {

// A request to release (deploy, rollback, restart, retry) arrived. `number` is the deployment's,
// given by the shell; `look` says what has to be observed to compile it.
struct Requested {
  Request request;
  std::uint64_t request_id = 0;
  std::uint32_t number = 0;
  Look look;
  bool operator==(const Requested&) const = default;
};

// Intake compiled the request.
struct Planned {
  std::uint32_t number = 0;
  Plan plan;
  std::string plan_digest;
  bool checked = false;  // the look that it follows from saw the very release of the plan
  bool operator==(const Planned&) const = default;
};

// Intake refused it after looking.
struct Refused {
  std::uint32_t number = 0;
  std::string code;
  std::string text;
  bool operator==(const Refused&) const = default;
};

// An operator's verb on a deployment (promote … abort), or `rollback` while one is live.
struct Asked {
  Request request;
  std::uint64_t request_id = 0;
  bool operator==(const Asked&) const = default;
};

// A driver's answer. One that is not awaited is recorded and moves nothing.
struct Answered {
  CommandId command = 0;
  Attempt attempt = 0;
  Outcome outcome;  // Done or Failed; Pending stays in the shell
  bool operator==(const Answered&) const = default;
};

// An instance's health changed, after the thresholds of its check.
struct HealthChanged {
  std::uint32_t instance = 0;
  bool healthy = false;
  std::string text;  // why not: "connection refused", "503"
  bool operator==(const HealthChanged&) const = default;
};

// An instance's process ended without being asked to.
struct Exited {
  std::uint32_t instance = 0;
  std::int32_t status = 0;  // exit code, or -signal
  std::vector<std::string> tail;
  bool operator==(const Exited&) const = default;
};

// The proxy took an instance out by its own checks, or took it back.
struct Ejected {
  std::uint32_t instance = 0;
  bool out = true;
  std::string text;
  bool operator==(const Ejected&) const = default;
};

// The platform is about to end an instance that serves, having started another in its place or not:
// it serves on for a while, and is let go before that is over.
struct Leaving {
  std::uint32_t instance = 0;
  std::string text;  // why, in the platform's words
  bool operator==(const Leaving&) const = default;
};

// The proxy died and is back.
struct ProxyRestarted {
  Duration down{};
  std::uint64_t lost = 0;  // requests in flight at the last poll before it
  bool operator==(const ProxyRestarted&) const = default;
};

// What the receipt adds up, of one block (interface page 4.2).
struct Tally {
  std::uint64_t requests = 0;  // rows
  std::uint64_t ok = 0, left = 0, failed = 0;
  std::uint64_t dropped = 0;    // failed, and no instance answered
  std::uint64_t no_server = 0;  // rows with no server
  // By assigned; those with no server are counted above and not here.
  std::uint64_t stable_requests = 0, stable_failed = 0;
  std::uint64_t candidate_requests = 0, candidate_failed = 0;
  std::uint64_t stable_served = 0, candidate_served = 0;  // by served
  Duration longest_gap{};
  bool has_gap = false;          // false: fewer than one answer
  Wall first_candidate_error{};  // epoch: none in this block
  Wall
      last_candidate_start{};  // start of the newest request assigned to the candidate; epoch: none
  std::uint64_t rows_lost = 0;
  bool operator==(const Tally&) const = default;
};

struct RowPosition {
  std::uint64_t inode = 0;
  std::uint64_t offset = 0;
  bool operator==(const RowPosition&) const = default;
};

// The meter closed a block of this site. Rows before `position` count exactly once, because it is
// recorded together with them.
struct Counted {
  analysis::Block block;
  bool judged = true;  // false: closed by Count before its rule held; for the receipt alone
  Tally tally;
  RowPosition position;
  Duration gap_before{};  // first block after Watch: the longest gap of the 60 s before
  bool has_gap_before = false;
  // First block after Watch: stable over the hour before.
  std::optional<analysis::Baseline> before;
  bool operator==(const Counted&) const = default;
};

// A source besides the proxy said what it saw of one metric since it was asked last.
struct Heard {
  analysis::Reading reading;
  bool operator==(const Heard&) const = default;
};

// A timer of the site is due (next_due() said when).
struct Due {
  bool operator==(const Due&) const = default;
};

// The agent is back after `away`; nothing was observed meanwhile. Deadlines move by it.
struct Resumed {
  Duration away{};
  bool operator==(const Resumed&) const = default;
};

// A CHECK failed in step(): this site's automatic commands stop, operators' verbs still work.
struct Quarantined {
  std::string invariant;
  bool operator==(const Quarantined&) const = default;
};

// The disk is (nearly) full: no new deployments, live ones hold, a fail verdict still rolls back.
struct DiskCritical {
  bool critical = true;
  bool operator==(const DiskCritical&) const = default;
};

using What =
    std::variant<Requested, Planned, Refused, Asked, Answered, HealthChanged, Exited, Ejected,
                 ProxyRestarted, Counted, Due, Resumed, Quarantined, DiskCritical, Heard, Leaving>;

struct Event {
  Instant at{};
  Wall wall{};
  What what;
  bool operator==(const Event&) const = default;
};

const char* word(const What&);

}  // namespace slipway
