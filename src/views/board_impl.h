// What the board holds, for its own files alone: sites and deployments under one lock, the lines
// that readers follow under another.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>
#include <vector>

#include "views/board.h"
#include "views/delivery.h"
#include "views/deployment.h"
#include "views/ended.h"
#include "views/series.h"

namespace slipway::views {

using SitePtr = std::shared_ptr<const Site>;

// A deployment with whatever keeps it alive; rendered after the lock was given back.
struct Found {
  SitePtr site;                        // null: ended before what the site remembers
  std::shared_ptr<const Ended> ended;  // null: it is in the site
  const Deployment* deployment = nullptr;
  SiteId id;
};

struct Board::Impl {
  mutable std::shared_mutex mutex;
  std::atomic<std::uint64_t> revision = 0;  // grows while the lock is held, after the change
  std::map<SiteId, SitePtr> sites;
  std::set<SiteId> known;
  std::vector<std::string> order;           // of environments
  std::string links;                        // before "/d/42"
  std::map<std::uint32_t, SiteId> present;  // live, queued and last of every site
  EndedList ended;
  SeriesList series;
  Delivery delivery;
  ReleaseList releases;
  Wants wants;  // set once, before there are readers

  mutable std::mutex ring_mutex;
  mutable std::condition_variable ring_grew;
  std::deque<EventLine> ring;
  std::uint64_t newest = 0;
  std::uint64_t lost_through = 0;  // events up to here may be gone
  bool any_step = false;
  std::deque<EventLine> pulses;
  std::uint64_t newest_pulse = 0;
  bool waits_ended = false;

  void put_site(const SitePtr& after, const SitePtr& before, Wall wall);
  void put_lines(std::uint64_t lsn, std::vector<EventLine> lines);
  void keep_line(EventLine line);
  void put_counts(const Published&);
  void add_pinned(const Published&, std::vector<EventLine>& lines);
  std::optional<Found> find(std::uint32_t number) const;
  std::string link_base() const;
  std::vector<Found> list(const HistoryFilter&) const;
  std::optional<std::uint32_t> find_in(std::string_view environment,
                                       std::string_view service) const;
};

}  // namespace slipway::views
