// Counting and finding in a site's state: what is healthy, where there is room, what things are
// called. Reads only; never changes the site.
#pragma once

#include <string>
#include <vector>

#include "contract/site.h"

namespace slipway::engine {

// Healthy by the agent's check and admitted by the router.
inline bool is_ready(const Instance& i) { return i.phase == InstancePhase::ready && i.healthy; }
// On its way out: takes no new request and is never used again.
inline bool is_leaving(const Instance& i) {
  return i.phase == InstancePhase::draining || i.phase == InstancePhase::stopping;
}

const Copy* find_copy(const Site&, std::uint32_t number);  // null: none, as for 0
Copy* find_copy(Site&, std::uint32_t number);

std::vector<std::uint32_t> instances_of(const Site&, std::uint32_t copy);  // ids, ascending
int ready_in(const Site&, std::uint32_t copy);
// Of those whom their platform is not about to end.
int staying_in(const Site&, std::uint32_t copy);
int staying_ready_in(const Site&, std::uint32_t copy);
int healthy_in(const Site&, std::uint32_t copy);   // admitted by the router or not yet
int standing_in(const Site&, std::uint32_t copy);  // those not leaving
// Ready instances of copies that have a weight: the capacity that may take traffic.
int capacity(const Site&);
// Ready instances anywhere.
int ready_anywhere(const Site&);
// Nothing but this copy is healthy: it is not retired.
bool is_last_healthy(const Site&, std::uint32_t copy);
// Lowest free place in the copy's backend, from 1.
int free_index(const Site&, std::uint32_t copy);
int free_slot(const Site&);  // 0..2; -1: all taken

// What the rows call a copy: its version, or "v2#42" when another copy has the version too.
std::string label_of(const Site&, std::uint32_t copy, const std::string& version);
std::string version_of(const Site&, std::uint32_t copy);  // empty: no such copy
std::string version_of(const Site&, const Instance&);

// A verb of interface page 3.2 may name it: the live deployment or the waiting one.
bool is_current_step(const Deployment&, Verb);
// Its rows are counted by the meter.
bool is_watched(const Deployment&);
// How many instances this copy shall have when it serves alone.
int full_size(const Site&, std::uint32_t copy);

// Output lines for a Because value: the last few, joined by newlines.
std::string joined(const std::vector<std::string>& tail);

}  // namespace slipway::engine
