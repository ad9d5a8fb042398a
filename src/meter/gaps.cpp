#include "meter/gaps.h"

#include <algorithm>

namespace slipway::meter {

void Gaps::found(std::int64_t gap, std::int64_t at) {
  largest_ = std::max(largest_, gap);
  taken_ = std::max(taken_, gap);
  const std::int64_t second = at / 1'000'000;
  Second& slot = ring_[static_cast<std::size_t>(second % kSeconds)];
  if (slot.second < second) slot = {second, gap};
  if (slot.second == second) slot.gap = std::max(slot.gap, gap);
}

// A request was there from `start` on: silences after it had somebody waiting.
void Gaps::waited(std::int64_t start) {
  while (!silences_.empty() && silences_.back().to > start) {
    Silence& last = silences_.back();
    if (start < last.since) {
      last.since = std::max(start, last.from);
      found(last.to - last.since, last.to);
    }
    if (last.since > last.from) return;  // it began inside this silence; older ones are before it
    silences_.pop_back();                // complete: it cannot grow
  }
}

void Gaps::row(std::int64_t start, std::int64_t end, bool answered) {
  if (end < clock_) end = clock_;  // rows of two workers, or a clock that stepped, may be late
  clock_ = end;
  start = std::min(start, end);
  waited(start);
  if (!answered) {
    unanswered_ = unanswered_ == 0 ? start : std::min(unanswered_, start);
    return;
  }
  std::int64_t since = unanswered_ == 0 ? start : std::min(start, unanswered_);
  unanswered_ = 0;
  // Before the first answer there is none to count from: those who waited longest say how long.
  const std::int64_t from = newest_ == 0 ? end - kUnseenUs : newest_;
  since = std::max(since, from);
  newest_ = end;
  found(end - since, end);
  if (since == from || end - from <= largest_) return;
  // Those that cannot become the largest need not be kept.
  if (silences_.size() >= crowd_) {
    std::erase_if(silences_, [this](const Silence& s) { return s.to - s.from <= largest_; });
    crowd_ = std::max(kCrowd, 2 * silences_.size());
  }
  if (silences_.size() >= kSilences) silences_.pop_front();
  silences_.push_back({from, since, end});
}

std::int64_t Gaps::take(bool& any) {
  any = taken_ >= 0;
  const std::int64_t gap = std::max<std::int64_t>(taken_, 0);
  taken_ = -1;
  return gap;
}

std::int64_t Gaps::last_minute() const {
  std::int64_t gap = -1;
  const std::int64_t now = clock_ / 1'000'000;
  for (const Second& second : ring_)
    if (second.second > now - kSeconds) gap = std::max(gap, second.gap);
  return gap;
}

void Gaps::begin() {
  silences_.clear();
  crowd_ = kCrowd;
  largest_ = -1;
  taken_ = -1;
}

}  // namespace slipway::meter
