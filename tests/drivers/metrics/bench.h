// One way to make every kind of source say the same things, so that one suite tests them all.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "drivers/metrics/readings.h"
#include "os/clock.h"
#include "standin.h"

namespace slipway::metrics {

enum class Trouble { none, down, slow, refused, too_many, garbage, not_a_number, negative };

// What happened to the users of each version, and what is wrong with who counts it.
struct Facts {
  struct Event {
    Wall at;
    std::string version;
    double failed, total;
  };
  std::mutex mutex;
  std::vector<Event> events;
  std::map<std::string, double> gauges;
  Trouble trouble = Trouble::none;
  double forgotten_failed = 0, forgotten_total = 0;  // a counter that began anew

  double sum(const std::string& version, bool failed, Wall from = Wall::min(),
             Wall to = Wall::max()) {
    double out = 0;
    for (const auto& e : events)
      if (e.version == version && e.at >= from && e.at < to) out += failed ? e.failed : e.total;
    return out;
  }
};

class Bench {
 public:
  virtual ~Bench() = default;
  virtual MetricQuery counts() = 0;
  virtual MetricQuery gauge() = 0;
  // Nothing by default: the stand-ins look at the facts when they are asked.
  virtual void happened() {}
  virtual void troubled() {}
  virtual bool has(Trouble) const { return true; }
  virtual bool has_gauge() const { return true; }
  virtual bool keeps_counting() const { return true; }  // while nobody listens

  void happen(const std::string& version, double failed, double total) {
    {
      std::lock_guard lock(facts.mutex);
      facts.events.push_back({os::wall_now(), version, failed, total});
    }
    happened();
  }
  void value(const std::string& version, double v) {
    {
      std::lock_guard lock(facts.mutex);
      facts.gauges[version] = v;
    }
    happened();
  }
  void trouble(Trouble t) {
    {
      std::lock_guard lock(facts.mutex);
      facts.trouble = t;
    }
    troubled();
  }

  Facts facts;
  Readings* readings = nullptr;

 protected:
  MetricQuery query(MetricSource source, MetricKind kind) const {
    MetricQuery q;
    q.name = "checkout";
    q.source = source;
    q.kind = kind;
    q.interval = 100ms;
    q.timeout = 2s;
    return q;
  }
};

// Everything that the shell was told.
class Told : public Sink {
 public:
  void answer(const SiteId&, CommandId, Attempt, Outcome) override {}
  void fact(const SiteId&, What what) override {
    std::lock_guard lock(mutex_);
    if (auto* heard = std::get_if<Heard>(&what)) all_.push_back(heard->reading);
  }
  std::vector<analysis::Reading> all() {
    std::lock_guard lock(mutex_);
    return all_;
  }
  // The sums of all sound readings.
  analysis::Reading sum() {
    analysis::Reading out;
    for (const auto& r : all()) {
      if (r.silent || !r.trouble.empty()) continue;
      out.n_stable += r.n_stable;
      out.x_stable += r.x_stable;
      out.n_candidate += r.n_candidate;
      out.x_candidate += r.x_candidate;
    }
    return out;
  }
  template <class Holds>
  bool until(const Holds& holds, Duration most = 20s) {
    const auto end = std::chrono::steady_clock::now() + most;
    while (std::chrono::steady_clock::now() < end) {
      if (holds()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));  // poll
    }
    return holds();
  }

 private:
  std::mutex mutex_;
  std::vector<analysis::Reading> all_;
};

std::unique_ptr<Bench> http_bench();
std::unique_ptr<Bench> prometheus_bench();  // the forms of Prometheus, from a stand-in
std::unique_ptr<Bench> datadog_bench();
std::unique_ptr<Bench> newrelic_bench();
std::unique_ptr<Bench> cloudwatch_bench();
std::unique_ptr<Bench> command_bench();
std::unique_ptr<Bench> webhook_bench();
std::unique_ptr<Bench> real_prometheus_bench();
std::unique_ptr<Bench> real_sql_bench();

}  // namespace slipway::metrics
