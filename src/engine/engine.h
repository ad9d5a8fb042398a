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
// Throws InvariantBroken, and the site is in no state to be used then.
std::vector<Given> step(Site&, const Event&);

// When the site wants a Due event although nothing happens; kNever: not at all. Invariant 4: every
// live deployment has one, or awaits a command that has a deadline.
Instant next_due(const Site&);

// The router's whole desired state, from the site's copies and instances.
Route route_of(const Site&);

// What the invariants look back at. It shares nothing with the site: nothing of that is copied
// only because a step changes it.
struct Standing {
  struct Here {  // an instance
    std::uint32_t id = 0, copy = 0;
    bool ready = false, leaving = false, admitted = false;
  };
  struct Weighed {  // a copy
    std::uint32_t number = 0;
    std::int32_t weight = 0;
  };
  std::vector<Here> instances;  // by id
  std::vector<Weighed> copies;  // by number
  std::uint32_t stable = 0;     // of the deployment under way
  int floor = -1;               // of its plan; below 0: none is under way that has one
  bool back = false;            // it goes back
  bool gap_was_said = false;    // its strategy leaves the service without an instance
};
Standing standing_of(const Site&);

// The eight invariants of the design page, on the state and what step() commanded. Throws
// InvariantBroken. Called by step() itself.
void check_invariants(const Standing& before, const Site& after, const std::vector<Given>&);

}  // namespace slipway::engine
