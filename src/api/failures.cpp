#include "api/failures.h"

#include <algorithm>
#include <utility>

namespace slipway::api {

Failures::Told Failures::note(const std::string& who, Wall now) {
  const std::scoped_lock lock(mutex_);
  if (rows_.size() >= kFailersMost && !rows_.contains(who)) {
    std::erase_if(rows_, [&](const auto& row) { return now - row.second.since > kFailuresWithin; });
    // Somebody fails from very many addresses: the oldest gives way.
    if (rows_.size() >= kFailersMost)
      rows_.erase(
          std::ranges::min_element(rows_, {}, [](const auto& row) { return row.second.since; }));
  }
  Row& row = rows_[who];
  if (row.count == 0 || now - row.since > kFailuresWithin || now < row.since) {
    row.since = now;
    row.count = 0;
  }
  if (++row.count > kFailuresFree) {
    ++row.omitted;
    return {true, row.since + kFailuresWithin - now, 0};
  }
  return {false, {}, std::exchange(row.omitted, 0)};
}

}  // namespace slipway::api
