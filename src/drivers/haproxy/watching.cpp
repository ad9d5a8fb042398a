// What nobody asked for: the proxy's death and return, and servers that its own checks took out.
#include "drivers/haproxy/carrier.h"
#include "drivers/haproxy/worker.h"

namespace slipway::haproxy {

void Haproxy::Worker::look() {
  if (const auto restart = proxy_.look()) came_back(*restart);
  if (!proxy_.running()) return;
  if (const auto info = proxy_.info()) {
    worker_pid_ = info->pid;
    if (info->pid != dropped_pid_) dropped_seen_ = 0;  // a new worker counts from 0
    if (info->dropped_logs > dropped_seen_) dropped_ += info->dropped_logs - dropped_seen_;
    dropped_seen_ = info->dropped_logs;
    dropped_pid_ = info->pid;
  }
  for (auto& [id, site] : sites_) {
    if (site.known && proxy_.servers(id.name()) > 0) {
      look_at(site);
      const bool due = site.nets_until != Clock::time_point{} && Clock::now() >= site.nets_until;
      if (due && !withdraw_nets(site)) site.nets_until = Clock::now();  // again at the next look
    }
  }
}

void Haproxy::Worker::look_at(Site& site) {
  const std::string name = site.id.name();
  const auto answer = ask_worker(proxy_.paths().socket(), show_stat(name));
  const auto lines = answer ? hear_stat(*answer) : std::unexpected(answer.error());
  if (!lines) return;  // it is gone: look() notices
  site.sessions = 0;
  std::map<std::string_view, const StatLine*> by_path;
  std::vector<std::string> paths;  // of the views in by_path: never moved
  paths.reserve(lines->size());
  for (const auto& line : *lines) {
    if (line.server == "BACKEND") {
      count_given(site, line);
      continue;
    }
    site.sessions += line.sessions;
    paths.push_back(line.backend + "/" + line.server);
    by_path.emplace(paths.back(), &line);
  }
  if (!site.in_force) return;
  std::set<std::uint32_t> out;
  for (const auto& place : places(name, site.route, proxy_.servers(name))) {
    if (place.admin != Admin::ready || !place.name.starts_with('s')) continue;
    const auto at = by_path.find(place.path);
    if (at == by_path.end() || !at->second->status.starts_with("DOWN")) continue;
    out.insert(place.instance);
    if (!site.ejected.contains(place.instance))
      sink_.fact(site.id, Ejected{place.instance, true, at->second->check});
  }
  for (const auto instance : site.ejected)
    if (!out.contains(instance)) sink_.fact(site.id, Ejected{instance, false, "answers again"});
  site.ejected = std::move(out);
}

void Haproxy::Worker::count_given(const Site& site, const StatLine& line) {
  for (const auto& slot : site.route.slots)
    if (line.backend == backend(site.id.name(), slot.slot))
      given_.saw(site.id.name(), slot.slot, slot.version, worker_pid_, line.total);
}

// It has started from the files on disk, which are what ran, unless it died between a change and
// its file: each site's route is set again.
void Haproxy::Worker::came_back(const Proxy::Restart& restart) {
  for (auto& [id, site] : sites_) {
    if (!site.known) continue;
    sink_.fact(id, ProxyRestarted{restart.down, restart.lost_requests ? site.sessions : 0});
    site.sessions = 0;
    site.in_force = false;
    broken_.insert(id);
  }
  repair();
}

void Haproxy::Worker::repair() {
  if (!proxy_.info(100ms)) return;  // not up yet; the next turn comes in 20 ms
  const auto broken = std::move(broken_);
  broken_.clear();
  for (const auto& id : broken) {
    Site& site = sites_[id];
    const Route route = site.route;
    if (!std::holds_alternative<Done>(apply(site, route, true))) broken_.insert(id);
  }
}

}  // namespace slipway::haproxy
