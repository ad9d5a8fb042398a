// One thread that watches all instances: runs their health checks side by side, counts thresholds,
// and notices when a process ends. It tells what it sees and acts on nothing.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "contract/driver.h"
#include "os/files.h"
#include "platform/check.h"

namespace slipway::platform {

using SteadyTime = std::chrono::steady_clock::time_point;

struct Watched {
  SiteId site;
  std::uint32_t instance = 0;
  std::uint16_t port = 0;
  HealthCheck health;
  Duration age{};            // of the process; beyond start_timeout it counts as started
  os::Fd watch;              // connection to its shim; closed by it when the process ended
  bool behind_door = false;  // something else accepts for it: see Check
  std::function<Result<Check::Command>()> command;  // for command checks; called on the thread
  std::function<void()> ended;                      // on the thread, once: must not block
};

// How long health checks took that got an answer, since the start.
struct CheckTimes {
  static constexpr std::array<Duration, 9> kBounds = {1ms,   2500us, 5ms, 10ms, 25ms,
                                                      100ms, 250ms,  1s,  5s};
  std::array<std::uint64_t, kBounds.size() + 1> within{};  // at most the bound; the last: longer
  Duration sum{};
  std::uint64_t failed = 0;  // of them

  void add(Duration took, bool good);
  void add(const CheckTimes&);
};

class Watcher {
 public:
  explicit Watcher(Sink&);
  ~Watcher();

  // From any thread; the latest word on a key holds.
  void watch(const std::string& key, Watched);
  void forget(const std::string& key);
  // Calls `then(true)` when the other side of `fd` is gone, `then(false)` at the deadline; on the
  // thread, once, and it must not block.
  void await_end(os::Fd fd, SteadyTime deadline, std::function<void(bool)> then);
  void stop();
  CheckTimes check_times() const;  // from any thread

 private:
  struct Entry;
  void post(std::function<void()>);
  void run();
  void set_alarm();
  void take_mail();
  std::uint64_t add(std::unique_ptr<Entry>);
  void drop(std::uint64_t id);
  void wake_at(Entry&, SteadyTime);
  void fire(Entry&);         // its time has come
  void watch_event(Entry&);  // its shim said something, or went
  void begin_check(Entry&);
  void settle(Entry&, const std::optional<Finding>&);
  void follow(Entry&);  // polls what the check waits for
  void end_check(Entry&);
  void found(Entry&, const Finding&);
  void tell(Entry&, bool healthy, const std::string& text);

  Sink& sink_;
  os::Fd epoll_, bell_, alarm_;
  std::mutex mutex_;  // of the mail
  std::vector<std::function<void()>> mail_;
  mutable std::mutex times_mutex_;
  CheckTimes times_;
  std::atomic<bool> stopped_{false};
  // Touched by the thread alone:
  std::map<std::uint64_t, std::unique_ptr<Entry>> entries_;
  std::map<std::string, std::uint64_t> by_key_;
  std::set<std::pair<SteadyTime, std::uint64_t>> timers_;
  std::uint64_t next_id_ = 1;
  SteadyTime alarm_at_ = SteadyTime::max();  // as set
  std::thread thread_;
};

}  // namespace slipway::platform
