// How a shim writes what it says: "key value" lines.
#pragma once

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string>
#include <string_view>

namespace slipway::os {

// The value of "key value" lines, as the shim writes them.
inline std::string field(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ') {
      return std::string(line.substr(key.size() + 1));
    }
  }
  return {};
}

template <class T>
T number(std::string_view text, T otherwise = 0) {
  T value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

inline std::filesystem::path pid_file(const std::string& directory) {
  return std::filesystem::path(directory) / "pid";
}

}  // namespace slipway::os
