// The operator's verbs on a deployment: interface page 3.2.
#pragma once

#include "engine/turn.h"

namespace slipway::engine {

void on(Turn&, const Asked&);
// A pause, or an approval nobody gave, or a hold on a full disk, ran out: the deployment is
// aborted.
void state_deadline_due(Turn&);

}  // namespace slipway::engine
