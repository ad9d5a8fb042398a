// Drivers' answers: which command they end, and what is tried again. Retries belong to the engine.
#pragma once

#include "engine/turn.h"

namespace slipway::engine {

void on(Turn&, const Answered&);
void retries_due(Turn&);
void deadlines_due(Turn&);

}  // namespace slipway::engine
