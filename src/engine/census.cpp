#include "engine/census.h"

#include <fmt/format.h>

#include <algorithm>

namespace slipway::engine {

namespace {

constexpr int kSlots = 3;
constexpr std::size_t kLinesTold = 5;

template <class Wanted>
int count(const Site& site, Wanted&& wanted) {
  return static_cast<int>(std::count_if(site.instances.begin(), site.instances.end(),
                                        [&](const auto& entry) { return wanted(entry.second); }));
}

}  // namespace

const Copy* find_copy(const Site& site, std::uint32_t number) {
  const auto it = site.copies.find(number);
  return it == site.copies.end() ? nullptr : &it->second;
}

Copy* find_copy(Site& site, std::uint32_t number) {
  const auto it = site.copies.find(number);
  return it == site.copies.end() ? nullptr : &it->second;
}

std::vector<std::uint32_t> instances_of(const Site& site, std::uint32_t copy) {
  std::vector<std::uint32_t> ids;
  for (const auto& [id, i] : site.instances) {
    if (i.copy == copy) ids.push_back(id);
  }
  return ids;
}

int ready_in(const Site& site, std::uint32_t copy) {
  return count(site, [&](const Instance& i) { return i.copy == copy && is_ready(i); });
}

int healthy_in(const Site& site, std::uint32_t copy) {
  return count(site,
               [&](const Instance& i) { return i.copy == copy && i.healthy && !is_leaving(i); });
}

int standing_in(const Site& site, std::uint32_t copy) {
  return count(site, [&](const Instance& i) { return i.copy == copy && !is_leaving(i); });
}

int staying_in(const Site& site, std::uint32_t copy) {
  return count(site,
               [&](const Instance& i) { return i.copy == copy && !is_leaving(i) && !i.ending; });
}

int staying_ready_in(const Site& site, std::uint32_t copy) {
  return count(site, [&](const Instance& i) { return i.copy == copy && is_ready(i) && !i.ending; });
}

int capacity(const Site& site) {
  return count(site, [&](const Instance& i) {
    const Copy* copy = find_copy(site, i.copy);
    return copy != nullptr && copy->weight > 0 && is_ready(i);
  });
}

int ready_anywhere(const Site& site) {
  return count(site, [](const Instance& i) { return is_ready(i); });
}

bool is_last_healthy(const Site& site, std::uint32_t number) {
  const int ready = ready_in(site, number);
  return ready > 0 && ready == ready_anywhere(site);
}

int free_index(const Site& site, std::uint32_t copy) {
  for (int index = 1;; ++index) {
    if (count(site, [&](const Instance& i) { return i.copy == copy && i.index == index; }) == 0) {
      return index;
    }
  }
}

int free_slot(const Site& site) {
  for (int slot = 0; slot < kSlots; ++slot) {
    const bool taken = std::any_of(site.copies.begin(), site.copies.end(),
                                   [&](const auto& entry) { return entry.second.slot == slot; });
    if (!taken) return slot;
  }
  return -1;
}

std::string label_of(const Site& site, std::uint32_t number, const std::string& version) {
  // The candidate of a restart keeps its longer name when the old copy goes first: rows are
  // counted by it until the deployment ends.
  bool shared = site.live && site.live->planned && site.live->candidate == number &&
                site.live->stable != number && site.live->plan.from.version == version;
  for (const auto& [other, copy] : site.copies) {
    shared |= other < number && copy.release.version == version;
  }
  return shared ? fmt::format("{}#{}", version, number) : version;
}

std::string version_of(const Site& site, std::uint32_t number) {
  const Copy* copy = find_copy(site, number);
  return copy == nullptr ? "" : copy->release.version;
}

std::string version_of(const Site& site, const Instance& i) { return version_of(site, i.copy); }

bool is_current_step(const Deployment& d, Verb verb) {
  return d.planned && d.step < d.plan.steps.size() && d.plan.steps[d.step].verb == verb;
}

bool is_watched(const Deployment& d) {
  if (!d.planned || (d.stable == 0 && !d.moved_traffic)) return false;
  for (std::size_t n = 0; n < d.progress.size(); ++n) {
    if (d.plan.steps[n].verb != Verb::gate && d.progress[n].started != Instant{}) return true;
  }
  return false;
}

int full_size(const Site& site, std::uint32_t number) {
  for (auto past = site.past.rbegin(); past != site.past.rend(); ++past) {
    if (past->number == number) return past->replicas;
  }
  // One that serves although its deployment failed: steps may have made it smaller since.
  const Copy* copy = find_copy(site, number);
  const bool planned = site.live && site.live->planned;
  const int wanted = planned ? std::max(site.live->plan.floor, site.live->plan.replicas) : 0;
  return copy == nullptr ? 0 : std::max(copy->wanted, wanted);
}

std::string joined(const std::vector<std::string>& tail) {
  std::string out;
  const std::size_t from = tail.size() > kLinesTold ? tail.size() - kLinesTold : 0;
  for (std::size_t n = from; n < tail.size(); ++n) {
    if (!out.empty()) out += '\n';
    out += tail[n];
  }
  return out;
}

}  // namespace slipway::engine
