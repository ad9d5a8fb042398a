// The board: read models of everything, folded from committed steps. Writers call fold() from one
// thread; readers get JSON or text from any thread and never wait for the loop.
#pragma once

#include <boost/json.hpp>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "contract/published.h"
#include "views/delivery.h"
#include "views/deployment.h"
#include "views/dora.h"
#include "views/releases.h"

namespace slipway::views {

inline constexpr std::uint64_t kLinesPerStep = 2048;   // 512 instances and a whole story fit
inline constexpr std::uint64_t kLinesToldFrom = 1024;  // of these; below: the step's own
inline constexpr std::size_t kEventsKept = 10'000;     // for readers that come back
inline constexpr std::size_t kPulsesKept = 512;        // for those who watch now
inline constexpr std::size_t kEndedKept = 2'000;  // with steps, story and verdicts; older: without
inline constexpr std::size_t kEndedListed = 100'000;

// One line of /v1/events (interface page 5).
struct EventLine {
  // lsn × kLinesPerStep + index, so that several events of one step keep their order. 0 as the
  // position of a reader stands for "from the oldest that is kept".
  std::uint64_t seq = 0;
  std::string type;  // deployment.shifted
  Wall at{};
  std::string deployment;  // "web-production-42"; empty: none
  std::string environment, service, by, text;
  boost::json::object data;
};

struct HistoryFilter {
  std::string environment, service, state, version;
  std::size_t limit = 50;
  std::uint32_t after = 0;  // numbers below it; 0: from the newest
  Wall since{}, until{};    // requested at or after, before; epoch: no bound
  // Of these environments alone; none: of all.
  std::function<bool(const std::string& environment)> visible;
  Depth depth = Depth::whole;
};

class SeriesList;

class Board {
 public:
  Board();
  ~Board();

  // Before anybody reads.
  void wants(Wants);
  // At start-up: the sites as recovered, and the ended deployments, oldest first.
  void restore_site(std::shared_ptr<const Site>);
  void restore_ended(const Deployment&, const SiteId&);
  // Names of all environments × services, so that status shows those never released; environments
  // are told in the order they have here, their pipeline's.
  void known(std::vector<SiteId>);
  // How people call the dashboard, for `url`; empty: nobody can open it.
  void links(const std::string& base);
  void fold(const Published&);
  // A release that was registered by name: at start-up, and when it is durable in this record.
  void restore_release(const Release&);
  void registered(const Release&, std::uint64_t lsn);
  // After recovery no number that was told before is told again: `lsn` is the journal's newest.
  void begin_after(std::uint64_t lsn);
  // An event of no site: it gets its number after all that was told.
  void tell(EventLine);
  // Points of charts from before this board began.
  void recall(const SeriesList&);
  // Grows whenever something that deployments, status or history tell may have changed.
  std::uint64_t revision() const;

  std::optional<boost::json::object> deployment(std::uint32_t number) const;  // deployment/1
  // status/1, of all when they are empty
  boost::json::object status(const std::string& environment = "", const std::string& service = "",
                             Depth = Depth::whole) const;
  boost::json::object history(const HistoryFilter&) const;                 // list/1
  std::optional<boost::json::object> explain(std::uint32_t number) const;  // explain/1
  boost::json::array verdicts(std::uint32_t number) const;
  // series/1; no metrics: all of them.
  std::optional<boost::json::object> series(std::uint32_t number,
                                            const std::vector<std::string>& metrics) const;
  boost::json::object dora(const Period&) const;             // dora/1
  boost::json::object releases(const ReleaseFilter&) const;  // list/1 of release/1
  // As registered by name; nothing: it was not.
  std::optional<Release> release(const std::string& service, const std::string& version) const;
  // What deployments of this version ran, in any environment; the same may come several times.
  std::vector<Release> pinned(const std::string& service, const std::string& version) const;
  std::map<SiteId, Delivered> delivery() const;  // of all that have ended
  std::vector<std::shared_ptr<const Site>> sites() const;
  // A copy as it is now; nothing: not known.
  std::optional<std::pair<SiteId, Deployment>> copy(std::uint32_t number) const;
  // "42", "web-production-42", or an environment / "ENV/SERVICE": its live deployment, else its
  // last.
  std::optional<std::uint32_t> find(const std::string& id) const;
  std::shared_ptr<const Site> site(const SiteId&) const;
  std::optional<SiteId> site_of(std::uint32_t number) const;

  // Events after `seq`, at most `limit`; waits up to `wait` for the first. When some after `seq`
  // are no longer kept, or `seq` was never given here, the first line is of type events.gap.
  std::vector<EventLine> events(std::uint64_t seq, std::size_t limit, Duration wait) const;
  std::uint64_t newest_event() const;
  // What was counted of live deployments, as lines of type step.progress whose `seq` counts in a
  // row of its own: they are for who watches now and are not told again. At most kPulsesKept.
  std::vector<EventLine> pulses(std::uint64_t seq) const;
  std::uint64_t newest_pulse() const;
  // Waits until there is an event or a pulse after these; false: there was none in time.
  bool wait(std::uint64_t event, std::uint64_t pulse, Duration) const;
  void end_waits() const;  // from now on wait() returns at once

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The sentence of a because-code; {name} in the template is replaced by the value of that name.
std::string sentence(const Because&);
// Every code with its template, for `slipway help codes`.
const std::vector<std::pair<std::string, std::string>>& codes();
boost::json::object to_json(const EventLine&);

}  // namespace slipway::views
