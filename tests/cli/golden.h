// Goldens: tests/cli/goldens/NAME.txt. REWRITE=1 writes them anew; the review reads the difference.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "cli/words.h"

namespace slipway::cli {

inline std::string golden_path(const std::string& name) {
  return std::string(SLIPWAY_SOURCE_DIR) + "/tests/cli/goldens/" + name;
}

inline std::string file_text(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  std::stringstream s;
  s << file.rdbuf();
  return s.str();
}

inline void expect_golden(const std::string& name, const Lines& lines) {
  std::string text;
  for (const std::string& l : lines) text += l + "\n";
  std::string path = golden_path(name + ".txt");
  if (std::getenv("REWRITE")) {
    std::ofstream(path) << text;
    return;
  }
  EXPECT_EQ(file_text(path), text) << name;
}

inline boost::json::object golden_json(const std::string& name) {
  return boost::json::parse(file_text(golden_path(name + ".json"))).as_object();
}

}  // namespace slipway::cli
