#include "views/board.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>

#include "views/deployment.h"
#include "views/ended.h"
#include "views/explain.h"
#include "views/phrase.h"
#include "views/receipt.h"
#include "views/series.h"
#include "views/stream.h"

namespace slipway::views {
namespace {

using SitePtr = std::shared_ptr<const Site>;

// A deployment with whatever keeps it alive; rendered after the lock was given back.
struct Found {
  SitePtr site;                        // null: ended before what the site remembers
  std::shared_ptr<const Ended> ended;  // null: it is in the site
  const Deployment* deployment = nullptr;
  SiteId id;
};

boost::json::object render(const Found& f, Depth depth = Depth::whole) {
  auto o = deployment_json(*f.deployment, f.id, f.site.get(), depth);
  if (f.ended && !f.ended->whole) o["folded"] = true;  // steps and verdicts are no longer kept here
  return o;
}

const Deployment* in_site(const Site& site, std::uint32_t number) {
  for (const Deployment* d : deployments_of(site))
    if (d != nullptr && d->number == number) return d;
  return nullptr;
}

std::optional<std::uint32_t> number_in(std::string_view text) {
  std::uint32_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size() || n == 0) return std::nullopt;
  return n;
}

}  // namespace

struct Board::Impl {
  mutable std::shared_mutex mutex;
  std::map<SiteId, SitePtr> sites;
  std::set<SiteId> known;
  std::vector<std::string> order;           // of environments
  std::map<std::uint32_t, SiteId> present;  // live, queued and last of every site
  EndedList ended;
  SeriesList series;

  mutable std::mutex ring_mutex;
  mutable std::condition_variable ring_grew;
  std::deque<EventLine> ring;
  std::uint64_t newest = 0;
  std::uint64_t lost_through = 0;  // events up to here may be gone
  bool any_step = false;
  std::deque<EventLine> pulses;
  std::uint64_t newest_pulse = 0;

  void put_site(const SitePtr& after, const SitePtr& before, Wall wall);
  void put_lines(std::uint64_t lsn, std::vector<EventLine> lines);
  void put_counts(const Published&);
  std::optional<Found> find(std::uint32_t number) const;
  std::vector<Found> list(const HistoryFilter&) const;
  std::optional<std::uint32_t> find_in(std::string_view environment,
                                       std::string_view service) const;
};

void Board::Impl::put_site(const SitePtr& after, const SitePtr& before, Wall wall) {
  const std::unique_lock lock(mutex);
  if (before) {
    for (const Deployment* place : deployments_of(*before)) {
      if (place == nullptr) continue;
      const Deployment& d = *place;
      if (in_site(*after, d.number) != nullptr) continue;
      present.erase(d.number);
      if (slipway::ended(d.state)) {
        ended.put(before->id, d);
      } else if (accepted(d)) {
        // Two ended in one step and the site remembers one: this is the one that gave way.
        Deployment gone = d;
        gone.state = State::superseded;
        gone.because = {"superseded", {}};
        gone.ended_wall = wall;
        gone.ended_at = after->now;
        ended.put(before->id, gone);
      }
    }
  }
  for (const Deployment* d : deployments_of(*after))
    if (d != nullptr) present.insert_or_assign(d->number, after->id);
  sites[after->id] = after;
}

void Board::Impl::put_lines(std::uint64_t lsn, std::vector<EventLine> lines) {
  const std::lock_guard lock(ring_mutex);
  if (!any_step) {
    any_step = true;
    lost_through = std::max<std::uint64_t>(lsn * kLinesPerStep, 1) - 1;
    newest = lost_through;
  }
  newest = std::max(newest, lsn * kLinesPerStep + kLinesPerStep - 1);
  for (auto& line : lines) {
    if (ring.size() == kEventsKept) {
      lost_through = ring.front().seq;
      ring.pop_front();
    }
    ring.push_back(std::move(line));
  }
  if (!lines.empty()) ring_grew.notify_all();
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

std::optional<Found> Board::Impl::find(std::uint32_t number) const {
  const std::shared_lock lock(mutex);
  if (const auto it = present.find(number); it != present.end()) {
    const SitePtr& site = sites.at(it->second);
    if (const Deployment* d = in_site(*site, number)) return Found{site, nullptr, d, site->id};
  }
  if (auto old = ended.find(number)) return Found{nullptr, old, &old->deployment, old->site};
  return std::nullopt;
}

std::vector<Found> Board::Impl::list(const HistoryFilter& filter) const {
  const std::shared_lock lock(mutex);
  std::vector<Found> out;
  auto now = present.rbegin();
  auto old = ended.all().rbegin();
  // Both are sorted by number: newest first of either.
  while (out.size() <= filter.limit && (now != present.rend() || old != ended.all().rend())) {
    const bool take_now =
        old == ended.all().rend() || (now != present.rend() && now->first >= old->first);
    if (take_now) {
      if (old != ended.all().rend() && old->first == now->first) ++old;
      const SitePtr& site = sites.at(now->second);
      const Deployment* d = in_site(*site, now->first);
      if (d != nullptr && matches(filter, site->id, *d))
        out.push_back({site, nullptr, d, site->id});
      ++now;
    } else {
      if (matches(filter, old->second->site, old->second->deployment))
        out.push_back({nullptr, old->second, &old->second->deployment, old->second->site});
      ++old;
    }
  }
  return out;
}

std::optional<std::uint32_t> Board::Impl::find_in(std::string_view environment,
                                                  std::string_view service) const {
  const std::shared_lock lock(mutex);
  const Deployment* live = nullptr;
  const Deployment* last = nullptr;
  for (const auto& [id, site] : sites) {
    if (id.environment != environment || (!service.empty() && id.service != service)) continue;
    if (site->live && (live == nullptr || site->live->number > live->number)) live = &*site->live;
    if (site->last && (last == nullptr || site->last->number > last->number)) last = &*site->last;
  }
  if (live != nullptr) return live->number;
  if (last != nullptr) return last->number;
  return std::nullopt;
}

Board::Board() : impl_(std::make_unique<Impl>()) {}
Board::~Board() = default;

void Board::restore_site(std::shared_ptr<const Site> site) {
  impl_->put_site(site, nullptr, Wall{});
}

void Board::restore_ended(const Deployment& d, const SiteId& id) {
  const std::unique_lock lock(impl_->mutex);
  impl_->ended.put(id, d);
}

void Board::known(std::vector<SiteId> ids) {
  const std::unique_lock lock(impl_->mutex);
  impl_->known = std::set<SiteId>(ids.begin(), ids.end());
  impl_->order.clear();
  for (const auto& id : ids)
    if (std::ranges::find(impl_->order, id.environment) == impl_->order.end())
      impl_->order.push_back(id.environment);
}

void Board::fold(const Published& p) {
  auto lines = lines_of(p);
  impl_->put_site(p.after, p.before, p.event.wall);
  // After the site, so that who hears of an event also reads the state that it tells of.
  impl_->put_lines(p.lsn, std::move(lines));
  impl_->put_counts(p);
}

std::optional<boost::json::object> Board::deployment(std::uint32_t number) const {
  const auto found = impl_->find(number);
  if (!found) return std::nullopt;
  return render(*found);
}

boost::json::object Board::status(const std::string& environment, const std::string& service,
                                  Depth depth) const {
  const auto wanted = [&](const SiteId& id) {
    return (environment.empty() || id.environment == environment) &&
           (service.empty() || id.service == service);
  };
  std::map<std::string, std::map<std::string, SitePtr>> all;
  std::vector<std::string> order;
  {
    const std::shared_lock lock(impl_->mutex);
    order = impl_->order;
    for (const auto& id : impl_->known)
      if (wanted(id)) all[id.environment].emplace(id.service, nullptr);
    for (const auto& [id, site] : impl_->sites)
      if (wanted(id)) all[id.environment][id.service] = site;
  }
  // Those the configuration does not know any more stand at the end.
  for (const auto& [name, services] : all)
    if (std::ranges::find(order, name) == order.end()) order.push_back(name);
  boost::json::array environments;
  for (const auto& name : order) {
    const auto it = all.find(name);
    if (it == all.end()) continue;
    boost::json::array list;
    for (const auto& [one, site] : it->second)
      list.push_back(site ? service_json(*site, depth) : empty_service_json({one, name}, depth));
    environments.push_back({{"environment", name}, {"services", std::move(list)}});
  }
  return {{"schema", "status/1"}, {"environments", std::move(environments)}};
}

boost::json::object Board::history(const HistoryFilter& filter) const {
  auto found = impl_->list(filter);
  boost::json::value next = nullptr;
  if (found.size() > filter.limit) {
    found.resize(filter.limit);
    if (!found.empty()) next = found.back().deployment->number;
  }
  boost::json::array items;
  for (const auto& f : found) items.push_back(render(f, filter.depth));
  return {{"schema", "list/1"}, {"items", std::move(items)}, {"next", std::move(next)}};
}

std::optional<boost::json::object> Board::explain(std::uint32_t number) const {
  const auto found = impl_->find(number);
  if (!found) return std::nullopt;
  return explain_json(*found->deployment, found->id, found->site.get());
}

boost::json::array Board::verdicts(std::uint32_t number) const {
  const auto found = impl_->find(number);
  if (!found) return {};
  return verdicts_json(*found->deployment, found->site.get());
}

std::optional<boost::json::object> Board::series(std::uint32_t number,
                                                 const std::vector<std::string>& metrics) const {
  const auto found = impl_->find(number);
  if (!found) return std::nullopt;
  boost::json::array points;
  {
    const std::shared_lock lock(impl_->mutex);
    if (const auto* kept = impl_->series.find(number))
      for (const auto& point : *kept) points.push_back(to_json(point, metrics));
  }
  return boost::json::object{{"schema", "series/1"},
                             {"id", deployment_id(found->id, number)},
                             {"stable", found->deployment->plan.from.version},
                             {"candidate", found->deployment->plan.to.version},
                             {"points", std::move(points)}};
}

boost::json::object Board::dora(const Period& period) const {
  std::map<std::uint32_t, Change> all;
  {
    const std::shared_lock lock(impl_->mutex);
    for (const auto& [number, e] : impl_->ended.all())
      all.emplace(number, change_of(e->deployment, e->site));
    for (const auto& [id, site] : impl_->sites)
      if (site->last) all.insert_or_assign(site->last->number, change_of(*site->last, id));
  }
  std::vector<Change> changes;
  for (auto& [number, change] : all) changes.push_back(std::move(change));
  return dora_json(changes, period);
}

std::optional<std::uint32_t> Board::find(const std::string& id) const {
  const auto there = [&](std::uint32_t n) { return impl_->find(n).has_value(); };
  if (const auto n = number_in(id)) return there(*n) ? n : std::nullopt;
  const auto slash = id.find('/');
  const std::string_view all(id);
  if (auto n = impl_->find_in(all.substr(0, slash),
                              slash == std::string::npos ? "" : all.substr(slash + 1)))
    return n;
  const auto dash = id.rfind('-');
  if (dash == std::string::npos) return std::nullopt;
  const auto n = number_in(all.substr(dash + 1));
  const auto found = n ? impl_->find(*n) : std::nullopt;
  if (!found || found->id.name() != id.substr(0, dash)) return std::nullopt;
  return n;
}

std::optional<SiteId> Board::site_of(std::uint32_t number) const {
  const auto found = impl_->find(number);
  return found ? std::optional(found->id) : std::nullopt;
}

std::shared_ptr<const Site> Board::site(const SiteId& id) const {
  const std::shared_lock lock(impl_->mutex);
  const auto it = impl_->sites.find(id);
  return it == impl_->sites.end() ? nullptr : it->second;
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
  return impl_->ring_grew.wait_for(lock, wait, [&] {
    return (!ring.empty() && ring.back().seq > event) || impl_->newest_pulse > pulse;
  });
}

}  // namespace slipway::views
