// Scripts of what happens and what is commanded, for every strategy forward and back. With
// REWRITE=1 in the environment the files are written anew.
#include "transcript.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace slipway::engine {
namespace {

const std::filesystem::path kScripts = SLIPWAY_SOURCE_DIR "/tests/engine/scripts";

std::vector<std::string> scripts() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kScripts)) {
    if (entry.path().extension() == ".txt") names.push_back(entry.path().stem());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

class Scripts : public testing::TestWithParam<std::string> {};

TEST_P(Scripts, SaysTheSame) {
  const auto path = kScripts / (GetParam() + ".txt");
  const std::string wanted = read(path);
  const std::string got = Transcript().run(wanted);
  if (std::getenv("REWRITE") != nullptr) {
    std::ofstream(path) << got;
    return;
  }
  EXPECT_EQ(got, wanted) << path;
}

INSTANTIATE_TEST_SUITE_P(Engine, Scripts, testing::ValuesIn(scripts()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace slipway::engine
