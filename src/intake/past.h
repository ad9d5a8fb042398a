// What a site ran before: the release a rollback goes back to, the one a retry tries again. Reads
// sites, changes nothing.
#pragma once

#include <string>

#include "contract/site.h"

namespace slipway::intake {

// The release that serves; null when there is none.
const Copy* serving(const Site&);

// The newest release of the past to go back to: `version`, or when that is empty the last other one
// than serves. Null when there is none.
const Past* way_back(const Site&, const std::string& version);

// It once succeeded here.
bool succeeded(const Site&, const std::string& version);

}  // namespace slipway::intake
