// What a version may look like. Pure text rules.
#pragma once

#include <string_view>

namespace slipway::intake {

// 1–128 of A-Z a-z 0-9 . _ + -, a letter or digit first (requirement A7).
bool is_version(std::string_view);

// A semantic version (semver.org 2.0.0), with or without a leading v.
bool is_semantic(std::string_view);

}  // namespace slipway::intake
