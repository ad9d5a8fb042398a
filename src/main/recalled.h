// The points of a site's charts as its records in the journal tell them: for what was counted
// before this agent started.
#pragma once

#include "contract/site.h"
#include "journal/journal.h"
#include "views/series.h"

namespace slipway {

// As far back as the records reach. Fault::corrupt when one cannot be read.
Result<views::SeriesList> recalled_series(journal::Journal&, const SiteId&);

}  // namespace slipway
