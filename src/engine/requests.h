// A request on its way to a deployment: looked at, compiled, queued, started; interface page 3.3.
#pragma once

#include <string>

#include "engine/turn.h"

namespace slipway::engine {

inline constexpr Duration kCompileWithin = std::chrono::minutes(2);

void on(Turn&, const Requested&);
void on(Turn&, const Planned&);
void on(Turn&, const Refused&);

// The world was looked at, or could not be.
void looked(Turn&, std::uint32_t number);
void look_failed(Turn&, std::uint32_t number, const std::string& text);
// The live deployment is looked at anew: its plan is older than kPlanKeeps, or was made for a site
// that has changed since.
void look_anew(Turn&, Deployment&);
// Level: the waiting one goes on when nothing is live. True: it did.
bool take_next(Turn&);
// A waiting one ends without ever having been live.
void end_queued(Turn&, State ending, Because);
// A request that was never accepted is answered and leaves nothing behind.
void turn_down(Turn&, Boxed<Deployment>&, std::string code, std::string text,
               std::string state = {});

}  // namespace slipway::engine
