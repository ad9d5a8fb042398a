// The shell's loop and all it holds. One thread runs turn(); submit(), answer(), fact(), post() and
// note() may come from any. Never decides about a deployment: that is the engine's.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "record/record.h"
#include "shell/ballast.h"
#include "shell/replay.h"
#include "shell/shell.h"
#include "shell/timeline.h"

namespace slipway::shell {

using SitePtr = std::shared_ptr<const Site>;

inline constexpr Duration kHeartbeat = 30s;  // of the anchor, while a deployment is live

// What waits to be taken by the loop.
struct Told {  // an event of a site
  SiteId site;
  What what;
};
struct Asking {  // a request of a person or machine
  Request request;
  Reply reply;
  Beside beside;
};
using Input = std::variant<Told, Asking>;

// Names one attempt of one command.
struct Ask {
  SiteId site;
  CommandId id = 0;
  Attempt attempt = 0;
  auto operator<=>(const Ask&) const = default;
};

// A deployment that is over: enough to refuse a verb on it, or to release it again.
struct EndedDeployment {
  SiteId site;
  State state = State::failed;
  std::string version;
  Wall at{};
};

// A batch while it is made: nothing of it is visible before its commit.
struct Draft {
  journal::Batch batch;
  std::vector<Published> steps;
  std::map<SiteId, SitePtr> sites;  // newest working copies
  std::set<SiteId> to_snapshot;
};

// One event of one site, and what comes of it: nothing of it is in a draft yet.
struct Decided {
  SitePtr before;  // null: the site is new
  std::shared_ptr<Site> after;
  record::StepRecord step;
  std::string bytes;  // of the record
  std::optional<journal::Summary> summary;
  std::string broken;  // rule of the engine, and then the rest is nothing; empty: none
};
Decided decide(const SiteId&, SitePtr before, Event&&);  // on any thread

class Loop final : public Shell {
 public:
  Loop(Settings, Parts);

  Result<> open();
  Result<> recover(const std::function<void(SitePtr)>& site,
                   const std::function<void(const Deployment&, const SiteId&)>& ended) override;
  Result<> run() override;
  void stop() override;
  bool turn(Duration max_wait) override;
  Duration until_next() override;
  std::optional<Error> fault() const override;
  CommitTimes commit_times() const override;
  Pulse pulse() const override;
  const std::vector<std::string>& replay_diverged() const override { return diverged_; }
  void submit(Request, Reply, Beside) override;
  void post(const SiteId&, What) override;
  Result<std::uint64_t> note(const std::string& kind, const std::string& bytes) override;
  Result<> notes(const std::string& kind,
                 const std::function<void(const std::string& bytes)>&) override;
  void answer(const SiteId&, CommandId, Attempt, Outcome) override;
  void fact(const SiteId&, What) override;
  void answer_with(What fact, const SiteId&, CommandId, Attempt, Outcome) override;

 private:
  struct Kept {  // of one site
    SitePtr site;
    Instant due = kNever;
    int since_snapshot = 0;
    bool is_live = false;  // one of live_
  };

  // loop.cpp: what is ready becomes events
  void push(const SiteId&, What&&);
  std::optional<Refusal> take_in(Asking&&);
  void wait_for_work(Duration max_wait);
  bool work();
  bool take(Draft&);
  void take_due(Draft&);
  bool tell(Draft&, Told&&);
  bool ask_again_due();
  bool begin_again(const Ask&);
  const Awaited* awaited_as(const Ask&) const;
  void end_of_loop(const Error& why);

  // step.cpp: one event of one site
  SitePtr newest(const Draft&, const SiteId&) const;
  bool step(Draft&, const SiteId&, What&&, bool make_site = false);
  void add(Draft&, Decided&&);
  void quarantine(Draft&, Decided&& broke);
  void refuse(const What&, const Refusal&);

  // ask.cpp: requests
  void ask(Draft&, Asking);
  void release(Draft&, Asking);
  void verb(Draft&, const SitePtr&, Asking);
  void put_beside(Draft&, std::uint64_t request, Beside&&) const;
  SitePtr site_of(const Draft&, std::uint32_t number) const;
  SitePtr live_site_for(const Draft&, const Request&) const;
  std::optional<Refusal> no_live(const Request&) const;

  // commit.cpp: durable, then visible, then done
  std::uint64_t snapshot_every() const;  // records of a site
  bool commit(Draft&);
  Result<std::uint64_t> append(const journal::Batch&);
  void note_commit(Duration took);
  void swap_in(const Draft&);
  void note_live(const Site&, Kept&);
  void set_due(const SiteId&, Kept&, Instant);
  void dispatch(const Draft&);
  void give(const SitePtr&, const Given&);
  void compile_wanted(Draft&);
  What compile(const Site&, const Deployment& wanted, const World&);
  Driver* driver_for(const Command&) const;
  void enter_disk_critical();
  void try_ballast();
  void tell_all(const What&);

  // keeping.cpp: how long records are kept
  void keep_short(Draft&);
  void write_down();
  void forget_old();

  // recover.cpp
  Result<> recover_agent();
  Result<> recover_ended(const std::function<void(const Deployment&, const SiteId&)>&);
  Result<> recover_sites();
  Result<> take_over(std::vector<Replayed>);
  bool resume_sites(Duration away);
  void sum_up(Draft&) const;
  void observe_awaited(const Draft&);
  void remember(const Site&);

  const Settings settings_;
  const Parts parts_;
  Timeline timeline_;
  Ballast ballast_;

  mutable std::mutex mutex_;  // guards the next eight
  std::condition_variable ready_;
  std::deque<Input> inbox_;
  std::size_t asking_ = 0;
  bool stopping_ = false;
  std::optional<Error> fault_;
  std::uint64_t commits_ = 0;
  std::vector<Duration> commit_times_;  // a ring
  CommitTimes committed_;               // its counts since the start

  // Written by the loop's thread, read by whoever asks how it stands.
  std::atomic<std::int64_t> busy_since_us_{0};
  std::atomic<std::size_t> unheard_count_{0};
  std::atomic<bool> disk_critical_{false};

  // Of the loop's thread alone.
  std::map<SiteId, Kept> sites_;
  std::set<std::pair<Instant, SiteId>> due_;
  std::map<Ask, Instant> ask_again_;  // Pending: observed again then
  std::set<Ask> adopting_;            // observed after a restart, not answered yet
  std::set<Ask> unheard_;             // of them, those that nobody has said a word about
  std::map<std::uint64_t, Reply> replies_;
  std::map<std::uint32_t, EndedDeployment> ended_;
  Anchor anchor_;
  std::set<SiteId> live_;        // sites with a live deployment
  Instant heartbeat_ = kNever;   // next time the anchor is written although nothing happens
  Instant ballast_at_ = kNever;  // next try to make the ballast again
  Instant forget_at_{};          // next time that old records are looked for
  bool forgetting_ = false;      // there is more to remove than one turn took
  Duration away_{};
  std::vector<std::string> diverged_;

  std::mutex desk_mutex_;  // guards the next one
  std::uint64_t desk_seq_ = 0;
};

// Of the newest deployment that ended it has the number: its summary is in the journal before it.
journal::Snapshot snapshot_of(const SitePtr&);

std::optional<SiteId> site_of_stream(const std::string&);  // nothing: another kind of stream

}  // namespace slipway::shell
