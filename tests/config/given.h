// Configurations of the tests: a fixture's bytes, a short text, and what must come of them.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "config/config.h"

namespace slipway::config {

inline std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::string fixture(const std::string& name) {
  return read(std::string(SLIPWAY_SOURCE_DIR) + "/tests/config/fixtures/" + name);
}

inline Sources given(std::string bytes, std::string file = "slipway.yaml") {
  Sources s;
  s.file = std::move(file);
  s.folder = "/srv/shop";
  s.bytes = std::move(bytes);
  return s;
}

inline Config good(const Sources& s) {
  auto config = load(s);
  EXPECT_TRUE(config) << (config ? "" : text::render(config.error()));
  return config ? *config : Config{};
}
inline Config good(const std::string& bytes) { return good(given(bytes)); }

inline text::Diagnostics errors(const Sources& s) {
  auto config = load(s);
  EXPECT_FALSE(config) << "accepted: " << s.bytes;
  text::Diagnostics out;
  if (!config)
    for (auto& d : config.error())
      if (d.severity == text::Severity::error) out.push_back(d);
  return out;
}
inline text::Diagnostic error(const std::string& bytes) {
  auto all = errors(given(bytes));
  EXPECT_EQ(all.size(), 1u) << text::render(all);
  return all.empty() ? text::Diagnostic{} : all.front();
}

inline const text::Diagnostic* noted(const Config& c, const std::string& words) {
  for (const auto& d : c.notices)
    if (d.text.find(words) != std::string::npos) return &d;
  return nullptr;
}

inline const Effective& only(const Config& c) {
  static const Effective none;
  EXPECT_EQ(c.effective.size(), 1u);
  return c.effective.empty() ? none : c.effective.begin()->second;
}

// The least file that works, and one line more.
inline std::string web(const std::string& more = "", const std::string& environment = "") {
  return "service:\n  name: web\n  run: ./server --port ${port}\n"
         "environments:\n  production:\n    listen: 127.0.0.1:8080\n" +
         environment + more;
}

}  // namespace slipway::config
