// The rows thread: reads the proxy's row file, counts, and posts closed blocks. It is the driver of
// Watch and Count, and joins the two rooms that may not know each other: meter and the router.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "analysis/power.h"
#include "contract/driver.h"
#include "contract/site.h"
#include "drivers/haproxy/given.h"
#include "drivers/haproxy/rows.h"
#include "meter/meter.h"

namespace slipway {

class Counting : public Driver {
 public:
  struct World {
    std::string rows;  // path of the row file
    Sink* sink;
    std::function<Instant()> engine_now;  // an Instant not after the next event's
    std::function<Wall()> wall;
    std::function<RowPosition(const SiteId&)> recorded;  // rows that are in the journal
    std::function<std::uint64_t()> lost;  // rows the proxy could not write, since asked last
    std::function<std::vector<haproxy::Given>()> given;  // what versions got, since asked last
    std::function<void(const Row&)> on_row;              // the router's share probe
    // Other sources than the rows: asked as long as a site is watched.
    std::function<void(const SiteId&, const Watch&)> watched;
    std::function<void(const SiteId&)> unwatched;
    std::function<void(const SiteId&, const analysis::Block&)> closed;
  };

  explicit Counting(World);
  ~Counting() override;

  // Starts reading at the oldest row that a live deployment has not recorded. `live` are the sites
  // that are being counted according to the journal.
  void start(const std::map<SiteId, RowPosition>& live);

  std::string_view name() const override { return "meter"; }
  bool takes(const Command&) const override;
  void begin(const Issued&) override;
  void observe(const Issued&) override;
  void cancel(const Issued&) override;
  void stop() override;

  // What the site was asked for in the last hour, as far as this agent saw it. From any thread.
  analysis::Expected expected(const SiteId&) const;

  // Since the start, and since when the thread has done nothing. From any thread.
  std::uint64_t rows() const { return rows_; }
  std::uint64_t rows_lost() const { return rows_lost_; }
  Duration silent() const;

 private:
  void run();
  void obey(const Issued&);
  void read_rows();
  void post_blocks();
  void post(const SiteId&, Counted);
  void free_rows();
  void note_traffic();
  Duration rest() const;

  World world_;
  meter::Meter meter_;
  haproxy::RowFile file_;
  std::uint64_t offset_ = 0, inode_ = 0, freed_ = 0;
  std::set<SiteId> watched_;
  std::set<SiteId> expected_;  // counted before a restart, not watched again yet

  std::atomic<std::uint64_t> rows_{0}, rows_lost_{0};
  std::atomic<std::int64_t> turned_us_{0};  // steady
  mutable std::mutex mutex_;
  std::map<std::string, analysis::Expected> expected_traffic_;  // renewed each second
  std::condition_variable wake_;
  std::deque<Issued> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace slipway
