// A criterion's sentence in its parts: the metric's words, the comparison, the value. Of this room
// alone; what the parts mean is clause.h's.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/clause.h"

namespace slipway::config {

enum class Change : std::uint8_t { none, increase, decrease };

struct Phrase {
  std::string written;  // all of it, as people wrote it
  std::string words;    // the metric
  Change change = Change::none;
  std::string op;  // "<" or ">"; empty: none was written
  bool below = false;
  std::string value;
  bool relative = false;         // a multiple of stable's
  std::optional<double> factor;  // nothing: it cannot be read
  std::string other;             // the metric of stable it is compared with; empty: its own
};

std::expected<std::vector<Phrase>, Misread> phrases_of(std::string_view metric,
                                                       std::string_view text, bool bad);

// Subject, name and quantile of a metric's words; the rest of the clause is empty.
Clause subject_of(std::string_view words);

}  // namespace slipway::config
