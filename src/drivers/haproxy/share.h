// Who was given the requests that came after a shift: counted from the proxy's rows since a mark.
// Fed by whoever reads the rows; safe from any thread; costs one atomic load when nothing is asked.
#pragma once

#include <atomic>
#include <bitset>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "contract/row.h"

namespace slipway::haproxy {

class ShareProbe {
 public:
  struct Label {
    std::uint64_t count = 0;         // requests; with sticky routing clients
    std::int64_t last_start_us = 0;  // wall
  };
  struct Seen {
    std::uint64_t count = 0;
    std::map<std::string, Label> labels;
  };

  // Requests of `site` (SiteId::name()) that started after `mark_us` (wall) are counted from now
  // on; what was counted before is forgotten. `by_client`: each bucket once.
  void arm(const std::string& site, std::int64_t mark_us, bool by_client);
  void disarm(const std::string& site);
  Seen seen(const std::string& site) const;
  void on_row(const Row&);

 private:
  struct Mark {
    std::int64_t since_us = 0;
    bool by_client = false;
    Seen seen;
    std::unique_ptr<std::bitset<10'000>> clients;
  };
  mutable std::mutex mutex_;
  std::atomic<int> armed_{0};
  std::map<std::string, Mark, std::less<>> marks_;
};

}  // namespace slipway::haproxy
