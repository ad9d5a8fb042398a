// The driver's thread and what it knows of each site. The proxy itself is the truth: what is known
// here only saves asking.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "base/check.h"
#include "drivers/haproxy/given.h"
#include "drivers/haproxy/haproxy.h"
#include "drivers/haproxy/share.h"

namespace slipway::haproxy {

using Clock = std::chrono::steady_clock;

// A retryable failure, unless the fault is one that time does not heal.
Outcome failed(Error);

class Haproxy::Worker {
 public:
  Worker(Settings, Sink&);
  ~Worker() { stop(); }

  enum class Verb : std::uint8_t { begin, observe, cancel, remember };
  void push(Verb, Issued);
  void stop();
  Result<> shutdown();
  ShareProbe& probe() { return probe_; }
  GivenCount& given() { return given_; }
  std::uint64_t take_dropped() { return dropped_.exchange(0); }
  std::string row_path() const { return proxy_.paths().rows(); }
  Result<> answers() const;
  Duration silent() const;

 private:
  struct Shifting {
    CommandId command = 0;
    Clock::time_point since;
    std::int64_t mark_us = 0;
    std::set<std::string> emptied;  // labels that shall get nothing any more
    Duration took{};                // until it was read back
  };
  struct Draining {
    CommandId command = 0;
    Clock::time_point since;
    std::vector<std::string> servers;  // "web-production_a/s1"
    std::uint64_t sessions = 0;        // when it began
    std::uint64_t cut = 0;
    bool was_cut = false;
  };
  struct Site {
    SiteId id;
    Route route;            // as last commanded
    bool known = false;     // a command named it since this agent started
    bool in_force = false;  // and the proxy read back so
    CommandId begun = 0;
    Clock::time_point admitting{};  // since when servers are waited for
    std::optional<Shifting> shifting;
    std::optional<Draining> draining;
    std::set<std::uint32_t> ejected;
    Clock::time_point nets_until{};  // then nets that nobody needs any more are taken away
    std::uint64_t sessions = 0;      // in flight at the last poll
  };
  // What the proxy has for a site now.
  struct Actual {
    std::map<std::string, ServerState, std::less<>> servers;
    Pairs split, versions, control;
  };

  void run();
  void serve(Verb, const Issued&);
  Outcome act(Verb, Site&, const Issued&);
  Site& site(const SiteId&);

  // routing.cpp
  Outcome apply(Site&, const Route&, bool weights_first);
  Result<bool> settle(Site&, const Route&, bool weights_first);
  Result<bool> has(const std::string& name, const Route&);
  Result<Actual> actual(const std::string& name);
  Result<bool> admit(Site&, const std::vector<Place>&, Actual&, const std::set<int>& slots);
  Result<> settle_versions(const std::string& name, const Route&, Actual&);
  Result<> settle_control(const std::string& name, const Route&, Actual&);
  Result<> settle_split(const std::string& name, const Route&, Actual&);
  Result<> withdraw(Site&, const std::vector<Place>&, Actual&);
  Result<> withdraw_nets(Site&);
  Result<> admit_placed(const std::vector<const Place*>&, Actual&);
  Result<> swap_split(const std::string& name, const Route&);
  Result<> swap_on(const std::string& file, const Pairs&, const Proxy::OldWorker* old);
  std::string why_not_admitted(const Site&) const;

  // shifting.cpp
  Outcome shift(Site&, const Issued&, const Shift&);
  Outcome measure(Site&, const Shift&);
  static bool only_weights_differ(const Route&, const Route&);

  // draining.cpp
  Outcome drain(Site&, const Issued&, const Drain&);
  Outcome drained(Site&, const Drain&);

  // watching.cpp
  void look();
  void look_at(Site&);
  void count_given(const Site&, const StatLine&);
  void came_back(const Proxy::Restart&);
  void repair();

  Proxy proxy_;
  Sink& sink_;
  ShareProbe probe_;
  GivenCount given_;
  std::int64_t worker_pid_ = 0;  // of the process whose counts are looked at
  std::map<SiteId, Site> sites_;
  std::set<SiteId> broken_;  // the proxy came back and does not have their routes yet
  std::uint64_t dropped_seen_ = 0;
  std::int64_t dropped_pid_ = 0;
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<std::int64_t> turned_us_{0};  // steady: when the thread took its last turn

  std::mutex mutex_;
  std::deque<std::pair<Verb, Issued>> queue_;
  bool stopping_ = false;
  int wake_ = -1;  // eventfd
  std::thread thread_;
};

}  // namespace slipway::haproxy
