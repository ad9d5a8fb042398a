// What a site's versions answered in the last hour, whether anybody released or not: what a judge
// knows of stable when it begins, how much its instances' errors scatter, and how much traffic a
// plan may count on. By the proxy's own clock.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "analysis/sketch.h"
#include "contract/row.h"
#include "meter/latency.h"

namespace slipway::meter {

// A site's traffic over the last hour, or the part of it that was seen.
struct Traffic {
  double per_second = 0;
  std::uint64_t requests = 0, errors = 0;
  std::int64_t seconds = 0;  // seen
};

class History {
 public:
  void add(const Row&, bool error);

  // Of this version until now.
  analysis::Baseline baseline(const std::string& version) const;
  // Of errors and of requests above p50, p90 and p99; empty with less than half an hour of it, and
  // where nothing scatters.
  const std::vector<double>& dispersion(const std::string& version) const;
  Traffic traffic() const;

 private:
  static constexpr std::int64_t kMinutes = 60;
  static constexpr std::int64_t kBinUs = 10'000'000;
  static constexpr std::size_t kBins = 180, kInstances = 16;
  using Events = std::array<std::uint32_t, 4>;  // errors, above p50, p90, p99

  struct Minute {
    std::int64_t number = 0;
    std::uint64_t requests = 0, errors = 0;
    analysis::Histogram latencies;
  };
  struct Bin {
    std::int64_t number = 0;
    std::array<Events, kInstances> events{};
    std::array<std::uint32_t, kInstances> requests{};
  };
  struct Version {
    std::deque<Minute> minutes;  // the newest is open
    Latencies open;
    std::deque<Bin> bins;                 // the newest is open
    std::array<std::int64_t, 3> above{};  // µs; 0: not known yet
    std::vector<double> dispersion;
  };

  void open_minute(Version&, std::int64_t number);
  void open_bin(Version&, std::int64_t number);
  static std::vector<double> scatter(const Version&);

  std::map<std::string, Version, std::less<>> versions_;
  Version* newest_ = nullptr;  // of the last row; rows come in runs
  std::string newest_name_;
};

}  // namespace slipway::meter
