#include "shell/loop.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "os/clock.h"

namespace slipway::shell {
namespace {

constexpr std::size_t kAsking = 10'000;  // requests that may wait for the loop
constexpr Duration kLongestWait = 60s;

class MachineClock final : public Clock {
 public:
  Duration monotonic() override { return os::since_boot(); }
  Wall wall() override { return os::wall_now(); }
  std::string boot_id() override { return boot_; }

 private:
  const std::string boot_ = os::boot_id();  // cannot change while the process lives
};

// A block that says nothing is not worth a record; where the counting begins is said once.
bool is_empty(const Counted& counted, const Site* site) {
  const bool begins =
      site != nullptr && site->counted == RowPosition{} && counted.position != RowPosition{};
  return !begins && !counted.judged && counted.tally == Tally{} && !counted.has_gap_before &&
         !counted.before;
}

}  // namespace

std::unique_ptr<Clock> machine_clock() { return std::make_unique<MachineClock>(); }

std::string stream_of(const SiteId& id) { return "site/" + id.environment + "/" + id.service; }

std::optional<SiteId> site_of_stream(const std::string& stream) {
  const std::size_t slash = stream.find('/', 5);
  if (!stream.starts_with("site/") || slash == std::string::npos) return std::nullopt;
  return SiteId{stream.substr(slash + 1), stream.substr(5, slash - 5)};
}

Result<std::unique_ptr<Shell>> Shell::open(Settings settings, Parts parts) {
  auto loop = std::make_unique<Loop>(std::move(settings), std::move(parts));
  TRY(loop->open());
  return loop;
}

Loop::Loop(Settings settings, Parts parts)
    : settings_(std::move(settings)),
      parts_(std::move(parts)),
      timeline_(*parts_.clock),
      ballast_(settings_.state_dir) {}

Result<> Loop::open() {
  const auto made = ballast_.make();
  if (!made && made.error().fault != Fault::exhausted) return made;
  disk_critical_ = !made;
  return parts_.journal->read(
      "desk", 0, [this](std::uint64_t, const journal::Entry& entry) { desk_seq_ = entry.seq; });
}

// ---- from any thread -----------------------------------------------------------------------

void Loop::push(const SiteId& site, What&& what) {
  {
    const std::scoped_lock guard(mutex_);
    inbox_.emplace_back(std::in_place_type<Told>, site, std::move(what));
  }
  ready_.notify_one();
}

void Loop::answer(const SiteId& site, CommandId id, Attempt attempt, Outcome outcome) {
  push(site, Answered{id, attempt, std::move(outcome)});
}

void Loop::fact(const SiteId& site, What what) { push(site, std::move(what)); }

void Loop::answer_with(What fact, const SiteId& site, CommandId id, Attempt attempt,
                       Outcome outcome) {
  {
    const std::scoped_lock guard(mutex_);
    inbox_.emplace_back(std::in_place_type<Told>, site, std::move(fact));
    inbox_.emplace_back(std::in_place_type<Told>, site, Answered{id, attempt, std::move(outcome)});
  }
  ready_.notify_one();
}

void Loop::post(const SiteId& site, What what) { push(site, std::move(what)); }

void Loop::submit(Request request, Reply reply, Beside beside) {
  if (const auto refusal = take_in({std::move(request), reply, std::move(beside)}))
    return reply(*refusal);
  ready_.notify_one();
}

std::optional<Refusal> Loop::take_in(Asking&& asking) {
  const std::scoped_lock guard(mutex_);
  if (stopping_ || fault_) {
    return Refusal{.code = "stopping", .text = "the agent is about to stop", .http = 503};
  }
  if (asking_ >= kAsking) {
    return Refusal{.code = "overloaded",
                   .text = fmt::format("{} requests wait already; ask again later", asking_),
                   .http = 503};
  }
  ++asking_;
  inbox_.push_back(std::move(asking));
  return std::nullopt;
}

void Loop::stop() {
  {
    const std::scoped_lock guard(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
}

std::optional<Error> Loop::fault() const {
  const std::scoped_lock guard(mutex_);
  return fault_;
}

// ---- the loop's thread ---------------------------------------------------------------------

Result<> Loop::run() {
  while (true) {
    {
      const std::scoped_lock guard(mutex_);
      if (stopping_ || fault_) break;
    }
    turn(kLongestWait);
  }
  if (const auto error = fault()) {
    end_of_loop(*error);
    return std::unexpected(*error);
  }
  write_down();
  Draft last;  // the anchor alone: how long nobody watches starts now
  const bool written = commit(last);
  end_of_loop({Fault::cancelled, "the agent stopped before this was answered; ask again"});
  if (!written) return std::unexpected(*fault());
  return {};
}

// Whoever still waits is told; nobody is left hanging.
void Loop::end_of_loop(const Error& why) {
  std::deque<Input> rest;
  {
    const std::scoped_lock guard(mutex_);
    stopping_ = true;
    rest.swap(inbox_);
    asking_ = 0;
  }
  const Refusal refusal{.code = "stopping", .text = why.text, .http = 503};
  for (Input& input : rest) {
    if (auto* asking = std::get_if<Asking>(&input); asking && asking->reply) {
      asking->reply(refusal);
    }
  }
  for (const auto& [id, reply] : std::exchange(replies_, {})) {
    if (reply) reply(refusal);
  }
}

Duration Loop::until_next() {
  {
    const std::scoped_lock guard(mutex_);
    if (!inbox_.empty()) return Duration::zero();
  }
  if (forgetting_) return Duration::zero();
  Instant next = std::min({ballast_at_, heartbeat_, forget_at_});
  if (!due_.empty()) next = std::min(next, due_.begin()->first);
  for (const auto& [which, at] : ask_again_) next = std::min(next, at);
  if (next == kNever) return Duration::max();
  return std::max(Duration::zero(), next - timeline_.now());
}

void Loop::wait_for_work(Duration max_wait) {
  const Duration wait = std::min(max_wait, until_next());
  if (wait <= Duration::zero()) return;
  std::unique_lock guard(mutex_);
  ready_.wait_for(guard, std::min(wait, kLongestWait),
                  [this] { return !inbox_.empty() || stopping_; });
}

Pulse Loop::pulse() const {
  Pulse out;
  {
    const std::scoped_lock guard(mutex_);
    out.stopping = stopping_ || fault_;
  }
  if (const std::int64_t since = busy_since_us_; since != 0)
    out.busy = std::max(Duration::zero(), parts_.clock->monotonic() - Duration(since));
  out.unheard = unheard_count_;
  out.disk_critical = disk_critical_;
  return out;
}

bool Loop::turn(Duration max_wait) {
  if (fault()) return false;
  wait_for_work(max_wait);
  busy_since_us_ = parts_.clock->monotonic().count();
  const bool moved = work();
  busy_since_us_ = 0;
  return moved;
}

bool Loop::work() {
  Draft draft;
  bool moved = take(draft);
  take_due(draft);
  if (timeline_.now() >= ballast_at_) try_ballast();
  forget_old();
  const bool beat = timeline_.now() >= heartbeat_;
  if (!draft.steps.empty() || beat) moved |= commit(draft);
  return ask_again_due() || moved;
}

// What is there, up to the limits of a batch. A verb and a death end it at once: what they command
// shall not wait for the steps of others.
bool Loop::take(Draft& draft) {
  const Duration until = parts_.clock->monotonic() + limits::kBatchTime;
  bool any = false;
  while (draft.steps.size() < limits::kBatchEvents) {
    std::optional<Input> input;
    {
      const std::scoped_lock guard(mutex_);
      if (inbox_.empty()) break;
      input = std::move(inbox_.front());
      inbox_.pop_front();
      if (std::holds_alternative<Asking>(*input)) --asking_;
    }
    any = true;
    bool urgent = false;
    if (auto* asking = std::get_if<Asking>(&*input)) {
      ask(draft, std::move(*asking));
      urgent = true;
    } else {
      urgent = tell(draft, std::move(std::get<Told>(*input)));
    }
    if (urgent || parts_.clock->monotonic() >= until) break;
  }
  return any;
}

// True: the batch ends with it.
bool Loop::tell(Draft& draft, Told&& told) {
  const bool urgent = std::holds_alternative<Exited>(told.what);
  if (const auto* answered = std::get_if<Answered>(&told.what)) {
    const Ask which{told.site, answered->command, answered->attempt};
    if (unheard_.erase(which)) unheard_count_ = unheard_.size();
    if (const auto* pending = std::get_if<Pending>(&answered->outcome)) {
      ask_again_[which] = timeline_.now() + std::max(Duration(1ms), pending->retry_after);
      return false;
    }
    // Observed after a restart, and it is not there: the crash came before it was begun.
    const auto* failed = std::get_if<Failed>(&answered->outcome);
    const bool absent = failed && failed->error.fault == Fault::missing;
    if (adopting_.erase(which) && absent && begin_again(which)) return false;
  }
  if (const auto* counted = std::get_if<Counted>(&told.what);
      counted && is_empty(*counted, newest(draft, told.site).get())) {
    return false;
  }
  // A site that never had a release cannot want anything; drivers remove what nobody wants.
  step(draft, told.site, std::move(told.what));
  return urgent;
}

bool Loop::begin_again(const Ask& which) {
  const Awaited* awaited = awaited_as(which);
  Driver* driver = awaited ? driver_for(awaited->command) : nullptr;
  if (driver) driver->begin({which.site, which.id, which.attempt, awaited->command});
  return driver != nullptr;
}

void Loop::take_due(Draft& draft) {
  const Instant now = timeline_.now();
  std::vector<SiteId> sites;
  for (const auto& [at, site] : due_) {
    if (at > now || sites.size() >= limits::kBatchEvents) break;
    sites.push_back(site);
  }
  for (const SiteId& site : sites) {
    // A step of this batch may have moved the timer.
    if (!draft.sites.contains(site)) step(draft, site, Due{});
  }
}

// Only what is still awaited: the engine may have let it go meanwhile.
bool Loop::ask_again_due() {
  if (fault()) return false;
  const Instant now = timeline_.now();
  std::vector<Ask> due;
  for (const auto& [which, at] : ask_again_) {
    if (at <= now) due.push_back(which);
  }
  for (const Ask& which : due) {
    ask_again_.erase(which);
    const Awaited* awaited = awaited_as(which);
    Driver* driver = awaited ? driver_for(awaited->command) : nullptr;
    if (driver) driver->observe({which.site, which.id, which.attempt, awaited->command});
  }
  return !due.empty();
}

// As committed; null when nobody waits for it any more.
const Awaited* Loop::awaited_as(const Ask& which) const {
  const auto kept = sites_.find(which.site);
  if (kept == sites_.end()) return nullptr;
  for (const Awaited& a : kept->second.site->awaiting) {
    if (a.id == which.id && a.attempt == which.attempt && a.retry_at == kNever) return &a;
  }
  return nullptr;
}

}  // namespace slipway::shell
