// Requests that the proxy gave to each version, answered or not: its own count, taken at each look.
// A row is written when a request ends; what never ends shows here alone. Safe from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace slipway::haproxy {

struct Given {
  std::string site, version;  // SiteId::name(); the label in the rows
  std::uint64_t requests = 0;
  bool operator==(const Given&) const = default;
};

class GivenCount {
 public:
  // `total` is what process `pid` counted for the backend of a site's slot since it started. What a
  // slot got before its version was seen in it, or before another process, belongs to nobody.
  void saw(const std::string& site, int slot, const std::string& version, std::int64_t pid,
           std::uint64_t total);
  // Since this was last asked.
  std::vector<Given> take();

 private:
  struct Slot {
    std::string version;
    std::int64_t pid = 0;
    std::uint64_t total = 0;
  };
  std::mutex mutex_;
  std::map<std::string, std::array<Slot, 3>> slots_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> given_;
};

}  // namespace slipway::haproxy
