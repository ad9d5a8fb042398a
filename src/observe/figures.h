// The agent's figures for Prometheus: what is counted from the stream of committed steps, and the
// page that /metrics answers (docs/observe.md lists every name). Label values come from closed
// lists, from the configuration's names and from versions that serve now; of sites only the first
// kSitesTold are told one by one, so that a page stays bounded.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "contract/published.h"
#include "observe/health.h"
#include "views/delivery.h"

namespace slipway::observe {

inline constexpr std::size_t kSitesTold = 2'000;

// Since the agent's start. fold() comes from the loop's thread, the rest from any.
class Counters {
 public:
  struct Watched {  // of one site, while a deployment lives
    std::uint64_t stable_requests = 0, stable_failed = 0;
    std::uint64_t candidate_requests = 0, candidate_failed = 0;
    std::uint64_t failed = 0, rows_lost = 0;
  };
  struct Counts {
    std::map<std::string, std::uint64_t> steps;     // by the event's word
    std::map<std::string, std::uint64_t> commands;  // by the command's word
    std::map<std::string, std::uint64_t> verdicts;  // by the ruling's word
    std::uint64_t blocks = 0, judged = 0, readings = 0, proxy_restarts = 0, crashes = 0;
    std::map<SiteId, Watched> watched;
  };
  void fold(const Published&);
  Counts now() const;

 private:
  mutable std::mutex mutex_;
  Counts counts_;
};

struct JournalFigures {
  std::uint64_t commits = 0, bytes = 0;
  double sum_s = 0;
  std::vector<std::pair<double, std::uint64_t>>
      within;  // bound in seconds, how many; not summed up
};

struct CheckFigures {
  std::uint64_t count = 0;
  double sum_s = 0;
  std::vector<std::pair<double, std::uint64_t>> within;  // as of the journal
};

// Of one service, as its pipeline reported them.
struct Builds {
  views::Spread succeeded, failed;
  std::optional<double> test_coverage;  // 0 to 1, of the newest that told it
};

// All that a page is made of.
struct Figures {
  Standing standing;
  Counters::Counts counts;
  JournalFigures journal;
  CheckFigures checks;
  std::uint64_t checks_failed = 0;
  std::map<SiteId, views::Delivered> delivered;
  std::vector<std::shared_ptr<const Site>> sites;
  std::map<std::string, boost::json::object> delivery;  // dora/1 of 30 days, by environment
  std::map<std::string, Builds> builds;                 // by service
  std::uint64_t rows = 0, rows_lost = 0;                // of the proxy, read since the start
  std::uint64_t traces_sent = 0, traces_dropped = 0, traces_waiting = 0;
};

// Prometheus text format 0.0.4.
std::string metrics_page(const Figures&);

}  // namespace slipway::observe
