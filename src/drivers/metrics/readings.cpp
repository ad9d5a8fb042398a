#include "drivers/metrics/readings.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "drivers/metrics/hear.h"
#include "drivers/metrics/say.h"
#include "drivers/metrics/tracker.h"

namespace slipway::metrics {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr Duration kLookBack = 5min;   // for the newest value of a gauge
constexpr Duration kLongestSpan = 1h;  // after an outage
constexpr Duration kPatience = 5s;     // beyond the timeout, for a carrier that never answers

// One question to both versions, with all its parts.
struct Round {
  std::uint64_t id = 0;
  Span span;
  Said stable, candidate;
  std::size_t left = 0;
  std::string trouble;
  Duration wait{};
};

struct Asked {
  MetricQuery query;
  Tracker tracker;
  SteadyClock::time_point next{}, expires{};
  std::shared_ptr<Round> round;  // under way
  Wall until{};                  // of the newest count
  std::string silence;           // as told last
  // webhook: since the last reading
  std::uint64_t n_stable = 0, n_candidate = 0, x_stable = 0, x_candidate = 0;
  Instant from{};
};

struct Watched {
  Watch watch;
  std::vector<Asked> all;
};

Wall down_to(Wall t, Duration step) {
  const auto us = t.time_since_epoch().count();
  return Wall(Duration(us - us % step.count()));
}

}  // namespace

struct Readings::Impl : std::enable_shared_from_this<Impl> {
  World world;
  std::mutex mutex;
  std::condition_variable wake;
  std::map<SiteId, Watched> sites;
  std::uint64_t rounds = 0;
  bool stopping = false;
  std::thread thread;

  explicit Impl(World w) : world(std::move(w)) {}

  // What has to be asked, decided under the lock and asked without it.
  struct Due {
    SiteId site;
    MetricQuery query;
    Release from, to;
    std::shared_ptr<Round> round;
  };

  void run() {
    std::unique_lock lock(mutex);
    while (!stopping) {
      const auto now = SteadyClock::now();
      auto next = now + 1s;
      std::vector<Due> due;
      for (auto& [site, watched] : sites)
        for (Asked& asked : watched.all) {
          if (asked.next <= now) begin(site, watched, asked, now, due);
          next = std::min(next, asked.next);
        }
      lock.unlock();
      for (const Due& d : due) ask(d);
      lock.lock();
      // What was told meanwhile is seen by the condition's own check of the time.
      if (!stopping) wake.wait_until(lock, std::max(next, SteadyClock::now() + 1ms));
    }
  }

  void begin(const SiteId& site, Watched& watched, Asked& asked, SteadyClock::time_point now,
             std::vector<Due>& due) {
    asked.next = now + asked.query.interval;
    if (asked.query.source == MetricSource::webhook) return told(site, asked);
    if (asked.round && now < asked.expires) return;  // one question at a time
    auto round = std::make_shared<Round>();
    round->id = ++rounds;
    round->span = span_of(asked);
    if (asked.query.kind == MetricKind::count && round->span.from >= round->span.to) return;
    asked.round = round;
    asked.expires = now + asked.query.timeout + kPatience;
    due.push_back({site, asked.query, watched.watch.from, watched.watch.to, round});
  }

  // A count is asked for in whole intervals that the source knows all about; the rest is the
  // newest.
  Span span_of(Asked& asked) const {
    const MetricQuery& q = asked.query;
    const Wall now = world.wall() - q.delay;
    if (q.kind != MetricKind::count) return {now - kLookBack, now};
    const Wall to = down_to(now, q.interval);
    if (asked.until == Wall{}) asked.until = to;
    return {std::max(asked.until, to - kLongestSpan), to};
  }

  void ask(const Due& d) {
    std::vector<std::pair<bool, Question>> questions;  // of the candidate?
    for (const bool candidate : {false, true}) {
      // A first release has nothing beside it.
      if (!candidate && d.from.version.empty()) continue;
      for (Question& q : say(d.query, candidate ? d.to : d.from, d.round->span))
        questions.emplace_back(candidate, std::move(q));
    }
    {
      std::lock_guard lock(mutex);
      d.round->left = questions.size();
    }
    std::weak_ptr<Impl> weak = weak_from_this();
    for (const auto& [candidate, question] : questions)
      world.asker->ask(d.site, d.query, question,
                       [weak, d, candidate = candidate, part = question.part](Result<Reply> reply,
                                                                              Duration wait) {
                         if (const auto self = weak.lock())
                           self->answered(d, candidate, part, std::move(reply), wait);
                       });
  }

  void answered(const Due& d, bool candidate, Part part, Result<Reply> reply, Duration wait) {
    std::lock_guard lock(mutex);
    Round& round = *d.round;
    Said& said = candidate ? round.candidate : round.stable;
    Result<> heard = reply ? hear(d.query, part, *reply, round.span, said)
                           : Result<>(std::unexpected(reply.error()));
    if (!heard && round.trouble.empty()) round.trouble = heard.error().text;
    round.wait = std::max(round.wait, wait);
    if (--round.left > 0) return;
    const auto site = sites.find(d.site);
    if (stopping || site == sites.end()) return;
    for (Asked& asked : site->second.all)
      if (asked.round == d.round) return finish(d.site, asked);
  }

  // All answers of a round are there.
  void finish(const SiteId& site, Asked& asked) {
    const std::shared_ptr<Round> round = std::move(asked.round);
    asked.round.reset();
    if (round->wait > Duration(0))
      asked.next = std::max(asked.next, SteadyClock::now() + round->wait);
    if (!round->trouble.empty()) return silent(site, asked, round->trouble, round->trouble);
    const Instant now = world.engine_now();
    auto reading = asked.tracker.take(now, round->span, round->stable, round->candidate);
    if (asked.query.kind == MetricKind::count) asked.until = round->span.to;
    if (!reading) return silent(site, asked, asked.tracker.silence());
    asked.silence.clear();
    world.sink->fact(site, Heard{std::move(*reading)});
  }

  // Said once, not at every try.
  void silent(const SiteId& site, Asked& asked, const std::string& why,
              const std::string& failure = "") {
    if (why.empty() || why == asked.silence) return;
    asked.silence = why;
    analysis::Reading r;
    r.name = asked.query.name;
    r.from = r.to = world.engine_now();
    r.silent = true;
    r.trouble = why;
    world.sink->fact(site, Heard{r});
    if (why == failure)
      world.log(site, fmt::format("the metric {} was not heard: {}", r.name, why));
  }

  // Signals came by themselves; without any the requests alone say that all is well.
  void told(const SiteId& site, Asked& asked) {
    const Instant now = world.engine_now();
    if (asked.from == Instant{}) asked.from = now;
    if (asked.n_candidate + asked.n_stable + asked.x_candidate + asked.x_stable == 0) return;
    analysis::Reading r;
    r.name = asked.query.name;
    r.from = asked.from;
    r.to = now;
    r.n_stable = std::max(asked.n_stable, asked.x_stable);
    r.n_candidate = std::max(asked.n_candidate, asked.x_candidate);
    r.x_stable = asked.x_stable;
    r.x_candidate = asked.x_candidate;
    asked.n_stable = asked.n_candidate = asked.x_stable = asked.x_candidate = 0;
    asked.from = now;
    world.sink->fact(site, Heard{r});
  }
};

Readings::Readings(World world) : impl_(std::make_shared<Impl>(std::move(world))) {
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

Readings::~Readings() { stop(); }

void Readings::watch(const SiteId& site, const Watch& watch) {
  std::lock_guard lock(impl_->mutex);
  const auto known = impl_->sites.find(site);
  if (watch.metrics.empty()) {
    if (known != impl_->sites.end()) impl_->sites.erase(known);
    return;
  }
  if (known != impl_->sites.end() && known->second.watch.metrics == watch.metrics &&
      known->second.watch.from == watch.from && known->second.watch.to == watch.to) {
    known->second.watch = watch;
    return;
  }
  Watched fresh{watch, {}};
  for (const MetricQuery& query : watch.metrics) {
    Asked asked;
    asked.query = query;
    asked.tracker = Tracker(query);
    asked.next = SteadyClock::now();
    fresh.all.push_back(std::move(asked));
  }
  impl_->sites[site] = std::move(fresh);
  impl_->wake.notify_one();
}

void Readings::unwatch(const SiteId& site) {
  std::lock_guard lock(impl_->mutex);
  impl_->sites.erase(site);
}

void Readings::rows(const SiteId& site, std::uint64_t stable, std::uint64_t candidate) {
  std::lock_guard lock(impl_->mutex);
  const auto known = impl_->sites.find(site);
  if (known == impl_->sites.end()) return;
  for (Asked& asked : known->second.all) {
    if (asked.query.source != MetricSource::webhook) continue;
    asked.n_stable += stable;
    asked.n_candidate += candidate;
  }
}

int Readings::signal(const Signal& signal) {
  std::lock_guard lock(impl_->mutex);
  int counted = 0;
  for (auto& [site, watched] : impl_->sites) {
    if (!signal.service.empty() && signal.service != site.service) continue;
    if (!signal.environment.empty() && signal.environment != site.environment) continue;
    const bool candidate = signal.version == watched.watch.to->version;
    if (!candidate && signal.version != watched.watch.from->version) continue;
    for (Asked& asked : watched.all) {
      if (asked.query.source != MetricSource::webhook || asked.query.name != signal.name) continue;
      (candidate ? asked.x_candidate : asked.x_stable) += signal.count;
      ++counted;
    }
  }
  return counted;
}

void Readings::stop() {
  {
    std::lock_guard lock(impl_->mutex);
    if (impl_->stopping) return;
    impl_->stopping = true;
    impl_->sites.clear();
  }
  impl_->wake.notify_all();
  impl_->thread.join();
  impl_->world.asker->stop();
}

}  // namespace slipway::metrics
