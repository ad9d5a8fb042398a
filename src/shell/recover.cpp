// After a start: state from the journal, then Resumed, then the world is asked how it stands.
#include <malloc.h>

#include <algorithm>
#include <future>
#include <iterator>
#include <span>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "engine/engine.h"
#include "record/record.h"
#include "shell/loop.h"
#include "shell/replay.h"

namespace slipway::shell {
namespace {

// What each site hears first: for how long nobody looked after it. Nothing is left in `sites`.
std::vector<Decided> resumed(std::span<SitePtr> sites, const Event& event) {
  std::vector<Decided> decided;
  decided.reserve(sites.size());
  for (SitePtr& site : sites) {
    const SiteId id = site->id;
    decided.push_back(decide(id, std::move(site), Event(event)));
  }
  return decided;
}

}  // namespace

Result<> Loop::recover(const std::function<void(SitePtr)>& site,
                       const std::function<void(const Deployment&, const SiteId&)>& ended) {
  TRY(recover_agent());
  TRY(recover_ended(ended));
  TRY(recover_sites());
  for (const auto& [id, kept] : sites_) {
    if (site) site(kept.site);
  }
  away_ = timeline_.resume(anchor_);
  if (disk_critical_) ballast_at_ = timeline_.now();
  if (!resume_sites(away_)) return std::unexpected(*fault());
  ::malloc_trim(0);  // reading so much left holes that nothing this large will fill again
  return {};
}

Result<> Loop::recover_agent() {
  const journal::Snapshot snapshot = TRY(parts_.journal->snapshot("agent"));
  if (!snapshot.bytes.empty()) {
    anchor_ = TRY(decode_anchor(snapshot.bytes));
  } else {
    timeline_.place(anchor_);  // the first start: engine time begins now,
    anchor_.at = Instant(1s);  // and not at 0, which means "never" in many a field
  }
  return {};
}

Result<> Loop::recover_ended(const std::function<void(const Deployment&, const SiteId&)>& ended) {
  std::optional<Error> trouble;
  TRY(parts_.journal->summaries([&](const journal::Summary& summary) {
    const auto site = site_of_stream(summary.stream);
    if (trouble || !site) return;
    const auto wrong = [&](const Error& e) {
      trouble = {e.fault, fmt::format("the summary of deployment {}: {}", summary.number, e.text)};
    };
    const auto ending = record::decode_ending(summary.bytes);
    if (!ending) return wrong(ending.error());
    ended_[summary.number] = {*site, ending->state, ending->version, ending->at};
    anchor_.next_number = std::max(anchor_.next_number, summary.number + 1);
    if (!ended) return;
    const auto deployment = record::decode_deployment(summary.bytes);
    if (!deployment) return wrong(deployment.error());
    ended(*deployment, *site);
  }));
  if (trouble) return std::unexpected(*trouble);
  return {};
}

// Everything after the snapshots is read in one pass over the records of all sites.
Result<> Loop::recover_sites() {
  std::vector<SiteId> sites;
  std::unordered_map<std::string, std::size_t> place;
  for (const std::string& stream : TRY(parts_.journal->streams())) {
    const auto id = site_of_stream(stream);
    if (!id) continue;
    place[stream] = sites.size();
    sites.push_back(*id);
  }
  const Reads reads{
      .snapshot = [this](const SiteId& id) { return parts_.journal->snapshot(stream_of(id)); },
      .summary = [this](std::uint32_t number) { return parts_.journal->summary(number); },
      .tails =
          [&](std::vector<Tail>& tails) {
            return parts_.journal->read_tails([&](std::uint64_t, const journal::Entry& entry) {
              tails[place.at(entry.stream)].add(entry);
            });
          }};
  return take_over(TRY(replayed(sites, threads_for(sites.size()), reads)));
}

Result<> Loop::take_over(std::vector<Replayed> sites) {
  for (Replayed& again : sites) {
    if (again.trouble) return std::unexpected(*again.trouble);
    anchor_.next_number = std::max(anchor_.next_number, again.next_number);
    anchor_.next_request_id = std::max(anchor_.next_request_id, again.next_request_id);
    std::ranges::move(again.diverged, std::back_inserter(diverged_));
    remember(again.site);
    Kept& kept = sites_[again.site.id];
    kept.since_snapshot = static_cast<int>(again.records);
    kept.site = std::make_shared<const Site>(std::move(again.site));
  }
  return {};
}

// Numbers that must never be given again.
void Loop::remember(const Site& site) {
  std::uint32_t highest = 0;
  std::uint64_t request = 0;
  for (const Deployment* d : deployments_of(site)) {
    if (d == nullptr) continue;
    highest = std::max(highest, d->number);
    request = std::max(request, d->request_id);
  }
  for (const auto& [number, copy] : site.copies) highest = std::max(highest, number);
  for (const Past& past : site.past) highest = std::max(highest, past.number);
  anchor_.next_number = std::max(anchor_.next_number, highest + 1);
  anchor_.next_request_id = std::max(anchor_.next_request_id, request + 1);
  // No stamp may be older than what a site has seen.
  if (site.now > anchor_.at) {
    anchor_.at = site.now;
    anchor_.wall = site.wall;
    anchor_.boot.clear();
  }
}

// What ended and has no summary, whatever the reason: snapshots leave it to that from now on.
void Loop::sum_up(Draft& draft) const {
  for (const auto& [id, kept] : sites_) {
    const auto& last = kept.site->last;
    if (last && !ended_.contains(last->number))
      draft.batch.summaries.push_back({last->number, stream_of(id), record::encode(*last)});
  }
}

// The next of them are decided while these are written down.
bool Loop::resume_sites(Duration away) {
  std::vector<SitePtr> sites;
  for (const auto& [id, kept] : sites_) sites.push_back(kept.site);
  const auto how = sites.size() > limits::kBatchEvents ? std::launch::async : std::launch::deferred;
  const auto next = [&](std::size_t begin) {
    const std::size_t many = std::min(sites.size() - begin, limits::kBatchEvents);
    return std::async(how, resumed, std::span(sites).subspan(begin, many),
                      Event{timeline_.now(), timeline_.wall(), Resumed{away}});
  };
  std::future<std::vector<Decided>> coming = next(0);
  for (std::size_t begin = 0; begin < sites.size() || begin == 0; begin += limits::kBatchEvents) {
    std::vector<Decided> decided = coming.get();
    if (begin + limits::kBatchEvents < sites.size()) coming = next(begin + limits::kBatchEvents);
    Draft draft;
    if (begin == 0) sum_up(draft);
    for (Decided& one : decided) {
      const SiteId id = one.after->id;
      add(draft, std::move(one));
      if (draft.sites.at(id)->disk_critical != disk_critical_)
        step(draft, id, DiskCritical{disk_critical_});
    }
    if (begin == 0 && !draft.steps.empty() && !diverged_.empty()) {
      // Said to whoever reads what is published; not a record, since nothing was decided.
      std::string text = fmt::format("{} records would be decided otherwise today; first: {}",
                                     diverged_.size(), diverged_.front());
      draft.steps.front().commands.push_back(
          {0, 0, Tell{"replay_diverged", std::move(text)}, {"replay_diverged", {}}});
    }
    observe_awaited(draft);
    if (!commit(draft)) return false;
  }
  unheard_count_ = unheard_.size();
  return true;
}

// What was given before the restart and is still wanted: how does it stand? What this very step
// gives anew needs no question. Asking has no effect, so it may come before the commit.
void Loop::observe_awaited(const Draft& draft) {
  std::set<Ask> given;
  for (const Published& step : draft.steps) {
    for (const Given& g : step.commands) given.insert({step.after->id, g.id, g.attempt});
  }
  for (const auto& [id, site] : draft.sites) {
    for (const Awaited& a : site->awaiting) {
      const Ask which{id, a.id, a.attempt};
      if (a.retry_at != kNever || given.contains(which)) continue;
      if (Driver* driver = driver_for(a.command)) {
        adopting_.insert(which);
        unheard_.insert(which);
        driver->observe({id, a.id, a.attempt, a.command});
      }
    }
  }
}

}  // namespace slipway::shell
