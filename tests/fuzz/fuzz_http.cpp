// The HTTP door's libFuzzer target; what is tried, and what must hold, stands in hostile.cpp.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hostile.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  slipway::api::try_hostile({reinterpret_cast<const char*>(data), size});
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
