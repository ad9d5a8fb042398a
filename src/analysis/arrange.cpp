#include "analysis/arrange.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/engines.h"
#include "base/limits.h"
#include "base/math.h"

namespace slipway::analysis {
namespace {

constexpr double kFloor = 0.0005;  // never 0: else three errors beside a spotless stable decide
constexpr double kRhoSafe = 1.5;
constexpr std::uint64_t kBaselineNeeded = 1000;  // requests of stable, for its rate in a bake
// Never quite 0 or 1: a limit of 0 would make the first error infinite evidence.
constexpr double kLeast = 1e-9;

struct Margins {
  double rho = 1.5, delta = kFloor, factor = 1;
};

Margins margins_of(const Criterion& c) {
  if (c.compare == Compare::ratio) return {c.limit, kFloor, c.limit};
  return {1.0, std::max(c.limit, kFloor), 1.0 + c.limit};
}

Test named(const Criterion& c, int index, Side side) {
  Test t;
  t.criterion = index;
  t.side = side;
  t.metric = c.metric;
  t.quantile = std::clamp(c.quantile, kLeast, 1.0 - 1e-4);
  t.bad_below = c.bad_below;
  t.subject = Subject{.name = c.name, .limit = c.text, .origin = c.origin};
  t.source = c.source;
  t.fresh = c.fresh;
  if (side == Side::harm) t.weight = c.weight;
  return t;
}

Test absolute(const Criterion& c, int index, Side side) {
  Test t = named(c, index, side);
  t.engine = Engine::rate1;
  if (c.metric == Metric::latency) {
    t.p0 = 1.0 - t.quantile;
    t.limit = c.limit * 1000.0;
  } else {
    t.p0 = std::clamp(c.limit, kLeast, 1.0 - kLeast);
  }
  return t;
}

Test gauge(const Criterion& c, int index, Side side) {
  Test t = named(c, index, side);
  t.engine = Engine::sign;
  t.p0 = 0.5;
  t.relative = c.compare != Compare::absolute;
  t.limit = c.compare == Compare::increase ? 1.0 + c.limit : c.limit;
  return t;
}

Test against_stable(const Criterion& c, int index, const Margins& m) {
  Test t = named(c, index, Side::harm);
  t.engine = c.metric == Metric::latency ? Engine::pool2 : Engine::rate2;
  t.rho = m.rho;
  t.delta = m.delta;
  t.factor = m.factor;
  return t;
}

class Arranging {
 public:
  Arranging(const Charge& charge, const Baseline& known) : charge_(charge), known_(known) {}

  Arranged all() {
    std::vector<Criterion> criteria = charge_.criteria.get();
    share_budget(criteria);
    for (std::size_t i = 0; i < criteria.size(); ++i) criterion(criteria[i], static_cast<int>(i));
    if (!charge_.bake) steps(criteria);
    if (is_alone(charge_) && known_.requests < kBaselineNeeded && relative_errors_) {
      out_.notes.push_back(fmt::format(
          "{} requests of stable are known, 1,000 are needed to compare errors with it: absolute "
          "limits and failing altogether decide here",
          known_.requests));
    }
    for (Test& t : out_.tests) {
      if (t.engine != Engine::pool2) continue;
      const Guess guess = Guess::initial(1.0 - t.quantile);
      t.ph_num = guess.num;
      t.ph_den = guess.den;
    }
    return std::move(out_);
  }

 private:
  void add(Test t) {
    name_words(t);
    out_.tests.push_back(std::move(t));
  }

  void criterion(const Criterion& c, int i) {
    const bool safe = c.both_sides && !charge_.bake;
    if (c.metric == Metric::external && c.source.empty()) return;  // nobody measures it
    if (c.metric == Metric::gauge) {
      const bool rests = is_alone(charge_) && c.compare != Compare::absolute;
      if (rests) return;
      if (c.rollback) add(gauge(c, i, Side::harm));
      if (!charge_.bake) add(gauge(c, i, Side::safe));
      return;
    }
    if (c.compare != Compare::absolute) return relative(c, i, safe);
    const bool rescued = stable_breaks(c);
    if (rescued) return rescue(c, i, safe);
    Test harm = absolute(c, i, Side::harm);
    if (c.only_if_stable_ok && !is_alone(charge_)) harm.beside.emplace();
    add(std::move(harm));
    if (safe) add(absolute(c, i, Side::safe));
  }

  void relative(const Criterion& c, int i, bool safe) {
    if (is_alone(charge_)) return baked(c, i);
    add(against_stable(c, i, margins_of(c)));
    // The step's margins show it; where there are none the criterion's own serves both sides.
    if (!safe || charge_.risk_budget > 0) return;
    Test t = against_stable(c, i, margins_of(c));
    t.side = Side::safe;
    t.weight = 0;
    add(std::move(t));
  }

  // Nothing runs beside the candidate: it is held against what stable was.
  void baked(const Criterion& c, int i) {
    const Margins m = margins_of(c);
    if (c.metric == Metric::latency) {
      if (!is_armed(known_.latencies, c.quantile)) return;
      Test t = named(c, i, Side::harm);
      t.engine = Engine::rate1;
      t.p0 = 1.0 - t.quantile;
      const double y = Histogram::bound(known_.latencies.quantile_index(t.quantile));
      t.limit = std::max(y * m.factor, y + charge_.latency_floor_us);
      return add(std::move(t));
    }
    if (c.metric != Metric::error_rate) return;
    relative_errors_ = true;
    if (known_.requests < kBaselineNeeded) return;
    Test t = named(c, i, Side::harm);
    t.engine = Engine::rate1;
    const double upper = cs_bernoulli(known_.requests, known_.errors, 0.01).upper;
    t.p0 = std::min(0.5, m.rho * upper + m.delta);
    add(std::move(t));
  }

  // Whether stable, as known when the stage begins, surely breaks this limit itself.
  bool stable_breaks(const Criterion& c) const {
    if (c.metric == Metric::error_rate)
      return known_.requests > 0 &&
             cs_bernoulli(known_.requests, known_.errors, 0.01).lower > c.limit;
    if (c.metric != Metric::latency || !is_armed(known_.latencies, c.quantile)) return false;
    // Half of a bucket is 1 %: what is broken by less than that is not surely broken.
    const double y = Histogram::bound(known_.latencies.quantile_index(c.quantile));
    return y > c.limit * 1000.0 * 1.02;
  }

  // The rescue lane: going back would not help anybody, so not being worse than stable is asked.
  void rescue(const Criterion& c, int i, bool safe) {
    out_.notes.push_back(
        fmt::format("rescue lane: stable itself breaks {} {}; the candidate only "
                    "has to be no worse than stable",
                    c.name, c.text));
    Criterion instead = c;
    instead.compare = Compare::ratio;
    instead.limit = c.metric == Metric::latency ? 1.25 : 1.0;
    instead.text = fmt::format("no worse than stable, which breaks {}", c.text);
    const std::size_t before = out_.tests.size();
    relative(instead, i, false);
    // Something has to be shown before the next share, too. An outage that is over must not ask for
    // more than the limit itself would: what the limit allows is allowed beside stable.
    if (safe && !is_alone(charge_) && charge_.risk_budget <= 0) {
      Margins m = margins_of(instead);
      m.delta = std::max(m.delta, c.limit);
      Test t = against_stable(instead, i, m);
      t.side = Side::safe;
      t.weight = 0;
      t.subject.edit().limit = c.metric == Metric::latency
                                   ? fmt::format("< {:.3g} × stable", m.factor)
                                   : fmt::format("< stable + {:.3g} %", m.delta * 100);
      add(std::move(t));
    }
    for (std::size_t k = before; k < out_.tests.size(); ++k) out_.tests[k].rescued = true;
  }

  const Criterion* latency_criterion(const std::vector<Criterion>& all, double q) const {
    const auto found = std::find_if(all.begin(), all.end(), [&](const Criterion& c) {
      return c.metric == Metric::latency && std::fabs(c.quantile - q) < 1e-9;
    });
    return found == all.end() ? nullptr : &*found;
  }

  // What has to be shown before the next share is given.
  void steps(const std::vector<Criterion>& criteria) {
    if (charge_.risk_budget <= 0) return;
    double rho = kRhoSafe, least = 0;
    for (const Criterion& c : criteria) {
      if (c.metric != Metric::error_rate || c.compare == Compare::absolute) continue;
      rho = std::max(rho, margins_of(c).rho);
      if (c.compare == Compare::increase) least = std::max(least, c.limit);
    }
    for (const std::int32_t step : charge_.ahead) {
      const double share = static_cast<double>(step) / limits::kWeightSum;
      Test t;
      t.side = Side::safe;
      t.engine = Engine::rate2;
      t.rho = rho;
      t.delta = std::max(least, step_margin(share, charge_.risk_budget));
      t.step = step;
      t.subject =
          Subject{.name = "error_rate",
                  .limit = fmt::format("< {:.3g} × stable + {:.3g} %", t.rho, t.delta * 100),
                  .origin = "default"};
      add(std::move(t));
    }
    if (charge_.ahead.empty()) return;
    for (const auto& [q, factor, last] :
         {std::tuple{0.5, 1.5, false}, {0.9, 1.5, false}, {0.99, 2.0, true}}) {
      const Criterion* c = latency_criterion(criteria, q);
      if (c == nullptr || c->compare == Compare::absolute) continue;
      Test t = against_stable(*c, -1, margins_of(*c));
      t.side = Side::safe;
      t.weight = 0;
      t.factor = std::max(t.factor, factor);
      t.step = last ? limits::kWeightSum : 0;
      t.subject = Subject{.name = c->name,
                          .limit = fmt::format("< {:.3g} × stable", t.factor),
                          .origin = "default"};
      add(std::move(t));
    }
  }

  const Charge& charge_;
  const Baseline& known_;
  Arranged out_;
  bool relative_errors_ = false;
};

double least_gain_needed(double beta, std::size_t alternatives) {
  // Half is staked at first, in equal parts.
  return ln(1.0 / beta) + ln(2.0 * static_cast<double>(alternatives));
}

}  // namespace

Arranged arrange(const Charge& charge, const Baseline& known) {
  return Arranging(charge, known).all();
}

bool same_question(const Test& a, const Test& b) {
  return a.side == b.side && a.engine == b.engine && a.metric == b.metric &&
         a.quantile == b.quantile && a.p0 == b.p0 && a.rho == b.rho && a.delta == b.delta &&
         a.factor == b.factor && a.limit == b.limit && a.step == b.step &&
         a.subject->name == b.subject->name && a.source == b.source && a.relative == b.relative &&
         a.beside.has_value() == b.beside.has_value() && a.rescued == b.rescued;
}

double clean_requests(const Test& t, double share, double beta) {
  const double needed = least_gain_needed(beta, kSafeRatios.size());
  constexpr double kStrong = kSafeRatios.back();
  switch (t.engine) {
    case Engine::rate1:
      return needed / -log1p((kStrong - 1.0) * t.p0);
    case Engine::rate2: {
      const double q0 = t.rho * share / (t.rho * share + 1.0 - share);
      const double a = kStrong / (1.0 + (kStrong - 1.0) * q0);
      return t.delta > 0 && a < 1 ? needed / ((1.0 - a) * t.delta) : 1e9;
    }
    case Engine::pool2:  // measured: 70 at the median, 180 at p90, 630 at p99
      return std::max(70.0, 6.3 / (1.0 - t.quantile));
    case Engine::sign:
      return 10;
    case Engine::none:
      break;
  }
  return 0;
}

}  // namespace slipway::analysis
