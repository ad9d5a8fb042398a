// How often somebody failed lately: who fails much is told to wait, and not every failure becomes
// an entry of the audit. Only failures count: nobody can lock another out who has a good token.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "base/time.h"

namespace slipway::api {

inline constexpr int kFailuresFree = 10;  // a minute, of one address or token
inline constexpr Duration kFailuresWithin = 60s;
inline constexpr std::size_t kFailersMost = 4096;

class Failures {
 public:
  struct Told {
    bool too_many = false;
    Duration wait{};            // until the next is looked at again
    std::uint64_t omitted = 0;  // that were not recorded before this one
  };
  Told note(const std::string& who, Wall now);

 private:
  struct Row {
    Wall since{};
    int count = 0;
    std::uint64_t omitted = 0;
  };
  std::mutex mutex_;
  std::map<std::string, Row> rows_;
};

}  // namespace slipway::api
