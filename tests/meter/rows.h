// Rows as a proxy writes them, for the meter's tests, and a meter that reads them.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "meter/meter.h"

namespace slipway::meter {

inline const SiteId kSite{"web", "production"};
inline constexpr std::uint64_t kInode = 7;

inline Instant at(double seconds) {
  return Instant(Duration(static_cast<std::int64_t>(seconds * 1e6)));
}
inline Wall wall(double seconds) {
  return Wall(Duration(static_cast<std::int64_t>(seconds * 1e6)));
}

// Rows as they come from one file.
class File {
 public:
  Row row(const std::string& version, bool error = false, std::int64_t total_us = 1000) {
    Row r;
    r.site = kSite.name();
    r.assigned = r.served = version;
    r.server = "s1";
    r.termination = "----";
    r.status = error ? 500 : 200;
    r.total_us = total_us;
    r.end_us = now_us_ += 1000;
    r.offset = offset_ += 100;
    return r;
  }
  std::uint64_t offset() const { return offset_; }
  void wait(double seconds) { now_us_ += static_cast<std::int64_t>(seconds * 1e6); }

 private:
  std::uint64_t offset_ = 0;
  std::int64_t now_us_ = 1'700'000'000'000'000;
};

struct Fixture : testing::Test {
  Meter meter;
  File file;
  Watch watch{.stable = "v1", .candidate = "v2", .latency_limits_us = {5000, 100'000}};

  void add(int count, const std::string& version, int errors = 0) {
    for (int i = 0; i < count; ++i) meter.add(file.row(version, i < errors), kInode);
  }
};

}  // namespace slipway::meter
