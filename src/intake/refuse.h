// Refusals in one shape: a code, one sentence, and the mistakes with their places. Of this room
// alone.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "contract/port.h"
#include "text/diagnostic.h"

namespace slipway::intake {

// Input that is wrong (422); where it stands ("--version", "slipway.yaml:3:5") may be empty.
std::unexpected<Refusal> refuse(std::string code, std::string text, std::string hint = "",
                                std::string at = "");

// The state does not allow it now (409).
std::unexpected<Refusal> conflict(std::string code, std::string text, std::string hint = "");

// Not in this version (501).
std::unexpected<Refusal> unsupported(const text::Place&, std::string text, std::string hint);

// All mistakes of the configuration at once; the sentence is that of the first.
std::unexpected<Refusal> refuse(const text::Diagnostics&);

// "nearest: production?" as a hint, else the known names.
std::string suggest(const std::string& word, const std::vector<std::string>& known);

}  // namespace slipway::intake
