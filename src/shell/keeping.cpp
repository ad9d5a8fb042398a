// How long records of sites are kept: those of a deployment for a day after it ended, for a week
// when it did not succeed. Its summary is kept for ever, and nothing else needs them.
#include <chrono>

#include "shell/loop.h"

namespace slipway::shell {
namespace {

constexpr Duration kKept = std::chrono::hours(24);
constexpr Duration kKeptWhenFailed = std::chrono::days(7);
constexpr Duration kLookEvery = std::chrono::hours(1);

}  // namespace

// A site at rest takes part in every start with what happened since its snapshot, however old.
void Loop::keep_short(Draft& draft) {
  const auto stream = parts_.journal->laggard();
  const auto id = stream ? site_of_stream(*stream) : std::nullopt;
  if (!id || draft.sites.contains(*id)) return;
  const auto kept = sites_.find(*id);
  if (kept == sites_.end()) return;
  draft.batch.snapshots.push_back(snapshot_of(kept->second.site));
}

// Whoever starts next has little to go through again. Where this cannot be written, it is more.
void Loop::write_down() {
  if (disk_critical_) return;
  journal::Batch batch;
  for (const auto& [id, kept] : sites_) {
    if (kept.since_snapshot == 0) continue;
    batch.snapshots.push_back(snapshot_of(kept.site));
  }
  if (!batch.snapshots.empty()) (void)parts_.journal->append(batch);
}

void Loop::forget_old() {
  const Instant now = timeline_.now();
  if (now < forget_at_ && !forgetting_) return;
  const Wall wall = timeline_.wall();
  const auto before = [&](Duration age) { return (wall - age).time_since_epoch().count(); };
  std::map<std::string, std::int64_t> kept;
  for (const auto& [number, ended] : ended_) {
    const bool failed = ended.state != State::succeeded;
    if (failed && ended.at > wall - kKeptWhenFailed) {
      kept[stream_of(ended.site)] = before(kKeptWhenFailed);
    }
  }
  for (const SiteId& id : live_) kept[stream_of(id)] = 0;
  // A journal that cannot forget now does so an hour later; appending says what is wrong with it.
  if (!forgetting_) (void)parts_.journal->note_time(before(Duration::zero()));
  const auto more = parts_.journal->forget(before(kKept), kept);
  forgetting_ = more && *more;
  forget_at_ = now + kLookEvery;
}

}  // namespace slipway::shell
