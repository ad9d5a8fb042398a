// The board's releases: those registered by name, and what deployments pinned.
#include <fmt/format.h>

#include "views/board_impl.h"
#include "views/deployment.h"

namespace slipway::views {
namespace {

EventLine line_of(const Release& r, Wall at) {
  EventLine line;
  line.type = "release.registered";
  line.at = at;
  line.service = r.service;
  line.by = r.by;
  line.text = fmt::format("release {} of {} is {}", r.version, r.service, r.digest);
  line.data = {{"service", r.service},
               {"version", r.version},
               {"digest", r.digest},
               {"image", r.image},
               {"origin", r.created ? "created" : "deployed"}};
  return line;
}

}  // namespace

void Board::restore_release(const Release& release) {
  const std::unique_lock lock(impl_->mutex);
  impl_->releases.put(release);
}

void Board::registered(const Release& release, std::uint64_t lsn) {
  {
    const std::unique_lock lock(impl_->mutex);
    impl_->releases.put(release);
  }
  EventLine line = line_of(release, release.at);
  line.seq = lsn * kLinesPerStep;
  impl_->put_lines(lsn, {std::move(line)});
}

// Of the versions that this step made known, those that nobody had heard of.
void Board::Impl::add_pinned(const Published& p, std::vector<EventLine>& lines) {
  const auto& now = p.after->digests;
  const std::size_t before = p.before ? p.before->digests.size() : 0;
  if (now.empty() || (p.before && now.size() == before && now.back() == p.before->digests.back()))
    return;
  const std::unique_lock lock(mutex);
  for (const auto& [version, digest] : now) {
    if (!releases.news(p.after->id.service, version)) continue;
    Release r{.service = p.after->id.service, .version = version, .digest = digest};
    if (p.after->live) r.by = p.after->live->request.by;
    EventLine line = line_of(r, p.event.wall);
    line.environment = p.after->id.environment;
    if (p.after->live) line.deployment = deployment_id(p.after->id, p.after->live->number);
    line.seq = lines.empty() ? p.lsn * kLinesPerStep : lines.back().seq + 1;
    if (line.seq < (p.lsn + 1) * kLinesPerStep) lines.push_back(std::move(line));
  }
}

boost::json::object Board::releases(const ReleaseFilter& filter) const {
  ReleaseTable table(filter);
  const std::shared_lock lock(impl_->mutex);
  for (const auto& [key, release] : impl_->releases.all()) table.add(release);
  for (const auto& [number, ended] : impl_->ended.all()) table.add(ended->site, ended->deployment);
  for (const auto& [id, site] : impl_->sites)
    for (const Deployment* d : deployments_of(*site))
      if (d != nullptr) table.add(id, *d);
  return table.list();
}

std::optional<Release> Board::release(const std::string& service,
                                      const std::string& version) const {
  const std::shared_lock lock(impl_->mutex);
  const Release* found = impl_->releases.find(service, version);
  return found == nullptr ? std::nullopt : std::optional(*found);
}

std::vector<Release> Board::pinned(const std::string& service, const std::string& version) const {
  std::vector<Release> out;
  const auto add = [&](const SiteId& id, const Deployment& d) {
    const slipway::Release& to = d.plan.to;
    if (!d.planned || id.service != service || to.version != version || to.digest.empty()) return;
    out.push_back({service, version, to.digest, d.plan.spec->container.image, to.commit,
                   d.request.by, "", d.requested_wall, false});
  };
  const std::shared_lock lock(impl_->mutex);
  for (const auto& [number, ended] : impl_->ended.all()) add(ended->site, ended->deployment);
  for (const auto& [id, site] : impl_->sites)
    for (const Deployment* d : deployments_of(*site))
      if (d != nullptr) add(id, *d);
  return out;
}

}  // namespace slipway::views
