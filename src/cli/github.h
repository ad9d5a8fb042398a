// What a GitHub Actions job shows: annotations for errors, the receipt in the job's summary, `id`
// and `state` as outputs. Does nothing elsewhere.
#pragma once

#include "cli/session.h"

namespace slipway::cli {

void annotate(const Session&, const Trouble&);
void annotate_end(const Session&, const object& deployment);

}  // namespace slipway::cli
