#include "main/counting.h"

#include <algorithm>

namespace slipway {

namespace {
constexpr Duration kTick = 1s;
// After a restart rows are read only when every site that was being counted is watched again.
constexpr Duration kPatience = 10s;
constexpr Duration kBusyRest = 20ms;
constexpr Duration kIdleRest = 250ms;
constexpr std::uint64_t kFreeStep = 1 << 20;  // bytes recorded before a hole is punched

std::int64_t counting_steady_us() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<Duration>(now).count();
}
}  // namespace

Counting::Counting(World world) : world_(std::move(world)), file_(world_.rows) {}

Counting::~Counting() { stop(); }

void Counting::start(const std::map<SiteId, RowPosition>& live) {
  inode_ = file_.inode();
  offset_ = file_.size();
  for (const auto& [site, position] : live) {
    // Another inode is another file: all of it is new. Without one nothing was counted yet.
    if (position.inode == 0) continue;
    offset_ = std::min(offset_, position.inode == inode_ ? position.offset : 0);
    expected_.insert(site);
  }
  turned_us_ = counting_steady_us();
  thread_ = std::thread([this] { run(); });
}

bool Counting::takes(const Command& command) const {
  return std::holds_alternative<Watch>(command) || std::holds_alternative<Count>(command);
}

void Counting::begin(const Issued& issued) {
  {
    std::lock_guard lock(mutex_);
    queue_.push_back(issued);
  }
  wake_.notify_one();
}

// Both commands say what shall be true: asking again is doing it again.
void Counting::observe(const Issued& issued) { begin(issued); }

void Counting::cancel(const Issued& issued) {
  world_.sink->answer(issued.site, issued.id, issued.attempt, Done{});
}

void Counting::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

Duration Counting::silent() const { return Duration(counting_steady_us() - turned_us_); }

Duration Counting::rest() const { return watched_.empty() ? kIdleRest : kBusyRest; }

void Counting::run() {
  // By the machine's clock: engine time is not known before the first event.
  auto next_tick = std::chrono::steady_clock::now() + kTick;
  const auto patience = next_tick + kPatience;
  for (;;) {
    std::deque<Issued> work;
    turned_us_ = counting_steady_us();
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, rest(), [this] { return stopping_ || !queue_.empty(); });
      if (stopping_) return;
      work.swap(queue_);
    }
    if (expected_.empty()) read_rows();
    for (const Issued& issued : work) obey(issued);
    const auto now = std::chrono::steady_clock::now();
    if (now > patience) expected_.clear();
    if (now >= next_tick) {
      next_tick = std::max(next_tick + kTick, now);
      post_blocks();
      note_traffic();
      free_rows();
    }
  }
}

void Counting::obey(const Issued& issued) {
  Instant now = world_.engine_now();
  if (const auto* watch = std::get_if<Watch>(&issued.command)) {
    RowPosition from = world_.recorded(issued.site);
    // A site that was never counted starts with the rows from here on.
    if (from.inode != inode_) from = {inode_, offset_};
    if (watched_.contains(issued.site)) {
      // The rule of the block changes: what is open is closed by the old one.
      if (auto counted = meter_.count(issued.site, now, world_.wall())) {
        post(issued.site, std::move(*counted));
      }
      from = {inode_, offset_};
    }
    // Recorded, so that after a restart no row is counted twice and none of an earlier time is.
    world_.sink->fact(issued.site, Counted{.judged = false, .position = from});
    expected_.erase(issued.site);
    meter_.watch(issued.site, *watch, from, now);
    watched_.insert(issued.site);
    world_.watched(issued.site, *watch);
  } else {
    auto counted = meter_.count(issued.site, now, world_.wall());
    if (counted) world_.closed(issued.site, counted->block);
    if (std::get<Count>(issued.command).last) {
      world_.unwatched(issued.site);
      meter_.unwatch(issued.site);
      watched_.erase(issued.site);
    }
    if (counted)
      return world_.sink->answer_with(std::move(*counted), issued.site, issued.id, issued.attempt,
                                      Done{});
  }
  world_.sink->answer(issued.site, issued.id, issued.attempt, Done{});
}

void Counting::read_rows() {
  if (std::uint64_t inode = file_.inode(); inode != inode_) {
    inode_ = inode;
    offset_ = freed_ = 0;
  }
  auto got = file_.read(offset_, [this](std::string_view line, std::uint64_t end) {
    offset_ = end;
    auto row = meter::parse_row(line);
    if (!row) return;
    row->offset = end;
    ++rows_;
    meter_.add(*row, inode_);
    world_.on_row(*row);
  });
  (void)got;  // no file yet: nothing was served, nothing to count
}

void Counting::post_blocks() {
  if (const std::uint64_t rows = world_.lost(); rows > 0) {
    rows_lost_ += rows;
    meter_.lost(rows);
  }
  for (const auto& [site, version, requests] : world_.given())
    meter_.given(site, version, requests);
  for (auto& [site, counted] : meter_.tick(world_.engine_now(), world_.wall())) {
    post(site, std::move(counted));
  }
}

void Counting::note_traffic() {
  std::map<std::string, analysis::Expected> seen;
  for (const auto& [site, traffic] : meter_.traffic()) {
    const double errors =
        static_cast<double>(traffic.errors) / static_cast<double>(traffic.requests);
    seen[site] = {traffic.per_second, errors};
  }
  std::lock_guard lock(mutex_);
  expected_traffic_ = std::move(seen);
}

analysis::Expected Counting::expected(const SiteId& site) const {
  std::lock_guard lock(mutex_);
  const auto at = expected_traffic_.find(site.name());
  return at == expected_traffic_.end() ? analysis::Expected{} : at->second;
}

void Counting::post(const SiteId& site, Counted counted) {
  world_.closed(site, counted.block);
  world_.sink->fact(site, std::move(counted));
}

void Counting::free_rows() {
  std::uint64_t safe = offset_;
  for (const SiteId& site : watched_) {
    RowPosition recorded = world_.recorded(site);
    if (recorded.inode == inode_) safe = std::min(safe, recorded.offset);
  }
  if (safe < freed_ + kFreeStep) return;
  if (file_.free_before(safe)) freed_ = safe;
}

}  // namespace slipway
