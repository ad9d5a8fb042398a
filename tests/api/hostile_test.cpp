// The kept inputs of the HTTP fuzzer and seeded changes of them, with every build of the tests; the
// long run is script/fuzz.
#include "../fuzz/hostile.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

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

std::string changed(const std::vector<std::string>& all, std::mt19937_64& chance) {
  const auto below = [&](std::size_t n) { return n == 0 ? 0 : chance() % n; };
  std::string s = all[below(all.size())];
  for (std::size_t n = below(6); n > 0; --n) {
    const std::size_t at = below(s.size());
    switch (below(5)) {
      case 0:
        if (!s.empty()) s[at] = static_cast<char>(chance());
        break;
      case 1:
        s.erase(at, below(8));
        break;
      case 2:
        s.insert(at, hostile_words()[below(hostile_words().size())]);
        break;
      case 3:
        s.insert(at, s.substr(below(s.size()), below(64)));
        break;
      default: {
        const std::string& other = all[below(all.size())];
        s = s.substr(0, at) + other.substr(below(other.size()));
      }
    }
  }
  return s;
}

TEST(Hostile, InputsThatAreKept) {
  const auto all = kept_inputs();
  ASSERT_GT(all.size(), 30U);
  for (const auto& input : all) try_hostile(input);
}

TEST(Hostile, ChangesOfThem) {
  const auto all = kept_inputs();
  std::mt19937_64 chance(7);
  for (int n = 0; n < 20'000; ++n) try_hostile(changed(all, chance));
}

}  // namespace
}  // namespace slipway::api
