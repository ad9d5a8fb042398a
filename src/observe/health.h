// How the agent stands, part by part, as /health and /ready say it. Pure: what each part looks like
// is found out by the wiring and handed in.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "base/time.h"

namespace slipway::observe {

// `vital`: without it the agent itself cannot work, and /health says so too. The others make it
// unready alone: a proxy that is down is no reason to restart the agent.
struct Component {
  std::string name;  // journal, loop, disk_space, memory_usage, proxy, drivers
  bool ok = true;
  bool vital = false;
  std::string text;             // why not; one sentence
  boost::json::object figures;  // more members of its object
};

// Whether the agent takes work at all.
enum class Phase : unsigned char { recovering, running, stopping };
const char* word(Phase);

struct Standing {
  Phase phase = Phase::running;
  std::vector<Component> components;
  std::string version;
  Wall started{}, now{};
};

bool alive(const Standing&);  // every vital part works
bool ready(const Standing&);  // every part works, and it is neither recovering nor stopping

// {status, timestamp, version, uptime, checks: {name: {status, …}}}. `status`: of /health healthy,
// degraded (a part that is not vital fails) or unhealthy; of /ready ready, recovering, stopping or
// unhealthy.
boost::json::object health_json(const Standing&);
boost::json::object ready_json(const Standing&);

// ---- the parts that a machine is asked for the same way everywhere ---------------------------

// Room for records and for rows. `least`: below so many bytes nothing new may begin.
Component disk_space(const std::vector<std::string>& folders, std::uint64_t least);
// What the process holds and what the machine has left.
Component memory_usage();

}  // namespace slipway::observe
