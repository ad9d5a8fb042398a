// The engine: one pure step. No clock, thread, socket, log or chance. Every (phase, event) pair is
// a transition, an explicit ignore or a CHECK.
#pragma once

#include <vector>

#include "contract/driver.h"
#include "contract/event.h"
#include "contract/published.h"
#include "contract/site.h"

namespace slipway::engine {

// Moves the site by one event and returns what is to be done, in this order.
std::vector<Given> step(Site&, const Event&);
// The same for who has the site as it was before, so that it need not be copied again.
std::vector<Given> step(Site&, const Event&, const Site& before);

// When the site wants a Due event although nothing happens; kNever: not at all. Invariant 4: every
// live deployment has one, or awaits a command that has a deadline.
Instant next_due(const Site&);

// The router's whole desired state, from the site's copies and instances.
Route route_of(const Site&);

// The eight invariants of the design page, on the state and what step() commanded. Throws
// InvariantBroken. Called by step() itself and by simulations.
void check_invariants(const Site& before, const Site& after, const Event&,
                      const std::vector<Given>&);

}  // namespace slipway::engine
