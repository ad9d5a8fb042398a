#include "analysis/pending.h"

#include <algorithm>

namespace slipway::analysis {
namespace {

constexpr Duration kWindow = std::chrono::seconds(10);
constexpr double kTail = 0.999;
constexpr std::uint64_t kEnough = 20;  // requests given in the window
constexpr int kLooks = 2;              // running

Duration window_of(const Sketch& stable) {
  if (!is_armed(stable, kTail)) return kWindow;
  const double us = 4 * Histogram::bound(stable.quantile_index(kTail));
  return std::max(kWindow, Duration(static_cast<std::int64_t>(us)));
}

// Requests that were owed and are answered now: they were counted when they were given up.
void forget_owed(Unanswered& p, Counts& c) {
  const std::uint64_t late = std::min(p.owed, c.requests);
  p.owed -= late;
  c.requests -= late;
  c.errors -= std::min(late, c.errors);
  c.left = std::min(c.left, c.requests);
  for (std::uint64_t& over : c.over) over = std::min(over, c.requests);
}

std::uint64_t beyond(std::uint64_t a, std::uint64_t b) { return a > b ? a - b : 0; }

void settle(Unanswered& p, Counts& c, Instant now, Duration window) {
  p.window.push_back(
      {now, static_cast<std::uint32_t>(c.started), static_cast<std::uint32_t>(c.requests)});
  std::erase_if(p.window, [&](const FastTick& t) { return now - t.at > window; });
  std::uint64_t given = 0, answered = 0;
  for (const FastTick& t : p.window) {
    given += t.requests;
    answered += t.errors;
  }
  if (p.owed > 0) forget_owed(p, c);
  const bool stalled = given >= kEnough && answered * 5 < given;
  p.strikes = stalled ? p.strikes + 1 : 0;
  if (p.strikes < kLooks) return;
  // At first all of the window that is not answered, from then on what came since the last look.
  const std::uint64_t lost =
      p.strikes == kLooks ? beyond(given, answered + p.owed) : beyond(c.started, c.requests);
  p.owed += lost;
  c.requests += lost;
  c.errors += lost;
}

}  // namespace

const Block& settle_pending(Judge& judge, const Block& b, Block& room) {
  const bool counted = b.candidate.started > 0 || b.stable.started > 0;
  if (!counted && judge.pending_candidate.owed == 0 && judge.pending_stable.owed == 0) return b;
  room = b;
  const Duration window = window_of(judge.sketch);
  settle(judge.pending_candidate, room.candidate, b.to, window);
  settle(judge.pending_stable, room.stable, b.to, window);
  return room;
}

}  // namespace slipway::analysis
