// The board's lines: events, which are kept and numbered for those who come back, and pulses.
#include <algorithm>

#include "views/board_impl.h"
#include "views/deployment.h"

namespace slipway::views {

void Board::Impl::put_lines(std::uint64_t lsn, std::vector<EventLine> lines) {
  const std::lock_guard lock(ring_mutex);
  if (!any_step) {
    any_step = true;
    lost_through = std::max<std::uint64_t>(lsn * kLinesPerStep, 1) - 1;
    newest = lost_through;
  }
  newest = std::max(newest, lsn * kLinesPerStep + kLinesPerStep - 1);
  for (auto& line : lines) {
    // A release's record and a site's step are durable in one order and may arrive here in another.
    if (!ring.empty()) line.seq = std::max(line.seq, ring.back().seq + 1);
    keep_line(std::move(line));
  }
  if (!lines.empty()) ring_grew.notify_all();
}

void Board::Impl::keep_line(EventLine line) {
  if (ring.size() == kEventsKept) {
    lost_through = ring.front().seq;
    ring.pop_front();
  }
  ring.push_back(std::move(line));
}

void Board::begin_after(std::uint64_t lsn) {
  const std::lock_guard lock(impl_->ring_mutex);
  if (impl_->any_step) return;
  impl_->any_step = true;
  impl_->newest = impl_->lost_through = lsn * kLinesPerStep + kLinesPerStep - 1;
}

void Board::tell(EventLine line) {
  const std::lock_guard lock(impl_->ring_mutex);
  const std::uint64_t least = impl_->newest / kLinesPerStep * kLinesPerStep + kLinesToldFrom;
  line.seq = impl_->ring.empty() ? least : std::max(least, impl_->ring.back().seq + 1);
  impl_->newest = std::max(impl_->newest, line.seq);
  impl_->keep_line(std::move(line));
  impl_->ring_grew.notify_all();
}

void Board::Impl::put_counts(const Published& p) {
  EventLine line;
  {
    const std::unique_lock lock(mutex);
    const auto number = series.add(p);
    if (number == 0) return;
    line.data = {{"number", number}, {"point", to_json(series.find(number)->back())}};
    line.deployment = deployment_id(p.after->id, number);
  }
  line.type = "step.progress";
  line.at = p.event.wall;
  line.environment = p.after->id.environment;
  line.service = p.after->id.service;
  line.text = "requests were counted";
  const std::lock_guard lock(ring_mutex);
  line.seq = ++newest_pulse;
  if (pulses.size() == kPulsesKept) pulses.pop_front();
  pulses.push_back(std::move(line));
  ring_grew.notify_all();
}

std::vector<EventLine> Board::events(std::uint64_t seq, std::size_t limit, Duration wait) const {
  std::unique_lock lock(impl_->ring_mutex);
  const auto& ring = impl_->ring;
  // A number from another journal would wait for ever: it is told so, and goes on from the oldest.
  const bool foreign = impl_->any_step && seq > impl_->newest;
  const auto gone = [&] { return foreign || (seq != 0 && seq < impl_->lost_through); };
  if (!foreign)
    impl_->ring_grew.wait_for(lock, wait, [&] { return !ring.empty() && ring.back().seq > seq; });
  std::vector<EventLine> out;
  const bool gap = impl_->any_step && gone();
  if (gap) {
    EventLine line;
    line.type = "events.gap";
    line.seq =
        ring.empty() ? impl_->lost_through : std::max<std::uint64_t>(ring.front().seq, 1) - 1;
    line.text = "events before this one are no longer kept: read the state anew";
    line.at = ring.empty() ? Wall{} : ring.front().at;
    out.push_back(std::move(line));
  }
  const std::uint64_t from = foreign ? 0 : seq;
  auto it = std::partition_point(ring.begin(), ring.end(),
                                 [&](const EventLine& line) { return line.seq <= from; });
  for (; it != ring.end() && out.size() < limit; ++it) out.push_back(*it);
  return out;
}

std::uint64_t Board::newest_event() const {
  const std::lock_guard lock(impl_->ring_mutex);
  return impl_->ring.empty() ? impl_->lost_through : impl_->ring.back().seq;
}

std::vector<EventLine> Board::pulses(std::uint64_t seq) const {
  const std::lock_guard lock(impl_->ring_mutex);
  const auto& all = impl_->pulses;
  return {std::partition_point(all.begin(), all.end(),
                               [&](const EventLine& line) { return line.seq <= seq; }),
          all.end()};
}

std::uint64_t Board::newest_pulse() const {
  const std::lock_guard lock(impl_->ring_mutex);
  return impl_->newest_pulse;
}

bool Board::wait(std::uint64_t event, std::uint64_t pulse, Duration wait) const {
  std::unique_lock lock(impl_->ring_mutex);
  const auto& ring = impl_->ring;
  const auto there = [&] {
    return (!ring.empty() && ring.back().seq > event) || impl_->newest_pulse > pulse;
  };
  impl_->ring_grew.wait_for(lock, wait, [&] { return there() || impl_->waits_ended; });
  return there();
}

void Board::end_waits() const {
  const std::lock_guard lock(impl_->ring_mutex);
  impl_->waits_ended = true;
  impl_->ring_grew.notify_all();
}

}  // namespace slipway::views
