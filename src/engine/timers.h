// Time: what is due, what an absence of the agent moves, and what a full disk holds.
#pragma once

#include "engine/turn.h"

namespace slipway::engine {

void on(Turn&, const Due&);
void on(Turn&, const Resumed&);
void on(Turn&, const DiskCritical&);
void on(Turn&, const Quarantined&);
// The earliest timer of the live deployment itself; kNever: it has none.
Instant next_due_of(const Site&, const Deployment&);

}  // namespace slipway::engine
