// JSON beside the test: compared line by line; REWRITE=1 writes it anew.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace slipway::views {

inline void pretty(std::string& out, const boost::json::value& v, const std::string& indent) {
  const std::string deeper = indent + "  ";
  if (v.is_object() && !v.get_object().empty()) {
    out += "{\n";
    bool first = true;
    for (const auto& field : v.get_object()) {
      out += (first ? "" : ",\n") + deeper + boost::json::serialize(field.key()) + ": ";
      pretty(out, field.value(), deeper);
      first = false;
    }
    out += "\n" + indent + "}";
  } else if (v.is_array() && !v.get_array().empty()) {
    out += "[\n";
    bool first = true;
    for (const auto& item : v.get_array()) {
      out += (first ? "" : ",\n") + deeper;
      pretty(out, item, deeper);
      first = false;
    }
    out += "\n" + indent + "]";
  } else {
    out += boost::json::serialize(v);
  }
}

inline void expect_golden(const boost::json::value& value, const std::string& name) {
  const std::string path =
      std::string(SLIPWAY_SOURCE_DIR) + "/tests/views/golden/" + name + ".json";
  std::string text;
  pretty(text, value, "");
  text += "\n";
  if (std::getenv("REWRITE") != nullptr) {
    std::ofstream(path) << text;
    return;
  }
  std::ifstream file(path);
  std::stringstream known;
  known << file.rdbuf();
  EXPECT_EQ(known.str(), text) << path << ": REWRITE=1 writes it anew";
}

}  // namespace slipway::views
