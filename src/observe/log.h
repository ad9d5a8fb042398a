// What the agent says of itself: one JSON object a line on standard error, one line a fact. Never a
// secret's value: only sentences and names go in (docs/observe.md has the fields).
#pragma once

#include <initializer_list>
#include <string>
#include <utility>

namespace slipway {

// Once, before the first line: the version that every line carries. LOGGING_LEVEL is read here.
void open_log(const std::string& version);

// `level`: debug, info, warning, error; LOGGING_LEVEL leaves out what is below it (default info).
void log_line(const char* level, const std::string& text,
              std::initializer_list<std::pair<const char*, std::string>> fields);

}  // namespace slipway
