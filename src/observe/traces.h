// Traces on their way to a collector by OTLP over HTTP. Each waits as a file in the state folder
// until the collector took it, so that a restart loses none; how often and how long it is tried is
// bounded. Nothing here is waited for by a release.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "os/outbound.h"

namespace slipway::observe {

struct Collector {
  std::string url;  // of the traces: "http://127.0.0.1:4318/v1/traces"; empty: none
  std::vector<std::string> headers;  // "Name: value"
};

// The collector's address as written: without a path `/v1/traces` is added.
std::string traces_url(const std::string& address);
// OTEL_EXPORTER_OTLP_HEADERS: "name=value,name=value", values percent-encoded.
std::vector<std::string> otlp_headers(const std::string& variable);

class Traces {
 public:
  static constexpr std::size_t kWaiting = 64;  // files; then the oldest is given up
  static constexpr int kTries = 12;            // about 8 minutes
  struct World {
    std::string folder;                    // where traces wait
    std::function<Collector()> collector;  // as configured now
    std::function<void(const char* level, const std::string& text)> say;
    Duration first_pause = 1s;  // doubles up to a minute
  };
  explicit Traces(World);
  ~Traces();

  void start();  // what waited before the restart is sent
  void stop();
  // From any thread; returns at once. Without a collector it is dropped.
  void send(const std::string& name, std::string body);

  std::uint64_t sent() const { return sent_; }
  std::uint64_t dropped() const { return dropped_; }
  std::uint64_t waiting() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Waiting {
    int tries = 0;
    Clock::time_point due{};
    bool asked = false;
  };
  void run();
  void keep(const std::string& name, const std::string& body);
  void ask(const std::string& path);
  void answered(const std::string& path, const Result<os::WebReply>&);
  void give_up(const std::string& path, const std::string& why);

  World world_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::pair<std::string, std::string>> arrived_;
  std::map<std::string, Waiting> waiting_;
  bool stopping_ = false;
  std::atomic<std::uint64_t> sent_{0}, dropped_{0};
  os::Outbound outbound_;
  std::thread thread_;
};

}  // namespace slipway::observe
