// A few threads for what blocks. Jobs of one key run one after another, in the order they came;
// jobs of different keys run side by side.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace slipway::platform {

class Pool {
 public:
  explicit Pool(int threads);
  ~Pool() { stop(); }

  void submit(const std::string& key, std::function<void()> job);
  // Jobs that run are waited for, those that wait are dropped. Idempotent.
  void stop();

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::string, std::deque<std::function<void()>>>
      lines_;  // the first one runs or is ready
  std::deque<std::string> ready_;
  bool stopped_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace slipway::platform
