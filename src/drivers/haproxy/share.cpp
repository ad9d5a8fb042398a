#include "drivers/haproxy/share.h"

#include <algorithm>

namespace slipway::haproxy {

void ShareProbe::arm(const std::string& site, std::int64_t mark_us, bool by_client) {
  std::lock_guard lock(mutex_);
  Mark& mark = marks_[site];
  mark = Mark{.since_us = mark_us, .by_client = by_client};
  if (by_client) mark.clients = std::make_unique<std::bitset<10'000>>();
  armed_ = static_cast<int>(marks_.size());
}

void ShareProbe::disarm(const std::string& site) {
  std::lock_guard lock(mutex_);
  marks_.erase(site);
  armed_ = static_cast<int>(marks_.size());
}

ShareProbe::Seen ShareProbe::seen(const std::string& site) const {
  std::lock_guard lock(mutex_);
  const auto at = marks_.find(site);
  return at == marks_.end() ? Seen{} : at->second.seen;
}

void ShareProbe::on_row(const Row& row) {
  if (armed_.load(std::memory_order_relaxed) == 0) return;
  if (row.why != 'S' && row.why != 'F') return;  // chosen by the split
  std::lock_guard lock(mutex_);
  const auto at = marks_.find(row.site);
  if (at == marks_.end()) return;
  Mark& mark = at->second;
  const std::int64_t start = row.end_us - row.total_us;
  if (start <= mark.since_us) return;
  Label& label = mark.seen.labels[row.assigned];
  label.last_start_us = std::max(label.last_start_us, start);
  if (mark.by_client && row.bucket >= 0 && row.bucket < 10'000) {
    auto bit = (*mark.clients)[static_cast<std::size_t>(row.bucket)];
    if (bit) return;
    bit = true;
  }
  ++label.count;
  ++mark.seen.count;
}

}  // namespace slipway::haproxy
