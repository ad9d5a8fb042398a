// What is at one site and outlives the agent: the processes, the proxy with what is in force, the
// users, and the rows the proxy wrote about them. Whatever changes something first lets the users
// have their requests until then.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "contract/command.h"
#include "contract/event.h"
#include "sim/dice.h"
#include "sim/traffic.h"

namespace slipway::sim {

struct Process {
  std::uint32_t instance = 0;
  std::string version;
  std::uint16_t port = 0;
  Behaviour behaviour;
  Duration started{};
  bool alive = true;
  bool told = false;  // that it ended
  bool lies = false;  // says it is healthy and fails every request
  bool ill = false;   // says it is ill, and answers all the same
  bool out = false;   // taken out by the proxy's own check of it
  std::int32_t status = 0;
  Duration changed{};  // when its health last changed
  // So long that everybody had time to see it.
  bool well_at(Duration now) const {
    return ready_at(now - 5s) && !ill && !lies && !out && now - changed > 5s;
  }
  bool answers_check(Duration now) const { return ready_at(now) && !ill; }
  bool ready_at(Duration now) const {
    return alive && !behaviour.never_ready && now >= started + behaviour.ready_after;
  }
};

// What one version was asked and answered in one stretch, as the proxy's rows would say.
struct Rows {
  std::string assigned, served;
  std::uint64_t requests = 0, failed = 0, judge_errors = 0, dropped = 0, no_server = 0;
  Latencies::Counts latencies{};
  Latencies curve;
};

struct Stretch {
  Duration from{}, to{};
  std::uint64_t end = 0;  // offset after its rows
  Duration silence{};     // requests came and none was answered for so long, at its end
  std::vector<Rows> rows;
};

// What users saw, by nobody's account but theirs.
struct Truth {
  std::uint64_t requests = 0, failed = 0;
  // Failed although nothing was broken but what we commanded: an instance stopped under its
  // traffic, a release without servers where another one was well.
  std::uint64_t caused = 0;
  std::string first_cause;
};

class Scene {
 public:
  Scene(Demand demand, std::uint64_t seed, Duration begin)
      : demand_(std::move(demand)), dice_(seed, "users"), begin_(begin), told_(begin) {}

  // Users until now.
  void pass(Duration now);

  std::map<std::uint32_t, Process> processes;
  Route route;          // in force
  bool routed = false;  // the proxy has this site
  // Since when there is an agent that can tell the proxy what got well; max(): there is none.
  Duration attended = Duration::max();
  std::vector<Stretch> stretches;
  Duration excused_until{};               // the proxy cannot be told anything
  std::set<std::uint32_t> stopped_alive;  // instances that lived until we stopped them
  // Instances whose takeover was made to fail: until then no agent can know that they are well.
  std::map<std::uint32_t, Duration> unseen_until;
  Truth truth;
  std::uint64_t written = 0;  // offset of the newest row
  // Failed rows up to this offset.
  std::uint64_t failed_until(std::uint64_t offset) const;
  double rate(Duration now) const { return demand_.rate_at(now - begin_); }

  // Its requests in flight fail.
  void die(Process&, Duration now, std::int32_t status);
  // Ended because it was asked to.
  void stop(std::uint32_t instance, Duration now);
  void set_route(const Route&, Duration now);
  // The plan that is live has downtime, or has it no more. A gap is over when the proxy has its
  // servers again, and that takes an agent a moment: `under_way` is the command that does it.
  void say_gap(bool said, bool under_way, Duration now);
  // What the users do is recorded traffic: it begins now.
  void begin_demand(Duration now);
  // Rows before this offset are of no use to anybody any more.
  void forget(std::uint64_t before);

 private:
  void serve(Stretch&, const RouteSlot&, std::uint64_t n, Duration now);
  std::uint64_t answer(Stretch&, const RouteSlot& assigned, const RouteSlot& served,
                       std::uint64_t n, Duration now);
  void fail(Stretch&, const RouteSlot&, std::uint64_t n);
  bool was_taken_out(const RouteServer&, Duration now) const;
  bool has_gap() const;
  bool is_closing_gap(const Stretch&) const;
  Rows& rows_of(Stretch&, const std::string& assigned, const std::string& served,
                const Behaviour* b, Duration age);
  const Latencies& curve(double latency_ms, double spread);

  Demand demand_;
  Dice dice_;
  Duration begin_, told_;
  Duration silent_since_{};
  bool gap_was_said_ = false;
  bool gap_closes_ = false;  // one that was said, and whose plan is live no more
  Duration gap_until_{};
  bool silent_ = false;
  std::map<std::uint32_t, Duration> aside_;  // instance that got requests: when it was put aside
  std::vector<std::pair<std::uint64_t, std::uint64_t>> failures_;  // offset, failed so far
  std::map<std::pair<double, double>, Latencies> curves_;
};

}  // namespace slipway::sim
