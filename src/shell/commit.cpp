// Durable first, then visible, then done: the only place where a step leaves the loop.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "engine/engine.h"
#include "record/record.h"
#include "shell/loop.h"

namespace slipway::shell {
namespace {

constexpr std::size_t kCommitsKept = 1024;
constexpr Duration kBallastAgain = 30s;
constexpr Duration kDueAtLeast = 1ms;  // after a Due event, so that no timer can spin

const Deployment* deployment(const Site& site, std::uint32_t number) {
  if (site.live && site.live->number == number) return &*site.live;
  if (site.queued && site.queued->number == number) return &*site.queued;
  return nullptr;
}

// What the platform saw, when this event is its answer.
World world_of(const Event& event) {
  const auto* answered = std::get_if<Answered>(&event.what);
  const auto* done = answered ? std::get_if<Done>(&answered->outcome) : nullptr;
  return done ? done->observed.world : World{};
}

// A broken rule inside intake is a refusal of this one request, not the end of the loop.
std::expected<Plan, Refusal> compiled(Intake& intake, const Request& request, const Site& site,
                                      const World& world) {
  try {
    return intake.compile(request, site, world);
  } catch (const InvariantBroken& broken) {
    return std::unexpected(Refusal{.code = "internal", .text = broken.what(), .http = 500});
  }
}

}  // namespace

// The more sites, the shorter each one's way back: a start replays what all of them did since.
std::uint64_t Loop::snapshot_every() const {
  const auto each = limits::kTailsTogether / std::max<std::size_t>(1, sites_.size());
  return std::clamp<std::uint64_t>(each, limits::kSnapshotSoonest, limits::kSnapshotEvery);
}

journal::Snapshot snapshot_of(const SitePtr& site) {
  return {stream_of(site->id), site->seq, "", [site] { return record::encode_apart(*site); }};
}

bool Loop::commit(Draft& draft) {
  compile_wanted(draft);
  for (const auto& [id, site] : draft.sites) {
    const auto kept = sites_.find(id);
    const std::uint64_t old = kept == sites_.end() ? 0 : kept->second.site->seq;
    const std::uint64_t since = kept == sites_.end() ? 0 : kept->second.since_snapshot;
    if (since + (site->seq - old) >= snapshot_every()) draft.to_snapshot.insert(id);
  }
  for (const SiteId& id : draft.to_snapshot) {
    draft.batch.snapshots.push_back(snapshot_of(draft.sites.at(id)));
  }
  keep_short(draft);
  timeline_.note(anchor_);
  draft.batch.snapshots.push_back({"agent", 0, encode(anchor_)});
  const auto first = append(draft.batch);
  if (!first) {
    const std::scoped_lock guard(mutex_);
    fault_ = first.error();
    return false;
  }
  for (std::size_t i = 0; i < draft.steps.size(); ++i) draft.steps[i].lsn = *first + i;
  swap_in(draft);
  heartbeat_ = live_.empty() ? kNever : timeline_.now() + kHeartbeat;
  for (const Published& step : draft.steps) {
    if (parts_.publish) parts_.publish(step);
  }
  dispatch(draft);
  return true;
}

// A full disk gives up the ballast and tries once more; anything else ends the loop.
Result<std::uint64_t> Loop::append(const journal::Batch& batch) {
  const Duration begun = parts_.clock->monotonic();
  auto first = parts_.journal->append(batch);
  if (first) note_commit(parts_.clock->monotonic() - begun);
  if (first || first.error().fault != Fault::exhausted) return first;
  ballast_.drop();
  first = parts_.journal->append(batch);
  if (first) enter_disk_critical();
  return first;
}

void Loop::note_commit(Duration took) {
  const std::scoped_lock guard(mutex_);
  committed_.sum += took;
  const auto bound = std::ranges::lower_bound(kCommitBounds, took) - kCommitBounds.begin();
  ++committed_.within[static_cast<std::size_t>(bound)];
  if (commit_times_.size() < kCommitsKept) {
    commit_times_.push_back(took);
  } else {
    commit_times_[commits_ % kCommitsKept] = took;
  }
  ++commits_;
}

CommitTimes Loop::commit_times() const {
  std::vector<Duration> times;
  CommitTimes out;
  {
    const std::scoped_lock guard(mutex_);
    times = commit_times_;
    out = committed_;
    out.commits = commits_;
  }
  if (times.empty()) return out;
  std::ranges::sort(times);
  out.p50 = times[times.size() / 2];
  out.p99 = times[times.size() * 99 / 100];
  return out;
}

void Loop::swap_in(const Draft& draft) {
  for (const Published& step : draft.steps) {
    const SitePtr& site = step.after;
    if (site->last && !ended_.contains(site->last->number)) {
      const Deployment& last = *site->last;
      ended_[last.number] = {
          site->id, last.state,
          last.request.version.empty() ? last.plan.to.version : last.request.version,
          last.ended_wall};
    }
    if (draft.sites.at(site->id) != site) continue;  // a later step is the newest
    Kept& kept = sites_[site->id];
    const std::uint64_t old = kept.site ? kept.site->seq : 0;
    kept.since_snapshot = draft.to_snapshot.contains(site->id)
                              ? 0
                              : kept.since_snapshot + static_cast<int>(site->seq - old);
    kept.site = site;
    if (kept.is_live != site->live.has_value()) note_live(*site, kept);
    Instant due = engine::next_due(*site);
    if (std::holds_alternative<Due>(step.event.what) && due != kNever)
      due = std::max(due, site->now + kDueAtLeast);
    set_due(site->id, kept, due);
  }
}

void Loop::note_live(const Site& site, Kept& kept) {
  kept.is_live = site.live.has_value();
  if (kept.is_live) {
    live_.insert(site.id);
  } else {
    live_.erase(site.id);
  }
}

void Loop::set_due(const SiteId& id, Kept& kept, Instant due) {
  if (kept.due == due) return;
  if (kept.due != kNever) due_.erase({kept.due, id});
  kept.due = due;
  if (due != kNever) due_.emplace(due, id);
}

// Who asked is answered after the work has begun.
void Loop::dispatch(const Draft& draft) {
  for (const bool answers : {false, true}) {
    for (const Published& step : draft.steps) {
      for (const Given& given : step.commands)
        if (std::holds_alternative<Answer>(given.command) == answers) give(step.after, given);
    }
  }
}

Driver* Loop::driver_for(const Command& command) const {
  for (Driver* driver : parts_.drivers) {
    if (driver->takes(command)) return driver;
  }
  return nullptr;
}

void Loop::give(const SitePtr& site, const Given& given) {
  if (const auto* said = std::get_if<Answer>(&given.command)) {
    const auto found = replies_.find(said->request);
    if (found == replies_.end()) return;  // asked of an earlier process, or by nobody
    const Reply reply = std::move(found->second);
    replies_.erase(found);
    if (reply) reply(*said);
    return;
  }
  if (std::holds_alternative<Compile>(given.command)) return;  // its plan was of the same batch
  if (std::holds_alternative<Tell>(given.command)) return;     // published, that is all
  if (Driver* driver = driver_for(given.command)) {
    return driver->begin({site->id, given.id, given.attempt, given.command});
  }
  answer(site->id, given.id, given.attempt,
         Failed{{Fault::unsupported, fmt::format("no driver does `{}` here", word(given.command))},
                false,
                {}});
}

// Compiling touches nothing, so that the plan need not wait until the look that it follows from is
// on disk: both are, or neither.
void Loop::compile_wanted(Draft& draft) {
  for (std::size_t i = 0; i < draft.steps.size(); ++i) {
    std::vector<std::uint32_t> numbers;
    for (const Given& given : draft.steps[i].commands) {
      if (const auto* wanted = std::get_if<Compile>(&given.command))
        numbers.push_back(wanted->number);
    }
    for (const std::uint32_t number : numbers) {
      const SiteId id = draft.steps[i].after->id;
      const SitePtr site = newest(draft, id);
      const Deployment* wanted = deployment(*site, number);
      if (wanted == nullptr) continue;  // a newer request took its place in the same batch
      step(draft, id, compile(*site, *wanted, world_of(draft.steps[i].event)));
    }
  }
}

What Loop::compile(const Site& site, const Deployment& wanted, const World& world) {
  auto plan = compiled(*parts_.intake, wanted.request, site, world);
  if (!plan) {
    const Refusal& refusal = plan.error();
    const bool remedy = !refusal.mistakes.empty() && !refusal.mistakes.front().hint.empty();
    return Refused{wanted.number, refusal.code,
                   refusal.text + (remedy ? "; " + refusal.mistakes.front().hint : "")};
  }
  Planned planned{wanted.number, std::move(*plan), "", false};
  planned.checked = world.checked && world.digest == planned.plan.spec->digest;
  std::size_t size = 0;
  planned.plan_digest = record::plan_digest(planned.plan, &size);
  // By far the most have half of what there is room for, and need not be measured.
  if (size > limits::kRecordBytes / 2)
    size = record::encode({Event{{}, {}, planned}, {}, ""}).size();
  if (size > limits::kRecordBytes) {
    return Refused{wanted.number, "plan_too_large",
                   fmt::format("the plan has {} KiB, and {} KiB is the most; use fewer steps, or a "
                               "smaller environment",
                               size >> 10, limits::kRecordBytes >> 10)};
  }
  return planned;
}

void Loop::enter_disk_critical() {
  ballast_at_ = timeline_.now() + kBallastAgain;
  if (disk_critical_.exchange(true)) return;
  tell_all(DiskCritical{true});
}

void Loop::try_ballast() {
  if (ballast_.make()) {
    ballast_at_ = kNever;
    disk_critical_ = false;
    tell_all(DiskCritical{false});
  } else {
    ballast_at_ = timeline_.now() + kBallastAgain;
  }
}

void Loop::tell_all(const What& what) {
  for (const auto& [id, kept] : sites_) post(id, what);
}

}  // namespace slipway::shell
