// For tests alone: the agent ends itself with SIGKILL at a chosen record, so that every place where
// a crash may fall can be tried. Told by SLIPWAY_DIE_AT_RECORD=N[:WHEN]; without it nothing here
// does anything. N counts, from the start of this process, the records that carry commands or
// change a phase; 0: none, each is only named in the log. WHEN is one of
//   before-dispatch  the record is durable, none of its commands was given (when nothing is said)
//   after-dispatch   its commands were given, their drivers may have begun
//   before-answer    the first of them is done, and its answer is not recorded
#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <tuple>
#include <vector>

#include "contract/driver.h"
#include "contract/published.h"

namespace slipway {

class ScriptedDeath {
 public:
  // `told`: the variable's value, null when it is not set.
  explicit ScriptedDeath(const char* told);

  bool told() const { return told_; }
  // On the loop's thread, after the commit and before the dispatch of the record's commands.
  void published(const Published&, const std::vector<Driver*>&);
  void given(const Issued&);
  void answered(const SiteId&, CommandId, Attempt, const Outcome&);

 private:
  enum class When : std::uint8_t { before_dispatch, after_dispatch, before_answer };
  using Asked = std::tuple<SiteId, CommandId, Attempt>;

  bool told_ = false;
  std::uint64_t at_ = 0, seen_ = 0;
  When when_ = When::before_dispatch;
  std::mutex mutex_;  // guards the next one: answers come from any thread
  std::set<Asked> left_;
};

// A driver that says what it was given, so that a death can follow at once.
class WatchedDriver : public Driver {
 public:
  WatchedDriver(Driver& inner, ScriptedDeath& death) : inner_(inner), death_(death) {}
  std::string_view name() const override { return inner_.name(); }
  bool takes(const Command& c) const override { return inner_.takes(c); }
  void begin(const Issued& issued) override {
    inner_.begin(issued);
    death_.given(issued);
  }
  void observe(const Issued& issued) override { inner_.observe(issued); }
  void cancel(const Issued& issued) override { inner_.cancel(issued); }
  void stop() override { inner_.stop(); }

 private:
  Driver& inner_;
  ScriptedDeath& death_;
};

}  // namespace slipway
