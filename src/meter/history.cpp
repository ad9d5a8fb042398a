#include "meter/history.h"

#include <algorithm>
#include <charconv>

#include "analysis/dispersion.h"

namespace slipway::meter {
namespace {

constexpr std::int64_t kMinuteUs = 60'000'000;
constexpr std::array<double, 3> kQuantiles = {0.5, 0.9, 0.99};

// s12 -> 11; what is no instance of its own counts with the first.
std::size_t instance_of(const std::string& server) {
  std::size_t n = 1;
  if (server.size() > 1 && server[0] == 's')
    std::from_chars(server.data() + 1, server.data() + server.size(), n);
  return n == 0 ? 0 : n - 1;
}

analysis::Sketch sketch_of(const auto& minutes) {
  analysis::Sketch sketch;
  for (const auto& minute : minutes) {
    sketch.age(Instant(Duration(minute.number * kMinuteUs)));
    sketch.add(minute.latencies);
  }
  sketch.aged = {};  // the judge's clock is another one
  return sketch;
}

}  // namespace

void History::open_minute(Version& v, std::int64_t number) {
  if (!v.minutes.empty()) v.minutes.back().latencies = v.open.take();
  const analysis::Sketch sketch = sketch_of(v.minutes);
  for (std::size_t i = 0; i < kQuantiles.size(); ++i) {
    if (!analysis::is_armed(sketch, kQuantiles[i])) continue;
    v.above[i] =
        static_cast<std::int64_t>(analysis::Histogram::bound(sketch.quantile_index(kQuantiles[i])));
  }
  v.minutes.push_back({.number = number, .latencies = {}});
  while (v.minutes.front().number <= number - kMinutes) v.minutes.pop_front();
  // A version that nobody asked for an hour is forgotten.
  std::erase_if(versions_, [&](const auto& entry) {
    const auto& minutes = entry.second.minutes;
    return &entry.second != &v && (minutes.empty() || minutes.back().number <= number - kMinutes);
  });
}

void History::open_bin(Version& v, std::int64_t number) {
  v.dispersion = scatter(v);
  v.bins.push_back({.number = number});
  while (v.bins.size() > kBins + 1) v.bins.pop_front();
}

std::vector<double> History::scatter(const Version& v) {
  if (v.bins.size() < kBins) return {};
  std::vector<std::size_t> used;
  std::vector<double> shares;
  double total = 0;
  for (std::size_t i = 0; i < kInstances; ++i) {
    double n = 0;
    for (const Bin& bin : v.bins) n += bin.requests[i];
    if (n == 0) continue;
    used.push_back(i);
    shares.push_back(n);
    total += n;
  }
  for (double& share : shares) share /= total;
  std::vector<double> out;
  bool any = false;
  for (std::size_t event = 0; event < 4; ++event) {
    std::vector<std::vector<std::uint64_t>> bins;
    bins.reserve(v.bins.size());
    for (const Bin& bin : v.bins) {
      auto& row = bins.emplace_back();
      for (const std::size_t i : used) row.push_back(bin.events[i][event]);
    }
    out.push_back(analysis::dispersion(bins, shares).tempered);
    any |= out.back() > 1;
  }
  return any ? out : std::vector<double>{};
}

void History::add(const Row& row, bool error) {
  if (newest_ == nullptr || newest_name_ != row.assigned) {
    newest_ = &versions_[row.assigned];
    newest_name_ = row.assigned;
  }
  Version& v = *newest_;
  // Rows come in the order in which they were written, which is nearly that of their ends.
  const std::int64_t minute = row.end_us / kMinuteUs, bin = row.end_us / kBinUs;
  if (v.minutes.empty() || minute > v.minutes.back().number) open_minute(v, minute);
  if (v.bins.empty() || bin > v.bins.back().number) open_bin(v, bin);
  Minute& m = v.minutes.back();
  ++m.requests;
  m.errors += error;
  v.open.add(row.total_us);
  Bin& b = v.bins.back();
  const std::size_t at = instance_of(row.server) % kInstances;
  ++b.requests[at];
  b.events[at][0] += error;
  for (std::size_t i = 0; i < v.above.size(); ++i)
    b.events[at][i + 1] += v.above[i] > 0 && row.total_us > v.above[i];
}

analysis::Baseline History::baseline(const std::string& version) const {
  analysis::Baseline out;
  const auto at = versions_.find(version);
  if (at == versions_.end()) return out;
  std::deque<Minute> minutes = at->second.minutes;
  Latencies open = at->second.open;
  minutes.back().latencies = open.take();
  for (const Minute& m : minutes) {
    out.requests += m.requests;
    out.errors += m.errors;
  }
  out.latencies = sketch_of(minutes);
  out.dispersion = at->second.dispersion;
  return out;
}

const std::vector<double>& History::dispersion(const std::string& version) const {
  static const std::vector<double> kNone;
  const auto at = versions_.find(version);
  return at == versions_.end() ? kNone : at->second.dispersion;
}

Traffic History::traffic() const {
  Traffic t;
  std::int64_t first = 0, last = 0;
  for (const auto& [name, v] : versions_) {
    for (const Minute& m : v.minutes) {
      t.requests += m.requests;
      t.errors += m.errors;
      if (first == 0 || m.number < first) first = m.number;
      last = std::max(last, m.number);
    }
  }
  if (t.requests == 0) return t;
  // The newest minute is not over: it counts as half of one.
  t.seconds = std::max<std::int64_t>(30, (last - first) * 60 + 30);
  t.per_second = static_cast<double>(t.requests) / static_cast<double>(t.seconds);
  return t;
}

}  // namespace slipway::meter
