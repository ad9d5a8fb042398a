// What the agent knows of itself: joins the parts that say how they stand with the room that tells
// it, and follows the board's events for the log and the traces. Decides nothing.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "drivers/haproxy/haproxy.h"
#include "main/counting.h"
#include "observe/figures.h"
#include "observe/health.h"
#include "observe/traces.h"
#include "platform/watcher.h"
#include "shell/shell.h"
#include "views/board.h"

namespace slipway {

class Observation {
 public:
  struct World {
    std::string version, state, runtime;  // folders
    Wall started{};
    const views::Board* board;
    const shell::Shell* shell;
    const haproxy::Haproxy* haproxy;
    const Counting* counting;
    std::function<platform::CheckTimes()> check_times;
    std::function<std::map<std::string, observe::Builds>()> builds;
    std::function<std::string()> collector;  // address, as configured now; empty: none
  };
  explicit Observation(World);
  ~Observation();

  // From here on events become lines of the log.
  void start();
  void stop();

  void published(const Published& p) { counters_.fold(p); }  // on the loop's thread
  observe::Standing standing() const;
  std::string metrics() const;

 private:
  using Reports = std::map<std::string, boost::json::object>;

  std::vector<observe::Component> components() const;
  observe::Component journal() const;
  observe::Component loop() const;
  observe::Component proxy() const;
  observe::Component drivers() const;
  Reports reports(const std::vector<std::shared_ptr<const Site>>&) const;
  void follow();
  void tell(const views::EventLine&);
  void trace(const std::string& deployment);
  observe::Collector collector() const;

  World world_;
  std::uint64_t journal_inode_ = 0;
  observe::Counters counters_;
  observe::Traces traces_;

  mutable std::mutex reports_mutex_;
  mutable Reports reports_;  // as of reports_at_
  mutable Wall reports_at_{};
  mutable std::uint64_t reports_of_ = 0;  // the newest event then

  std::atomic<bool> stopping_{false};
  std::thread follower_;
};

}  // namespace slipway
