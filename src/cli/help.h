// What `slipway help` prints. Pure text from the table of commands.
#pragma once

#include <string>

#include "cli/verb.h"

namespace slipway::cli {

std::string help_of_all();
std::string help_of(const Verb&, const Options& declared);

}  // namespace slipway::cli
