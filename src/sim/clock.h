// Virtual time: a clock that moves when the simulation says so, and the agenda of what will happen.
// Nothing here asks the machine for the time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/time.h"
#include "shell/shell.h"

namespace slipway::sim {

class VirtualClock final : public shell::Clock {
 public:
  Duration monotonic() override { return now_ - booted_; }
  Wall wall() override { return Wall(kEpoch + now_ + wall_off_); }
  std::string boot_id() override { return std::to_string(boot_); }

  // Time since the simulation began; drives everything else.
  Duration now() const { return now_; }
  void to(Duration when) { now_ = std::max(now_, when); }
  void jump_wall(Duration by) { wall_off_ += by; }
  void reboot() {
    booted_ = now_;
    ++boot_;
  }

 private:
  static constexpr Duration kEpoch = std::chrono::seconds(1'800'000'000);
  Duration now_ = std::chrono::seconds(1000), booted_{}, wall_off_{};
  int boot_ = 1;
};

// What will happen, by time; of equal times what was put there first.
class Agenda {
 public:
  using Act = std::function<void()>;

  // `owner` 0: the world's own. Those of an agent are dropped when it dies.
  void at(Duration when, std::uint32_t owner, Act act) {
    items_.push_back({when, next_++, owner, std::move(act)});
    std::push_heap(items_.begin(), items_.end(), later);
  }
  bool empty() const { return items_.empty(); }
  Duration next() const { return items_.empty() ? Duration::max() : items_.front().when; }
  Act take() {
    std::pop_heap(items_.begin(), items_.end(), later);
    Act act = std::move(items_.back().act);
    items_.pop_back();
    return act;
  }
  // What would happen before `until` happens then, in the same order.
  void delay(std::uint32_t owner, Duration until) {
    for (Item& i : items_) {
      if (i.owner == owner) i.when = std::max(i.when, until);
    }
    std::stable_sort(items_.begin(), items_.end(),
                     [](const Item& a, const Item& b) { return a.order < b.order; });
    std::make_heap(items_.begin(), items_.end(), later);
  }
  void drop(std::uint32_t owner) {
    std::erase_if(items_, [owner](const Item& i) { return i.owner == owner; });
    std::make_heap(items_.begin(), items_.end(), later);
  }

 private:
  struct Item {
    Duration when;
    std::uint64_t order;
    std::uint32_t owner;
    Act act;
  };
  static bool later(const Item& a, const Item& b) {
    return a.when != b.when ? a.when > b.when : a.order > b.order;
  }
  std::vector<Item> items_;
  std::uint64_t next_ = 0;
};

}  // namespace slipway::sim
