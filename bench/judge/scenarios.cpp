#include "judge/scenarios.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>

#include "analysis/dispersion.h"

namespace slipway::judge_bench {
namespace {

using namespace std::chrono_literals;

constexpr double kPi = 3.14159265358979;

void note(Tally& t, bool back, int second) {
  if (!back) return;
  ++t.taken_back;
  t.within_ten_minutes += second <= 600;
  t.seconds.push_back(second);
}

// The scatter of the last half hour, looked at every ten seconds.
class Scatter {
 public:
  explicit Scatter(int instances) : instances_(static_cast<std::size_t>(instances)) {}

  void add(const std::vector<std::uint64_t>& errors) {
    if (age_ % 10 == 0) {
      bins_.emplace_back(instances_);
      if (bins_.size() > 181) bins_.pop_front();
      const std::vector<std::vector<std::uint64_t>> before(bins_.begin(), bins_.end() - 1);
      value_ = before.size() < 180 ? 1 : analysis::dispersion(before).tempered;
    }
    ++age_;
    for (std::size_t i = 0; i < instances_; ++i) bins_.back()[i] += errors[i];
  }
  double value() const { return value_; }

 private:
  std::size_t instances_;
  int age_ = 0;
  std::deque<std::vector<std::uint64_t>> bins_;
  double value_ = 1;
};

class Instances {
 public:
  Instances(int n, int burst, Chance& chance)
      : until_(static_cast<std::size_t>(n), 0), burst_(burst), chance_(chance) {}

  bool fails(std::size_t i, int now) {
    if (chance_.unit() < 1.0 / 1200) until_[i] = now + burst_;
    return now < until_[i];
  }

 private:
  std::vector<int> until_;
  int burst_;
  Chance& chance_;
};

}  // namespace

double Tally::median() const {
  if (2 * taken_back <= runs) return -1;
  std::vector<int> sorted = seconds;
  std::sort(sorted.begin(), sorted.end());
  return sorted[static_cast<std::size_t>(runs / 2)];
}

Second Scenario::at(int second, Chance& chance) const {
  double rate = per_second, p_s = stable, p_c = second < onset ? stable : candidate;
  if (seasonal) {
    const double wave = std::sin(2 * kPi * second / 1800.0);
    rate *= 1 + 0.5 * wave;
    p_s = p_c = 0.004 * (1 + 0.8 * wave);
  }
  if (incident && second >= 1200 && second < 1320) p_s = p_c = 0.2;
  const auto split = [&](double mean, double p, std::uint64_t& n, std::uint64_t& x) {
    x = chance.poisson(mean * p);
    n = x + chance.poisson(mean * (1 - p));
  };
  Second s;
  split(rate * kShare, p_c, s.n_c, s.x_c);
  split(rate * (1 - kShare), p_s, s.n_s, s.x_s);
  return s;
}

std::vector<Tally> play(const Scenario& scenario, int runs, std::uint64_t seed) {
  const auto& all = methods();
  std::vector<Tally> out(all.size());
  for (int run = 0; run < runs; ++run) {
    Chance chance(seed * 1'000'003 + static_cast<std::uint64_t>(run));
    std::vector<std::unique_ptr<Method>> live;
    for (const auto& m : all) {
      const bool slow = m.name.starts_with("kayenta") && run >= 1000;
      live.push_back(slow ? nullptr : m.make());
      if (!slow) ++out[live.size() - 1].runs;
    }
    std::size_t left = live.size();
    for (int second = 1; second <= kSeconds && left > 0; ++second) {
      const Second s = scenario.at(second - 1, chance);
      left = 0;
      for (std::size_t i = 0; i < live.size(); ++i) {
        if (!live[i]) continue;
        if (second > scenario.onset) out[i].bad += static_cast<double>(s.x_c);
        const bool back = live[i]->takes_back(s);
        note(out[i], back, second - scenario.onset);
        if (back) live[i].reset();
        left += live[i] != nullptr;
      }
    }
  }
  return out;
}

std::vector<Tally> play(const Bursts& b, int runs, std::uint64_t seed) {
  std::vector<Tally> out(4);
  const auto n = static_cast<std::size_t>(b.instances);
  for (int run = 0; run < runs; ++run) {
    Chance chance(seed * 1'000'003 + static_cast<std::uint64_t>(run));
    Instances stable(b.instances, b.burst, chance), candidate(1, b.burst, chance);
    Scatter scatter(b.instances);
    std::array<std::unique_ptr<Method>, 4> live = {ours(errors(), 0.01), ours(errors(), 0.01),
                                                   methods()[3].make(), methods()[4].make()};
    for (Tally& t : out) ++t.runs;
    const double each = b.per_second * (1 - kShare) / b.instances;
    for (int second = -1800; second < kSeconds; ++second) {
      Second s;
      std::vector<std::uint64_t> errs(n);
      for (std::size_t i = 0; i < n; ++i) {
        const double p = stable.fails(i, second) ? 0.5 : 0.001;
        errs[i] = chance.poisson(each * p);
        s.x_s += errs[i];
        s.n_s += errs[i] + chance.poisson(each * (1 - p));
      }
      s.dispersion = scatter.value();
      scatter.add(errs);
      if (second < 0) continue;
      const double p = candidate.fails(0, second) ? 0.5 : 0.001;
      s.x_c = chance.poisson(b.per_second * kShare * p);
      s.n_c = s.x_c + chance.poisson(b.per_second * kShare * (1 - p));
      for (std::size_t i = 0; i < live.size(); ++i) {
        if (!live[i]) continue;
        Second seen = s;
        if (i != 1) seen.dispersion = 1;
        const bool back = live[i]->takes_back(seen);
        note(out[i], back, second + 1);
        if (back) live[i].reset();
      }
    }
  }
  return out;
}

Tally play(const Slowness& slow, int runs, std::uint64_t seed) {
  Tally out;
  const double sigma = std::log(321.0 / 50.0) / 2.3263;
  for (int run = 0; run < runs; ++run) {
    ++out.runs;
    Chance chance(seed * 1'000'003 + static_cast<std::uint64_t>(run));
    analysis::Charge charge;
    charge.weight = 500;
    charge.fail_fast = false;
    charge.criteria = analysis::default_criteria();
    charge.criteria.edit().erase(charge.criteria.begin());
    // Half an hour's worth of stable's latencies is known, as of a service that runs.
    analysis::Block b;
    analysis::Judge judge(charge, Instant{});
    Instant now{};
    const auto latency = [&](bool candidate) {
      const double z = chance.normal();
      double us = 50'000 * std::exp(sigma * z);
      if (!candidate) return us;
      if (!slow.tail_alone) return us * slow.factor;
      // From p90 on, linearly in z up to the factor at p99.
      const double part = std::clamp((z - 1.2816) / (2.3263 - 1.2816), 0.0, 1.0);
      return us * (1 + part * (slow.factor - 1));
    };
    for (int second = 1; second <= kSeconds; ++second) {
      now += 1s;
      const std::uint64_t n_c = chance.poisson(slow.per_second * kShare);
      const std::uint64_t n_s = chance.poisson(slow.per_second * (1 - kShare));
      for (std::uint64_t i = 0; i < n_c; ++i) {
        const double us = latency(true);
        b.candidate.latencies.add(us);
        out.bad += us > 500'000;
      }
      for (std::uint64_t i = 0; i < n_s; ++i) b.stable.latencies.add(latency(false));
      b.candidate.requests += n_c;
      b.stable.requests += n_s;
      if (!analysis::closes(b.candidate.requests, b.stable.requests, now - b.from, false)) continue;
      b.to = now;
      judge.ingest(b);
      b = {};
      b.from = now;
      if (judge.look(now).ruling == analysis::Ruling::fail) {
        note(out, true, second);
        break;
      }
    }
  }
  return out;
}

}  // namespace slipway::judge_bench
