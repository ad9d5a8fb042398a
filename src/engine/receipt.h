// The receipt of a deployment, added up from the proxy's rows; interface page 4.2.
#pragma once

#include "engine/turn.h"

namespace slipway::engine {

void on(Turn&, const Counted&);
void on(Turn&, const Heard&);
void on(Turn&, const ProxyRestarted&);

}  // namespace slipway::engine
