// A literal of JavaScript or TypeScript (`const stages = [ … ];`, `private configs = { … };`) as
// the section it stands for. Nothing is run: only literals, process.env.NAME and products of
// numbers are read.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "text/node.h"

namespace slipway::config {

// A whole configuration with that one section: `stages` is the canary's, `configs` are the
// environments, `required` the required secrets.
std::expected<text::Node, text::Diagnostics> read_script(std::string_view bytes,
                                                         const std::string& file);

}  // namespace slipway::config
