// One way to put every platform's driver through the same cases. A driver comes into the suite by a
// bench of its own and one line in suite_test.cpp.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "contract/driver.h"

namespace slipway::conformance {

// What a driver said, in its order.
class Heard : public Sink {
 public:
  void answer(const SiteId&, CommandId id, Attempt attempt, Outcome outcome) override {
    tell([&] { answers_[{id, attempt}].push_back(std::move(outcome)); });
  }
  void fact(const SiteId&, What what) override {
    tell([&] { facts_.push_back(std::move(what)); });
  }
  std::vector<Outcome> answers(CommandId id, Attempt attempt = 1) {
    std::lock_guard lock(mutex_);
    return answers_[{id, attempt}];
  }
  template <class T>
  std::vector<T> facts() {
    std::lock_guard lock(mutex_);
    std::vector<T> out;
    for (const What& what : facts_)
      if (const auto* fact = std::get_if<T>(&what)) out.push_back(*fact);
    return out;
  }
  void forget() {
    std::lock_guard lock(mutex_);
    facts_.clear();
  }
  // Looks anew at `holds` whenever something was heard; false at the deadline.
  bool until(const std::function<bool()>& holds, std::chrono::steady_clock::time_point deadline) {
    for (;;) {
      const std::uint64_t before = told_so_far();  // what comes while it looks is not missed
      if (holds()) return true;
      std::unique_lock lock(mutex_);
      if (!changed_.wait_until(lock, deadline, [&] { return told_ != before; })) return false;
    }
  }

 private:
  void tell(const std::function<void()>& write) {
    {
      std::lock_guard lock(mutex_);
      write();
      ++told_;
    }
    changed_.notify_all();
  }
  std::uint64_t told_so_far() {
    std::lock_guard lock(mutex_);
    return told_;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t told_ = 0;
  std::map<std::pair<CommandId, Attempt>, std::vector<Outcome>> answers_;
  std::vector<What> facts_;
};

// How the service of a start behaves.
enum class Manner { good, exits, never_ready, ignores_stop, slow_stop, wrong_digest, no_release };
// What not every platform has: a name that others can take, a world that can be lost, releases that
// it rolls itself, …
enum class Trait { stranger, away, wrong_digest, no_release, cancel, look, tail, rolls };

class Bench {
 public:
  virtual ~Bench() = default;
  virtual std::string missing() { return {}; }  // why it cannot be shown here
  virtual bool has(Trait) const { return true; }
  virtual Driver& driver() = 0;
  virtual void renew() = 0;  // the agent dies and another one comes
  virtual StartInstance service(Manner, std::uint32_t instance) = 0;
  virtual Where where() const { return {}; }
  virtual void crash(std::uint32_t instance) = 0;  // from outside; it has ended afterwards
  virtual bool runs(std::uint32_t instance) = 0;   // as the world sees it, not the driver
  virtual void stranger(std::uint32_t) {}          // takes the name of this instance
  virtual void away() {}                           // what the driver talks to is gone
  virtual void back() {}
  // Before anything is started: what instances are kept on becomes a disk that can be filled.
  virtual bool small_disk() { return false; }
  virtual void fill() {}
  virtual void make_room() {}
  virtual void sweep(const std::function<bool(const SiteId&, std::uint32_t)>& wanted) = 0;
  // For conditions on what is heard.
  virtual bool until(const std::function<bool()>& holds) {
    return heard.until(holds, std::chrono::steady_clock::now() + std::chrono::seconds(20));
  }
  // As long as a driver says in Pending that it wants to be left alone.
  virtual void leave_alone(Duration d) {
    heard.until([] { return false; }, std::chrono::steady_clock::now() + d);
  }

  SiteId site{"web", "production"};
  Heard heard;
};

using Make = std::function<std::unique_ptr<Bench>()>;
std::unique_ptr<Bench> local_bench();
std::unique_ptr<Bench> docker_bench();
std::unique_ptr<Bench> podman_bench();
std::unique_ptr<Bench> swarm_bench();
std::unique_ptr<Bench> rolled_bench();  // tasks of one service
std::unique_ptr<Bench> sim_bench();

}  // namespace slipway::conformance
