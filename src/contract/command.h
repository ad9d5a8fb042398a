// What the engine asks a driver to do, and what the driver answers. Commands are idempotent: each
// says what shall be true, so that it can be given again after a crash of anything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "plan/plan.h"

namespace slipway {

using CommandId = std::uint64_t;  // minted by the engine, per site, from 1
using Attempt = std::uint32_t;    // counted by the engine, from 1

struct SiteId {
  std::string service;
  std::string environment;
  auto operator<=>(const SiteId&) const = default;
  std::string name() const { return service + "-" + environment; }
};

// ---- for the platform ----------------------------------------------------------------------

// Looks at the release without starting it: digest, program, ports. Answers World.
struct Look {
  std::string artifact;
  std::vector<std::string> argv;
  bool shell = false;
  std::string directory;
  Shared<Where> where;  // shared: every command has the room of the largest
  Shared<Container> container;
  std::string
      digest;  // of a container's image that is known already; empty: what the name says now
  bool operator==(const Look&) const = default;
};

// The artifact still has its digest and the program can be executed.
struct CheckRelease {
  Shared<InstanceSpec> spec;
  std::string version;
  bool operator==(const CheckRelease&) const = default;
};

// An instance runs under its shim and is watched: its health and its end arrive as facts. Done as
// soon as the process was started (Observed::port, pid). Given again, it adopts what runs.
struct StartInstance {
  std::uint32_t instance = 0;
  std::string version;
  Shared<InstanceSpec> spec;
  // It is one more of this release: a platform that rolls releases itself moves on to it. Without,
  // one that was there comes back, and moves nothing.
  bool advance = false;
  bool operator==(const StartInstance&) const = default;
};

// The instance is gone: signal to its process group, kill after `grace`. Done when nothing is left.
struct StopInstance {
  std::uint32_t instance = 0;
  int signal = 15;
  Duration grace{};
  Where where;
  bool operator==(const StopInstance&) const = default;
};

// Smoke tests against one instance by its own port.
struct RunSmoke {
  std::uint32_t instance = 0;
  std::uint16_t port = 0;
  std::vector<SmokeTest> tests;
  bool operator==(const RunSmoke&) const = default;
};

// ---- for the router --------------------------------------------------------------------------

struct RouteServer {
  std::uint32_t instance = 0;
  std::uint16_t port = 0;
  int index = 0;       // s1… in its backend
  bool ready = false;  // ready: may take traffic; else drain
  // Ready although unhealthy, since its copy has no better one: nobody waits for its check.
  bool last_resort = false;
  bool operator==(const RouteServer&) const = default;
};

// One of the three backends of a site.
struct RouteSlot {
  int slot = 0;             // 0..2: _a _b _c
  std::uint32_t copy = 0;   // number of the deployment that brought it
  std::string version;      // the label in the rows: the version, "v2#42" when two copies share it
  std::int32_t weight = 0;  // basis points
  std::vector<RouteServer> servers;
  bool operator==(const RouteSlot&) const = default;
};

// Everything the router shall have for a site. Each router command carries all of it, so that a
// router that lost its state, or an agent that was away, gets to the same place.
struct Route {
  RouteSpec spec;
  std::vector<RouteSlot> slots;
  int fallback = -1;  // slot that answers when the candidate's servers are gone; -1: off
  bool operator==(const Route&) const = default;
};

// The route is in force: listeners, servers, weights. Waits for no measurement. Done when each
// server with ready=true that is no last resort is admitted and the weights read back.
struct Apply {
  Route route;
  bool operator==(const Apply&) const = default;
};

// The weights are in force and served: read back, and confirmed by the assigned share (design page,
// verb `shift`). Observed::measured tells which.
struct Shift {
  Route route;
  bool measure =
      true;  // false: read back is enough (no traffic is expected, or a rollback's first act)
  bool operator==(const Shift&) const = default;
};

// The named servers take no new request and their connections have ended, at the latest after
// `grace` (then they are cut and counted). Done: the servers are out of the router.
struct Drain {
  Route route;  // as it shall be while draining: these servers ready=false
  std::vector<std::uint32_t> instances;
  Duration grace{};
  bool operator==(const Drain&) const = default;
};

// ---- for the meter -----------------------------------------------------------------------------

// Count what is there for this site now and close the block, whatever its size; then the Counted
// event comes first and the answer after it. `version`s name the labels to count for.
struct Count {
  bool last = false;  // the deployment ends: stop counting afterwards
  bool operator==(const Count&) const = default;
};

// From now on rows of this site are counted into blocks (until Count{last}).
struct Watch {
  std::string stable, candidate;  // labels in the rows; stable may be empty
  std::vector<double> latency_limits_us;
  bool bake = false;       // block rule of section 5.1
  bool by_client = false;  // at most one error of a client counts in a block (sticky routing)
  // What else is asked meanwhile, and for which two releases.
  std::vector<MetricQuery> metrics;
  Shared<Release> from, to;
  bool operator==(const Watch&) const = default;
};

// ---- for the shell itself
// ------------------------------------------------------------------------

// The answer to a request (by its id); goes to whoever waits for it, and nowhere else.
struct Answer {
  std::uint64_t request = 0;
  bool accepted = true;
  std::uint32_t number = 0;  // the deployment it is about; 0: none
  std::string code;          // already_running, busy, wrong_state, plan_changed, …
  std::string text;
  std::string state;  // of the deployment, when that is why
  bool operator==(const Answer&) const = default;
};

// Compile the request: `intake` is given the request, the world as looked at, and this site.
struct Compile {
  std::uint32_t number = 0;
  bool operator==(const Compile&) const = default;
};

// Something a person must be told outside the deployment (alerts, pages).
struct Tell {
  std::string code;
  std::string text;
  bool operator==(const Tell&) const = default;
};

using Command = std::variant<Look, CheckRelease, StartInstance, StopInstance, RunSmoke, Apply,
                             Shift, Drain, Count, Watch, Answer, Compile, Tell>;

const char* word(const Command&);

// Where a command for the platform is meant to go; null: it does not say.
const Where* where_of(const Command&);

// ---- outcomes
// --------------------------------------------------------------------------------------

struct World {
  std::string digest;   // "sha256:…"; empty when there is no artifact
  std::string problem;  // why it cannot be started; empty: it can
  std::string hint;
  std::string commit;
  // What whoever asked should know, and what stops nothing: code, text.
  std::vector<std::pair<std::string, std::string>> warnings;
  bool checked = false;  // all that CheckRelease looks at was looked at for this
  bool operator==(const World&) const = default;
};

struct Observed {
  std::uint16_t port = 0;
  std::int64_t pid = 0;
  std::string measured;  // shift: "measured" or "read_back"
  double share = -1;     // shift: the candidate's share as assigned, 0–1; -1: not measured
  Duration took{};
  std::uint64_t drained = 0, cut = 0, lingering = 0;  // drain: connections
  std::vector<std::string> details;                   // smoke: one line a test
  World world;                                        // look
  bool operator==(const Observed&) const = default;
};

struct Done {
  Observed observed;
  bool operator==(const Done&) const = default;
};

// Not yet; ask again after so long. Never recorded.
struct Pending {
  Duration retry_after = 50ms;
  bool operator==(const Pending&) const = default;
};

struct Failed {
  Error error;
  bool retryable = true;
  std::vector<std::string> tail;  // last output lines, when a process is the cause
  bool operator==(const Failed&) const = default;
};

using Outcome = std::variant<Done, Pending, Failed>;

}  // namespace slipway
