#include "platform/watcher.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/check.h"

namespace slipway::platform {

using Clock = std::chrono::steady_clock;

namespace {
// Until its first success a process is asked often: what it costs is a refused connection. The
// pause is a 200th of its age, so that readiness is seen at most 0.5 % later than it came. Of
// many that start at once each is asked less often: the processor is theirs.
constexpr Duration kShortestPause = 2ms, kLongestPause = 500ms, kPausePerStarting = 500us;
constexpr int kAgePerPause = 200;
constexpr int kLastTry = 10;  // of the start's time at most
// A door with nobody behind it closes at once.
constexpr Duration kQuiet = 100ms;
constexpr std::uint64_t kBell = 0, kAlarm = 1;  // what the poll tells of; entries are above

timespec absolute(SteadyTime time) {
  const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch());
  return {.tv_sec = since.count() / 1'000'000'000, .tv_nsec = since.count() % 1'000'000'000};
}
}  // namespace

struct Watcher::Entry {
  std::uint64_t id = 0;
  std::string key;
  Watched watched;
  std::function<void(bool)> then;  // set: only its end is awaited
  SteadyTime wake = SteadyTime::max();
  bool starting = false;  // young, and not good yet
  SteadyTime check_begun;
  SteadyTime start_over;  // then "not ready yet" becomes news
  std::unique_ptr<Check> check;
  int polled = -1;
  int good = 0, bad = 0;        // running
  std::optional<bool> healthy;  // as told
};

Watcher::Watcher(Sink& sink)
    : sink_(sink),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      bell_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      alarm_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
  CHECK(epoll_ && bell_ && alarm_, "no descriptors left");
  epoll_event event{.events = EPOLLIN, .data = {.u64 = kBell}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, bell_.get(), &event);
  event.data.u64 = kAlarm;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, alarm_.get(), &event);
  thread_ = std::thread([this] { run(); });
}

Watcher::~Watcher() { stop(); }

void Watcher::stop() {
  stopped_ = true;
  post([] {});
  if (thread_.joinable()) thread_.join();
  entries_.clear();
  timers_.clear();
  by_key_.clear();
}

void Watcher::post(std::function<void()> letter) {
  {
    std::lock_guard lock(mutex_);
    mail_.push_back(std::move(letter));
  }
  std::uint64_t one = 1;
  std::ignore = ::write(bell_.get(), &one, sizeof one);
}

void Watcher::take_mail() {
  std::uint64_t count = 0;
  std::ignore = ::read(bell_.get(), &count, sizeof count);
  std::vector<std::function<void()>> mail;
  {
    std::lock_guard lock(mutex_);
    mail.swap(mail_);
  }
  for (auto& letter : mail) letter();
}

void Watcher::watch(const std::string& key, Watched watched) {
  auto held = std::make_shared<Watched>(std::move(watched));
  post([this, key, held] {
    if (auto old = by_key_.find(key); old != by_key_.end()) drop(old->second);
    auto entry = std::make_unique<Entry>();
    entry->key = key;
    entry->watched = std::move(*held);
    const HealthCheck& health = entry->watched.health;
    entry->starting = entry->watched.age < health.start_timeout;
    entry->start_over = Clock::now() + (health.start_timeout - entry->watched.age);
    Entry& added = *entry;
    by_key_[key] = add(std::move(entry));
    wake_at(added, Clock::now());
  });
}

void Watcher::forget(const std::string& key) {
  post([this, key] {
    if (auto old = by_key_.find(key); old != by_key_.end()) drop(old->second);
  });
}

void Watcher::await_end(os::Fd fd, SteadyTime deadline, std::function<void(bool)> then) {
  auto held = std::make_shared<os::Fd>(std::move(fd));
  post([this, held, deadline, then = std::move(then)]() mutable {
    auto entry = std::make_unique<Entry>();
    entry->watched.watch = std::move(*held);
    entry->then = std::move(then);
    Entry& added = *entry;
    add(std::move(entry));
    wake_at(added, deadline);
  });
}

std::uint64_t Watcher::add(std::unique_ptr<Entry> entry) {
  entry->id = next_id_++;
  // The low bit tells the shim's connection (0) from the check's (1).
  epoll_event event{.events = EPOLLIN, .data = {.u64 = entry->id * 2}};
  if (entry->watched.watch)
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, entry->watched.watch.get(), &event);
  std::uint64_t id = entry->id;
  entries_[id] = std::move(entry);
  return id;
}

void Watcher::drop(std::uint64_t id) {
  auto entry = entries_.find(id);
  if (entry == entries_.end()) return;
  timers_.erase({entry->second->wake, id});
  end_check(*entry->second);
  auto named = by_key_.find(entry->second->key);
  if (named != by_key_.end() && named->second == id) by_key_.erase(named);
  entries_.erase(entry);  // closes the connection, which leaves the poll with it
}

void Watcher::wake_at(Entry& entry, SteadyTime time) {
  timers_.erase({entry.wake, entry.id});
  entry.wake = time;
  timers_.insert({time, entry.id});
}

// A poll's own patience is whole milliseconds, which is much of a short pause. Setting it anew also
// silences it.
void Watcher::set_alarm() {
  const SteadyTime next = timers_.empty() ? SteadyTime::max() : timers_.begin()->first;
  if (next == alarm_at_) return;
  itimerspec at{};
  if (next != SteadyTime::max()) at.it_value = absolute(next);
  ::timerfd_settime(alarm_.get(), TFD_TIMER_ABSTIME, &at, nullptr);
  alarm_at_ = next;
}

void Watcher::run() {
  epoll_event events[64];
  while (!stopped_) {
    set_alarm();
    int count = ::epoll_wait(epoll_.get(), events, 64, -1);
    for (int i = 0; i < count; ++i) {
      std::uint64_t tag = events[i].data.u64;
      if (tag == kBell) take_mail();
      if (tag == kBell || tag == kAlarm) continue;
      auto entry = entries_.find(tag / 2);
      if (entry == entries_.end()) continue;  // dropped in this turn
      if (tag % 2 == 0) {
        watch_event(*entry->second);
      } else if (entry->second->check) {
        settle(*entry->second, entry->second->check->go_on());
      }
    }
    SteadyTime now = Clock::now();
    while (!timers_.empty() && timers_.begin()->first <= now) {
      auto entry = entries_.find(timers_.begin()->second);
      timers_.erase(timers_.begin());
      if (entry != entries_.end()) fire(*entry->second);
    }
  }
}

void Watcher::fire(Entry& entry) {
  if (entry.then) {
    auto then = std::move(entry.then);
    drop(entry.id);
    then(false);
    return;
  }
  if (!entry.check) {
    begin_check(entry);
    return;
  }
  if (entry.check->quiet()) {
    end_check(entry);
    return found(entry, {true, ""});
  }
  end_check(entry);
  found(entry,
        {false, fmt::format("no answer in {} ms", entry.watched.health.timeout.count() / 1000)});
}

// Words of the shim are not needed; that it goes means that the process and its status are settled.
void Watcher::watch_event(Entry& entry) {
  char word[256];
  ssize_t n = ::recv(entry.watched.watch.get(), word, sizeof word, MSG_DONTWAIT);
  if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR))) return;
  auto then = std::move(entry.then);
  auto ended = std::move(entry.watched.ended);
  drop(entry.id);
  if (then) then(true);
  if (ended) ended();
}

void Watcher::begin_check(Entry& entry) {
  const Watched& watched = entry.watched;
  entry.check_begun = Clock::now();
  entry.check = std::make_unique<Check>(watched.health, watched.port, watched.behind_door);
  Result<Check::Command> command = fail(Fault::internal, "no command");
  if (watched.health.kind == HealthCheck::Kind::command && watched.command) {
    command = watched.command();
  }
  const bool listens = watched.behind_door && watched.health.kind == HealthCheck::Kind::tcp;
  wake_at(entry, Clock::now() +
                     (listens ? std::min(kQuiet, watched.health.timeout) : watched.health.timeout));
  settle(entry, entry.check->begin(command));
}

void Watcher::settle(Entry& entry, const std::optional<Finding>& finding) {
  if (!finding) {
    follow(entry);
    return;
  }
  end_check(entry);
  found(entry, *finding);
}

void Watcher::follow(Entry& entry) {
  int fd = entry.check->fd();
  epoll_event event{.events = entry.check->events(), .data = {.u64 = entry.id * 2 + 1}};
  ::epoll_ctl(epoll_.get(), entry.polled == fd ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
  entry.polled = fd;
}

void Watcher::end_check(Entry& entry) {
  entry.check.reset();
  entry.polled = -1;
}

void Watcher::found(Entry& entry, const Finding& finding) {
  const HealthCheck& health = entry.watched.health;
  SteadyTime now = Clock::now();
  {
    const std::scoped_lock lock(times_mutex_);
    times_.add(std::chrono::duration_cast<Duration>(now - entry.check_begun), finding.good);
  }
  entry.good = finding.good ? entry.good + 1 : 0;
  entry.bad = finding.good ? 0 : entry.bad + 1;
  entry.starting = entry.starting && !finding.good;
  Duration pause = health.interval;
  if (entry.starting) {
    const auto left = std::chrono::duration_cast<Duration>(entry.start_over - now);
    const Duration age = health.start_timeout - left;
    const auto all =
        std::ranges::count_if(entries_, [](const auto& e) { return e.second->starting; });
    const Duration least = std::max<Duration>(kShortestPause, all * kPausePerStarting);
    pause = std::min(std::max(least, std::min(age / kAgePerPause, kLongestPause)), health.interval);
    // Its last try before the time is over tells why it never became ready; one that gets no
    // answer takes its time.
    const Duration margin = std::min<Duration>(health.timeout, health.start_timeout / kLastTry);
    if (now + pause + margin >= entry.start_over) {
      entry.starting = false;
      tell(entry, false,
           fmt::format("not ready after {} s: {}", to_seconds(health.start_timeout), finding.text));
    }
  } else if (finding.good && entry.good >= health.healthy_threshold) {
    tell(entry, true, "");
  } else if (!finding.good && entry.bad >= health.unhealthy_threshold) {
    tell(entry, false, finding.text);
  }
  wake_at(entry, now + pause);
}

CheckTimes Watcher::check_times() const {
  const std::scoped_lock lock(times_mutex_);
  return times_;
}

void CheckTimes::add(Duration took, bool good) {
  const auto bound = std::ranges::lower_bound(kBounds, took);
  ++within[static_cast<std::size_t>(bound - kBounds.begin())];
  sum += took;
  failed += good ? 0 : 1;
}

void CheckTimes::add(const CheckTimes& other) {
  for (std::size_t i = 0; i < within.size(); ++i) within[i] += other.within[i];
  sum += other.sum;
  failed += other.failed;
}

void Watcher::tell(Entry& entry, bool healthy, const std::string& text) {
  if (entry.healthy == healthy) return;
  entry.healthy = healthy;
  sink_.fact(entry.watched.site, HealthChanged{entry.watched.instance, healthy, text});
}

}  // namespace slipway::platform
