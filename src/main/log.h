// What the agent says of itself: one JSON object a line on standard error. Never a secret's value:
// only sentences and names go in.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>

namespace slipway {

// `level`: debug, info, warning, error; LOGGING_LEVEL leaves out what is below it (default info).
void log_line(const char* level, const std::string& text,
              std::initializer_list<std::pair<const char*, std::string>> fields);

}  // namespace slipway
