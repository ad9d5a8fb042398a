#include "engine/receipt.h"

#include <fmt/format.h>

#include <algorithm>

namespace slipway::engine {

namespace {

void add(VersionReceipt& to, std::uint64_t requests, const analysis::Counts& counts) {
  to.requests += requests;
  to.errors += counts.errors;
  to.latencies.add(counts.latencies);
}

void add(Receipt& r, const Counted& e) {
  const Tally& tally = e.tally;
  r.requests += tally.requests;
  r.failed += tally.failed;
  r.dropped += tally.dropped;
  r.caused_direct += tally.no_server;
  r.rows_lost += tally.rows_lost;
  r.complete = r.complete && tally.rows_lost == 0;
  r.exposed += tally.candidate_requests;
  r.stable_5xx += tally.stable_failed;
  r.candidate_5xx += tally.candidate_failed;
  add(r.stable, tally.stable_requests, e.block.stable);
  add(r.candidate, tally.candidate_requests, e.block.candidate);
  if (tally.has_gap) {
    r.longest_gap = std::max(r.longest_gap, tally.longest_gap);
    r.has_gap = true;
  }
  if (e.has_gap_before) {
    r.gap_before = e.gap_before;
    r.has_gap_before = true;
  }
  if (r.first_harm == Wall{}) r.first_harm = tally.first_candidate_error;
  // The last request given to the candidate, rather than the moment the shift was confirmed.
  const bool is_back = r.verdict_at != Wall{} && r.traffic_back >= r.verdict_at;
  if (is_back && tally.last_candidate_start > r.verdict_at) {
    r.traffic_back = tally.last_candidate_start;
  }
}

}  // namespace

void on(Turn& t, const Counted& e) {
  if (!t.site.live || !t.site.live->planned) return;  // a count that came after its end
  t.site.counted = e.position;
  Deployment& d = *t.site.live;
  add(d.receipt, e);
  const std::uint64_t assigned = e.tally.stable_requests + e.tally.candidate_requests;
  if (assigned > 0) {
    d.served_share =
        static_cast<double>(e.tally.candidate_requests) / static_cast<double>(assigned);
  }
  if (e.before && d.baseline == analysis::Baseline{}) d.baseline = *e.before;
  const bool alone = d.judge && analysis::is_alone(d.judge->charge);
  if (!alone) d.baseline.add(e.block);
  if (!e.judged) return;
  // Between two stages evidence goes on; a block that ended before the bake began is no part of it.
  if (d.kept) d.kept->ingest(e.block);
  if (d.judge && e.block.to > d.judge->started) d.judge->ingest(e.block);
}

// No part of the receipt; of a stage only when it lies inside it.
void on(Turn& t, const Heard& e) {
  if (!t.site.live) return;
  Deployment& d = *t.site.live;
  if (d.kept) d.kept->ingest(e.reading);
  if (d.judge && e.reading.to > d.judge->started) d.judge->ingest(e.reading);
}

void on(Turn& t, const ProxyRestarted& e) {
  const Because because = why(codes::kProxyRestarted, {{"ms", fmt::format("{:g}", to_ms(e.down))},
                                                       {"lost", fmt::format("{}", e.lost)}});
  if (t.site.live) {
    t.site.live->receipt.proxy_down += e.down;
    t.site.live->receipt.lost += e.lost;
    t.live_story("step.progress", because);
  }
  if (!t.site.copies.empty()) t.route_changed(because);
}

}  // namespace slipway::engine
