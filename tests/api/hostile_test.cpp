// The kept inputs of the HTTP fuzzer and seeded changes of them, with every build of the tests; the
// long run is script/fuzz.
#include "../fuzz/hostile.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace slipway::api {
namespace {

std::vector<std::string> kept_inputs() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(SLIPWAY_SOURCE_DIR "/tests/fuzz/requests"))
    paths.push_back(entry.path());
  std::ranges::sort(paths);
  std::vector<std::string> all;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    all.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return all;
}

TEST(Hostile, InputsThatAreKept) {
  const auto all = kept_inputs();
  ASSERT_GT(all.size(), 30U);
  for (const auto& input : all) try_hostile(input);
}

TEST(Hostile, ChangesOfThem) {
  const auto all = kept_inputs();
  std::mt19937_64 chance(7);
  const auto any = [&] { return all[chance() % all.size()]; };
  for (int n = 0; n < 20'000; ++n) try_hostile(neighbour_of(any(), any(), chance));
}

}  // namespace
}  // namespace slipway::api
