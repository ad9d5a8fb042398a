#include "meter/meter.h"

#include <algorithm>
#include <bitset>

#include "meter/gaps.h"
#include "meter/history.h"
#include "meter/latency.h"
#include "meter/rule.h"

namespace slipway::meter {
namespace {

Wall wall_of(std::int64_t us) { return Wall(Duration(us)); }

// What one version answered since the last block.
struct Side {
  analysis::Counts counts;
  Latencies latencies;
  std::bitset<10'000> erred;  // clients, by their bucket

  void reset(std::size_t limits) {
    counts = {};
    erred.reset();
    counts.over.assign(limits, 0);
  }
  void add(const Row& row, RowKind kind, bool error, const Watch& watch) {
    const std::vector<double>& limits = watch.latency_limits_us;
    const auto client = static_cast<std::size_t>(row.bucket);
    if (error && watch.by_client && row.bucket >= 0 && client < erred.size()) {
      // One client that fails again and again is one that fails.
      error = !erred[client];
      erred.set(client);
    }
    ++counts.requests;
    counts.errors += error;
    counts.left += kind == RowKind::left;
    for (std::size_t i = 0; i < limits.size(); ++i)
      counts.over[i] += static_cast<double>(row.total_us) > limits[i];
    latencies.add(row.total_us);
  }
  analysis::Counts take() {
    counts.latencies = latencies.take();
    return std::move(counts);
  }
};

struct Watched {
  Watch watch;
  RowPosition from;
  Instant since{};         // of the open block
  Instant candidate_at{};  // newest tick with a request of the candidate
  bool candidate_seen = false, candidate_new = false;
  Side stable, candidate;
  Tally tally;
  std::uint64_t lost = 0;
  std::uint64_t open_rows = 0;  // in the open block
  RowPosition closed;           // of the newest closed block
  RowPosition recorded;
  bool first = true;
  std::int64_t gap_before = -1;
  analysis::Baseline before;

  void open(Instant now) {
    since = now;
    tally = {};
    open_rows = 0;
    stable.reset(watch.latency_limits_us.size());
    candidate.reset(watch.latency_limits_us.size());
  }

  void add(const Row& row);
  bool judged(Duration age) const;
  bool for_receipt(Instant now) const;
};

void Watched::add(const Row& row) {
  const RowKind kind = kind_of(row);
  const bool error = judge_error(row);
  const bool failed = kind == RowKind::failed;
  ++open_rows;
  ++tally.requests;
  tally.ok += kind == RowKind::ok;
  tally.left += kind == RowKind::left;
  tally.failed += failed;
  tally.dropped += failed && !answered(row);
  const bool no_server = failed && row.server.starts_with('<');
  tally.no_server += no_server;
  tally.stable_served += row.served == watch.stable;
  if (row.served == watch.candidate) ++tally.candidate_served;
  if (row.assigned == watch.candidate) {
    ++tally.candidate_requests;
    tally.candidate_failed += failed && !no_server;
    tally.last_candidate_start =
        std::max(tally.last_candidate_start, wall_of(row.end_us - row.total_us));
    if (error && tally.first_candidate_error == Wall{})
      tally.first_candidate_error = wall_of(row.end_us);
    candidate.add(row, kind, error, watch);
    candidate_new = true;
  } else if (row.assigned == watch.stable) {
    ++tally.stable_requests;
    tally.stable_failed += failed && !no_server;
    stable.add(row, kind, error, watch);
  }
}

bool Watched::judged(Duration age) const {
  return is_judged({.stable = stable.counts.requests,
                    .candidate = candidate.counts.requests,
                    .candidate_given = candidate.counts.started,
                    .candidate_alone = watch.bake || watch.stable.empty(),
                    .age = age});
}

bool Watched::for_receipt(Instant now) const {
  return is_for_receipt({.rows = open_rows + lost,
                         .candidate = candidate.counts.requests,
                         .candidate_seen = candidate_seen,
                         .candidate_quiet = now - candidate_at,
                         .age = now - since});
}

}  // namespace

struct Meter::Impl {
  struct Seen {
    Gaps gaps;
    History history;
    SiteId id;
    std::optional<Watched> watched;
  };

  std::map<std::string, Seen, std::less<>> sites;  // by SiteId::name()
  Seen* newest = nullptr;                          // of the last row; rows come in runs
  std::string newest_name;
  RowPosition seen;  // after the last row

  Seen& traffic(const std::string& name) {
    if (newest == nullptr || newest_name != name) {
      newest = &sites[name];
      newest_name = name;
    }
    return *newest;
  }

  Seen* find(const SiteId& id) {
    const auto at = sites.find(id.name());
    return at != sites.end() && at->second.watched ? &at->second : nullptr;
  }

  Counted close(Seen& traffic, bool judged, Instant now, Wall) const {
    Watched& w = *traffic.watched;
    Counted out;
    out.judged = judged;
    out.block.from = w.since;
    out.block.to = now;
    out.block.stable = w.stable.take();
    out.block.candidate = w.candidate.take();
    out.block.dispersion = traffic.history.dispersion(w.watch.stable);
    out.tally = w.tally;
    out.tally.longest_gap = Duration(traffic.gaps.take(out.tally.has_gap));
    out.tally.rows_lost = w.lost;
    w.lost = 0;
    if (seen.inode != 0) w.closed = seen;
    out.position = w.closed;
    if (w.first) {
      out.has_gap_before = w.gap_before >= 0;
      if (out.has_gap_before) out.gap_before = Duration(w.gap_before);
      if (w.before.requests > 0) out.before = std::move(w.before);
      w.first = false;
    }
    w.open(now);
    return out;
  }
};

Meter::Meter() : impl_(std::make_unique<Impl>()) {}
Meter::~Meter() = default;

void Meter::watch(const SiteId& site, const Watch& watch, RowPosition from, Instant now) {
  Impl::Seen& traffic = impl_->traffic(site.name());
  traffic.id = site;
  auto before = std::move(traffic.watched);
  Watched& w = traffic.watched.emplace();
  w.watch = watch;
  w.from = w.closed = w.recorded = from;
  w.gap_before = traffic.gaps.last_minute();
  w.before = traffic.history.baseline(watch.stable);
  if (before) {  // the plan goes on with other limits or in its bake: nothing is counted twice
    w.from = before->from;
    w.closed = before->closed;
    w.recorded = before->recorded;
    w.first = before->first;
    w.gap_before = before->gap_before;
    w.before = std::move(before->before);
    w.lost = before->lost;
  } else {
    traffic.gaps.begin();
  }
  w.candidate_at = now;
  w.open(now);
  if (before && before->open_rows > 0) {
    // Rows of the open block are in nobody's receipt yet.
    w.tally = before->tally;
    w.open_rows = before->open_rows;
    w.since = before->since;
    if (before->watch.stable == watch.stable && before->watch.candidate == watch.candidate &&
        before->watch.latency_limits_us == watch.latency_limits_us) {
      w.stable = before->stable;
      w.candidate = before->candidate;
    }
  }
}

void Meter::unwatch(const SiteId& site) {
  if (Impl::Seen* traffic = impl_->find(site)) traffic->watched.reset();
}

bool Meter::watching(const SiteId& site) const { return impl_->find(site) != nullptr; }

void Meter::add(const Row& row, std::uint64_t inode) {
  Impl::Seen& traffic = impl_->traffic(row.site);
  impl_->seen = {inode, row.offset};
  traffic.gaps.row(row.end_us - row.total_us, row.end_us, answered(row));
  traffic.history.add(row, judge_error(row));
  if (!traffic.watched) return;
  Watched& w = *traffic.watched;
  if (w.from.inode == inode && row.offset <= w.from.offset) return;
  w.add(row);
}

void Meter::given(const std::string& site, const std::string& version, std::uint64_t requests) {
  const auto at = impl_->sites.find(site);
  if (at == impl_->sites.end() || !at->second.watched) return;
  Watched& w = *at->second.watched;
  if (version == w.watch.candidate) {
    w.candidate.counts.started += requests;
  } else if (version == w.watch.stable) {
    w.stable.counts.started += requests;
  }
}

std::vector<std::pair<SiteId, Counted>> Meter::tick(Instant now, Wall wall) {
  std::vector<std::pair<SiteId, Counted>> out;
  for (auto& [name, traffic] : impl_->sites) {
    if (!traffic.watched) continue;
    Watched& w = *traffic.watched;
    if (w.candidate_new) {
      w.candidate_at = now;
      w.candidate_seen = true;
      w.candidate_new = false;
    }
    const bool judged = w.judged(now - w.since);
    if (judged || w.for_receipt(now))
      out.emplace_back(traffic.id, impl_->close(traffic, judged, now, wall));
  }
  return out;
}

std::optional<Counted> Meter::count(const SiteId& site, Instant now, Wall wall) {
  Impl::Seen* traffic = impl_->find(site);
  if (traffic == nullptr) return std::nullopt;
  const bool judged = traffic->watched->judged(now - traffic->watched->since);
  return impl_->close(*traffic, judged, now, wall);
}

void Meter::recorded(const SiteId& site, RowPosition position) {
  if (Impl::Seen* traffic = impl_->find(site)) traffic->watched->recorded = position;
}

void Meter::lost(std::uint64_t rows) {
  for (auto& [name, traffic] : impl_->sites)
    if (traffic.watched) traffic.watched->lost += rows;
}

std::vector<std::pair<std::string, Traffic>> Meter::traffic() const {
  std::vector<std::pair<std::string, Traffic>> out;
  for (const auto& [name, seen] : impl_->sites) {
    const Traffic traffic = seen.history.traffic();
    if (traffic.requests > 0) out.emplace_back(name, traffic);
  }
  return out;
}

RowPosition Meter::position() const {
  RowPosition safe = impl_->seen;
  for (const auto& [name, traffic] : impl_->sites) {
    if (!traffic.watched) continue;
    const Watched& w = *traffic.watched;
    // With everything of this site recorded, later rows are not its own.
    if (w.open_rows == 0 && w.recorded == w.closed) continue;
    if (w.recorded.inode != safe.inode) {
      safe.offset = 0;  // nothing of this file is recorded for it
    } else {
      safe.offset = std::min(safe.offset, w.recorded.offset);
    }
  }
  return safe;
}

}  // namespace slipway::meter
