// Another tool's file, given as the configuration: told by its own keys, named as what it is.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "text/diagnostic.h"
#include "text/node.h"

namespace slipway::config {

// The diagnostic that names it and the import that reads it, or nothing when it is not foreign.
std::optional<text::Diagnostic> told_foreign(const text::Node& root, const std::string& file);
// The same from a first look at the bytes, for files of several documents.
std::optional<text::Diagnostic> told_foreign(std::string_view bytes, const std::string& file);

}  // namespace slipway::config
