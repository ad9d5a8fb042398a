// A small world around a real HAProxy for tests: instances that answer, users that ask, the reader
// of the rows, and a driver whose answers are waited for. Everything is on loopback and ends with
// it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "../programs.h"
#include "drivers/haproxy/haproxy.h"
#include "drivers/haproxy/rows.h"
#include "os/files.h"

namespace slipway::haproxy::testing_world {

using Clock = std::chrono::steady_clock;

// True as soon as `condition` holds; false at the deadline.
bool eventually(const std::function<bool()>& condition, Duration deadline = 10s);

// An HTTP/1.1 server with kept-alive connections; /slow?MS takes so long.
class Upstream {
 public:
  explicit Upstream(std::uint16_t port = 0);
  ~Upstream();
  std::uint16_t port() const { return port_; }
  std::uint64_t requests() const { return requests_; }

 private:
  void serve(int fd);
  void run();
  os::Fd listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> requests_{0};
  std::mutex mutex_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

struct Answer {
  int status = 0;  // 0: none
  std::string version, cookie;
};

// One kept-alive connection of one user, who never asks twice.
class User {
 public:
  explicit User(std::string address) : address_(std::move(address)) {}
  Answer get(const std::string& path = "/", const std::string& headers = "",
             const std::string& method = "GET");

 private:
  std::string address_;
  os::Fd fd_;
};

// Users in a closed loop until it ends.
class Load {
 public:
  Load(const std::string& address, int users, Duration pause = 200us);
  ~Load() { stop(); }
  void stop();
  std::uint64_t answered() const { return ok_; }
  std::uint64_t failed() const { return failed_; }

 private:
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> ok_{0}, failed_{0};
  std::vector<std::thread> threads_;
};

class World : public Sink {
 public:
  World();
  ~World() override;

  // A driver over the same folders, as the next agent would have it.
  void start_driver();
  void stop_driver();
  Haproxy& driver() { return *driver_; }
  const Settings& settings() const { return settings_; }
  std::string ask(const std::string& command) const;

  // Issues it and observes until it is done or failed.
  Outcome run(Command, const SiteId& = {"web", "test"}, Duration deadline = 15s);
  Outcome wait_answer(CommandId, Duration deadline = 10s);
  void answer(const SiteId&, CommandId, Attempt, Outcome) override;
  void fact(const SiteId&, What) override;
  template <class T>
  std::vector<T> facts() {
    std::lock_guard lock(mutex_);
    std::vector<T> out;
    for (const auto& what : facts_)
      if (const auto* one = std::get_if<T>(&what)) out.push_back(*one);
    return out;
  }

  // Rows by assigned version, each counted once by readers that come and go.
  void restart_reader();
  std::map<std::string, std::uint64_t> rows() const;
  std::uint64_t row_count() const;
  // The newest start of a request assigned to `version`, wall µs.
  std::int64_t last_start(const std::string& version) const;

 private:
  void read_rows();
  os::TempDir state_;
  Settings settings_;
  std::unique_ptr<Haproxy> driver_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<CommandId, Outcome> answers_;
  std::vector<What> facts_;
  CommandId next_ = 1;
  mutable std::mutex rows_mutex_;
  std::map<std::string, std::uint64_t> rows_;
  std::map<std::string, std::int64_t> last_start_;
  std::uint64_t offset_ = 0;
  std::atomic<bool> stop_reading_{false};
  std::thread reader_;
};

}  // namespace slipway::haproxy::testing_world
