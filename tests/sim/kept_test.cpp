// Every scenario that once broke a rule stays here as a file, and must break none any more.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "sim/scenario.h"

namespace slipway::sim {
namespace {

std::vector<std::filesystem::path> kept() {
  std::vector<std::filesystem::path> paths;
  const auto folder = std::filesystem::path(SLIPWAY_SOURCE_DIR) / "tests/sim/kept";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

TEST(Kept, WhatOnceWentWrongGoesRight) {
  ASSERT_FALSE(kept().empty());
  for (const auto& path : kept()) {
    std::ifstream in(path);
    std::stringstream text;
    text << in.rdbuf();
    const auto scenario = parse_scenario(text.str());
    ASSERT_TRUE(scenario) << path << ": " << scenario.error().text;
    const Outcomes out = play(*scenario);
    EXPECT_TRUE(out.troubles.empty()) << path.filename() << ": " << out.troubles.front();
  }
}

}  // namespace
}  // namespace slipway::sim
