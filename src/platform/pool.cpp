#include "platform/pool.h"

#include <utility>

namespace slipway::platform {

Pool::Pool(int threads) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

void Pool::submit(const std::string& key, std::function<void()> job) {
  std::lock_guard lock(mutex_);
  if (stopped_) return;
  auto& line = lines_[key];
  line.push_back(std::move(job));
  if (line.size() > 1) return;
  ready_.push_back(key);
  wake_.notify_one();
}

void Pool::stop() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  wake_.notify_all();
  threads_.clear();  // joins
}

void Pool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopped_ || !ready_.empty(); });
    if (stopped_) return;
    std::string key = std::move(ready_.front());
    ready_.pop_front();
    std::function<void()> job = std::move(lines_[key].front());
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
    auto line = lines_.find(key);
    line->second.pop_front();
    if (line->second.empty()) {
      lines_.erase(line);
    } else {
      ready_.push_back(key);
      wake_.notify_one();
    }
  }
}

}  // namespace slipway::platform
