// One life of a simulated agent as data: what is configured, who asks for what when, and every
// single thing that goes wrong. It has a text form, so that a failure can be kept as a test, and
// can be made smaller by leaving things out.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/world.h"

namespace slipway::sim {

struct Happening {
  enum class Kind : std::uint8_t {
    ask,   // somebody asks the agent for something
    die,   // a process dies
    ill,   // its health check fails although it answers
    well,  // and is good again
    lie,   // its health check is good and every request fails
    honest,
    flap,         // ill and well, five times
    proxy,        // the proxy dies and comes back from its files
    proxy_empty,  // and knows nothing
    wall,         // the wall clock jumps by `value` seconds
    kill,         // the agent is killed; away for `value` ms
    reboot,       // the machine is; away for `value` ms
    freeze,       // the agent gets no processor for `value` ms
    rival,        // somebody starts a second agent on the same state folder
    full,         // the disk refuses the next `value` writes
    flip,         // byte `value` reads wrong at the next start
  };
  Duration at{};
  Kind kind = Kind::ask;
  Request request;
  bool of_queued = false;  // the verb is meant for the one that waits
  std::uint64_t pick = 0;  // which instance, modulo their number
  std::int64_t value = 0;
};

struct Scenario {
  std::string config = "blue_green";  // one of config_names()
  std::uint64_t seed = 1;
  double rps = 20;
  std::map<std::string, std::string> releases;  // version → parse_behaviour()
  std::vector<Happening> happenings;
  std::map<std::uint64_t, Slip> slips;
  std::map<std::uint64_t, Death> deaths;
};

std::string text_of(const Scenario&);
Result<Scenario> parse_scenario(std::string_view);

// The configurations that scenarios run under. Names of plans with at most 15 judged ticks first.
const std::vector<std::string>& config_names();
ConfigPtr config_named(const std::string& name);

// A life with `deployments` releases, in which things go wrong; all of it from the seed.
Scenario drawn(std::uint64_t seed, int deployments);
// The same without anything going wrong but bad candidates.
Scenario drawn_calm(std::uint64_t seed, int deployments, const std::string& config);

struct Outcomes {
  std::vector<std::string> troubles;
  std::vector<std::string> trace, ordered;
  std::map<State, std::uint64_t> ends;
  std::uint64_t deployments = 0, events = 0, commands = 0, appends = 0, restarts = 0;
  std::uint64_t requests = 0, failed = 0, faults = 0, judged = 0;
  Duration time{};  // virtual
  Coverage coverage;
  std::string serving;  // at the end
};
Outcomes play(const Scenario&, bool traced = false);

// The smallest scenario that is found to have trouble of the same kind.
Scenario shrunk(const Scenario&, int tries = 400);
std::string kind_of_trouble(const std::string&);

}  // namespace slipway::sim
