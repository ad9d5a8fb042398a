#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "views/board_impl.h"
#include "views/deployment.h"
#include "views/explain.h"
#include "views/phrase.h"
#include "views/receipt.h"
#include "views/stream.h"

namespace slipway::views {
namespace {

// Its page in the dashboard.
void link_to(boost::json::object& deployment, const std::string& base) {
  if (base.empty()) return;
  deployment["url"] = fmt::format("{}/d/{}", base, deployment.at("number").to_number<int>());
}

boost::json::object render(const Found& f, const std::string& links, Depth depth = Depth::whole) {
  auto o = deployment_json(*f.deployment, f.id, f.site.get(), depth);
  link_to(o, links);
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
        delivery.ended(before->id, d);
      } else if (accepted(d)) {
        // Two ended in one step and the site remembers one: this is the one that gave way.
        Deployment gone = d;
        gone.state = State::superseded;
        gone.because = {"superseded", {}};
        gone.ended_wall = wall;
        gone.ended_at = after->now;
        ended.put(before->id, gone);
        delivery.ended(before->id, gone);
      }
    }
  }
  for (const Deployment* d : deployments_of(*after))
    if (d != nullptr) present.insert_or_assign(d->number, after->id);
  if (after->last && slipway::ended(after->last->state)) delivery.ended(after->id, *after->last);
  sites[after->id] = after;
  ++revision;
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

void Board::wants(Wants wants) { impl_->wants = std::move(wants); }

void Board::restore_site(std::shared_ptr<const Site> site) {
  impl_->put_site(site, nullptr, Wall{});
  const std::unique_lock lock(impl_->mutex);
  for (const auto& [version, digest] : site->digests)
    impl_->releases.news(site->id.service, version);
}

void Board::restore_ended(const Deployment& d, const SiteId& id) {
  const std::unique_lock lock(impl_->mutex);
  impl_->ended.put(id, d);
  impl_->delivery.ended(id, d);
  ++impl_->revision;
}

void Board::known(std::vector<SiteId> ids) {
  const std::unique_lock lock(impl_->mutex);
  impl_->known = std::set<SiteId>(ids.begin(), ids.end());
  impl_->order.clear();
  for (const auto& id : ids)
    if (std::ranges::find(impl_->order, id.environment) == impl_->order.end())
      impl_->order.push_back(id.environment);
  ++impl_->revision;
}

void Board::links(const std::string& base) {
  const std::unique_lock lock(impl_->mutex);
  impl_->links = base;
  ++impl_->revision;
}

std::string Board::Impl::link_base() const {
  const std::shared_lock lock(mutex);
  return links;
}

void Board::recall(const SeriesList& earlier) {
  const std::unique_lock lock(impl_->mutex);
  impl_->series.recall(earlier);
}

std::uint64_t Board::revision() const { return impl_->revision; }

void Board::fold(const Published& p) {
  auto lines = lines_of(p);
  impl_->add_pinned(p, lines);
  impl_->put_site(p.after, p.before, p.event.wall);
  // After the site, so that who hears of an event also reads the state that it tells of.
  impl_->put_lines(p.lsn, std::move(lines));
  impl_->put_counts(p);
}

std::optional<boost::json::object> Board::deployment(std::uint32_t number) const {
  const auto found = impl_->find(number);
  if (!found) return std::nullopt;
  return render(*found, impl_->link_base());
}

boost::json::object Board::status(const std::string& environment, const std::string& service,
                                  Depth depth) const {
  const auto wanted = [&](const SiteId& id) {
    return (environment.empty() || id.environment == environment) &&
           (service.empty() || id.service == service);
  };
  std::map<std::string, std::map<std::string, SitePtr>> all;
  std::vector<std::string> order;
  std::string links;
  {
    const std::shared_lock lock(impl_->mutex);
    order = impl_->order;
    links = impl_->links;
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
    for (const auto& [one, site] : it->second) {
      auto o =
          site ? service_json(*site, depth, impl_->wants) : empty_service_json({one, name}, depth);
      for (const char* place : {"live", "queued", "last"})
        if (o[place].is_object()) link_to(o[place].get_object(), links);
      list.push_back(std::move(o));
    }
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
  const std::string links = impl_->link_base();
  for (const auto& f : found) items.push_back(render(f, links, filter.depth));
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

std::map<SiteId, Delivered> Board::delivery() const {
  const std::shared_lock lock(impl_->mutex);
  return impl_->delivery.sites();
}

std::optional<std::pair<SiteId, Deployment>> Board::copy(std::uint32_t number) const {
  const auto found = impl_->find(number);
  if (!found) return std::nullopt;
  return std::pair(found->id, *found->deployment);
}

std::vector<std::shared_ptr<const Site>> Board::sites() const {
  std::vector<SitePtr> out;
  const std::shared_lock lock(impl_->mutex);
  for (const auto& [id, site] : impl_->sites) out.push_back(site);
  return out;
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

}  // namespace slipway::views
