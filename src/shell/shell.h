// The loop: stamp, step, append, publish, dispatch, recover, in this order and nowhere else.
// Memory is never ahead of disk.
#pragma once

#include <array>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "contract/driver.h"
#include "contract/port.h"
#include "contract/published.h"
#include "journal/journal.h"

namespace slipway::shell {

// What the shell asks of the world; the simulator gives a virtual one.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Duration monotonic() = 0;  // CLOCK_BOOTTIME
  virtual Wall wall() = 0;
  virtual std::string boot_id() = 0;
};

std::unique_ptr<Clock> machine_clock();  // the real one

// The journal's stream of a site: "site/ENV/SERVICE".
std::string stream_of(const SiteId&);

// How long commits to the journal took: what a release pays to its disk.
inline constexpr std::array<Duration, 10> kCommitBounds = {500us, 1ms,  2500us, 5ms,   10ms,
                                                           25ms,  50ms, 100ms,  500ms, 2s};
struct CommitTimes {
  std::uint64_t commits = 0;  // since the start
  Duration p50{}, p99{};      // of the last 1,024
  Duration sum{};             // since the start
  // How many took at most the bound of that place; the last: longer than all.
  std::array<std::uint64_t, kCommitBounds.size() + 1> within{};
};

// How the loop stands, for who asks whether the agent works. From any thread.
struct Pulse {
  Duration busy{};             // at its present work for so long; zero: it waits for some
  std::size_t unheard = 0;     // commands of before the restart whose state is not known again
  bool stopping = false;       // no new request is taken
  bool disk_critical = false;  // only ways back are written
};

using Reply = std::function<void(std::variant<Answer, Refusal>)>;
using Beside = std::optional<journal::Snapshot>;  // of a stream that is no site's

struct Settings {
  std::string state_dir;                   // ballast and journal live here
  bool abort_on_broken_invariant = false;  // tests and simulation
};

class Shell : public Sink {
 public:
  struct Parts {
    journal::Journal* journal;
    Clock* clock;
    Intake* intake;
    std::vector<Driver*> drivers;
    std::function<void(const Published&)> publish;
  };

  static Result<std::unique_ptr<Shell>> open(Settings, Parts);

  // Replays the journal, tells every site Resumed, observes what was awaited. Then run() loops on
  // the calling thread until stop(). `site` gets each site as replayed (before Resumed, which is
  // published), `ended` every ended deployment, oldest number first.
  virtual Result<> recover(const std::function<void(std::shared_ptr<const Site>)>& site,
                           const std::function<void(const Deployment&, const SiteId&)>& ended) = 0;
  // Returns the error when the journal could not be written; else after stop(). Drivers are
  // stopped by their owner, afterwards.
  virtual Result<> run() = 0;
  virtual void stop() = 0;

  // One batch of the loop, for run() and for simulations: waits at most `max_wait` (0: not at all)
  // until something is ready, then does it. False: nothing was done. Only on the loop's thread.
  virtual bool turn(Duration max_wait) = 0;
  // How long until the next timer, by the clock; zero: now; Duration::max(): there is none.
  virtual Duration until_next() = 0;
  // Why the loop had to end; empty: it did not. Nothing moves afterwards.
  virtual std::optional<Error> fault() const = 0;
  virtual CommitTimes commit_times() const = 0;
  virtual Pulse pulse() const = 0;
  // What recover() found that today's engine would decide otherwise, one sentence a record.
  virtual const std::vector<std::string>& replay_diverged() const = 0;

  // From any thread. The reply is called once, after the commit, on the loop's thread: a release
  // request is answered when it was planned or refused, a verb when it was recorded. Who still
  // waits when the loop ends gets a Refusal. `beside` is written in the commit of the request's
  // record, and not at all when it gets none.
  virtual void submit(Request, Reply, Beside beside = {}) = 0;
  // An event from outside drivers (the meter's blocks).
  virtual void post(const SiteId&, What) = 0;
  // Opaque desk records: configuration revisions, people, releases. Durable when it returns, with
  // the lsn it has.
  virtual Result<std::uint64_t> note(const std::string& kind, const std::string& bytes) = 0;
  Result<> keep(const std::string& kind, const std::string& bytes) {
    TRY(note(kind, bytes));
    return {};
  }
  virtual Result<> notes(const std::string& kind,
                         const std::function<void(const std::string& bytes)>&) = 0;
};

}  // namespace slipway::shell
