#include "cli/install.h"

#include <gtest/gtest.h>

namespace slipway::cli {
namespace {

TEST(Install, WordsOfAUnit) {
  EXPECT_EQ(unit_word("/usr/bin/slipway"), "/usr/bin/slipway");
  EXPECT_EQ(unit_word("/home/ana/my shop"), "\"/home/ana/my shop\"");
  EXPECT_EQ(unit_word("a\"b\\c"), "\"a\\\"b\\\\c\"");
  EXPECT_EQ(unit_word("50%$HOME"), "\"50%%$$HOME\"");
  EXPECT_EQ(unit_word(""), "\"\"");
}

TEST(Install, AProjectsUnitNamesItsFolder) {
  const std::string unit = project_unit({.listen = "127.0.0.1:7411"}, "/opt/slipway",
                                        "/srv/shop/.slipway", "/srv/shop/slipway.yaml");
  EXPECT_NE(unit.find("ExecStart=/opt/slipway agent run --state /srv/shop/.slipway --config "
                      "/srv/shop/slipway.yaml --listen 127.0.0.1:7411\n"),
            std::string::npos)
      << unit;
  EXPECT_EQ(unit.find("User="), std::string::npos);
}

}  // namespace
}  // namespace slipway::cli
