// The HTTP door's libFuzzer target; what is tried, and what must hold, stands in hostile.cpp.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>

#include "hostile.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace {

// Looking at what a run reached takes longer than the run: each takes so many inputs, the one that
// is kept and neighbours of it that follow from it alone.
constexpr int kEach = 16;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  slipway::api::try_hostile(input);
  std::mt19937_64 chance(std::hash<std::string>()(input));
  for (int n = 1; n < kEach; ++n)
    slipway::api::try_hostile(slipway::api::neighbour_of(input, input, chance));
  return 0;
}

// One change of five puts a word of the interface in.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned int seed) {
  const auto& words = slipway::api::hostile_words();
  const auto& word = words[seed / 5 % words.size()];
  if (seed % 5 != 0 || size + word.size() > most) return LLVMFuzzerMutate(data, size, most);
  const std::size_t at = seed / 5 / words.size() % (size + 1);
  std::memmove(data + at + word.size(), data + at, size - at);
  std::memcpy(data + at, word.data(), word.size());
  return size + word.size();
}
