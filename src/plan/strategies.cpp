// The programs of the built-in strategies but rolling.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/limits.h"
#include "plan/draft.h"
#include "plan/text.h"

namespace slipway::plan {
namespace {

constexpr std::int32_t kAll = limits::kWeightSum;
constexpr Duration kShortDwell = 60s;

struct Rung {
  std::string name;
  std::int32_t weight = 0;
  Duration dwell{};
  std::vector<config::CriterionText> criteria;
};

// 5 % for 10 min, 25 % for 30 min, 50 % for 1 h; another weight as the next lower one.
Duration written_default(double percent) {
  if (percent >= 50) return 1h;
  if (percent >= 25) return 30min;
  return 10min;
}

std::string percent_text(std::int32_t weight) {
  return fmt::format("{:.6g} %", static_cast<double>(weight) / 100.0);
}

std::vector<Rung> ladder(const config::Effective& config) {
  std::vector<Rung> rungs;
  if (config.stages.empty()) {
    for (const std::int32_t weight : {500, 2500, 5000})
      rungs.push_back({percent_text(weight), weight, kShortDwell, {}});
    rungs.push_back({percent_text(kAll), kAll, config.monitor, {}});
    return rungs;
  }
  for (const auto& stage : config.stages) {
    Rung rung;
    rung.weight = static_cast<std::int32_t>(std::lround(stage.percent * 100.0));
    rung.name = stage.name.empty() ? percent_text(rung.weight) : stage.name;
    const bool timed = stage.duration && *stage.duration > Duration(0);
    rung.dwell = timed                   ? *stage.duration
                 : rung.weight == kAll   ? config.monitor
                 : config.stages_written ? written_default(stage.percent)
                                         : kShortDwell;
    rung.criteria = stage.criteria;
    // A stage without criteria is judged by those of the stage before.
    if (rung.criteria.empty() && !rungs.empty()) rung.criteria = rungs.back().criteria;
    rungs.push_back(std::move(rung));
  }
  return rungs;
}

bool is_in_order(Draft& d) {
  double before = 0;
  bool good = true;
  for (const auto& stage : d.config.stages) {
    if (stage.percent <= before || stage.percent > 100) {
      d.refuse(stage.place, "out_of_order",
               fmt::format("stage `{}` has {:.6g} % after {:.6g} %: shares must rise, up to 100 %",
                           stage.name, stage.percent, before),
               "write the stages in the order of their shares");
      good = false;
    }
    before = stage.percent;
  }
  return good;
}

void note_warm(Draft& d) {
  if (d.keep_warm() > Duration(0)) {
    d.note(fmt::format("{} is kept warm for {} after the switch: going back takes no start",
                       d.plan.from.version, text_of(d.keep_warm())));
  }
}

// Judges all traffic, then lets the old release go.
void finish(Draft& d, const std::string& name, Duration dwell,
            const std::vector<config::CriterionText>& criteria) {
  d.judge(name, dwell, criteria);
  if (d.weight != kAll) d.shift(kAll, "all");  // a holdback kept some on stable
  d.retire(Who::stable, 0, d.keep_warm());
  note_warm(d);
}

}  // namespace

void first_release(Draft& d) {
  d.check();
  d.capacity(d.plan.replicas);
  d.warmup();
  d.smoke();
  d.shift(kAll);
  d.plan.floor = 0;
  d.note(fmt::format(
      "the first release goes straight to 100 %: there is nothing to compare it with and nothing "
      "to go back to (strategy {} counts from the next one)",
      word(d.plan.strategy)));
}

void stages(Draft& d) {
  if (!is_in_order(d)) return;
  std::vector<Rung> rungs = ladder(d.config);
  const bool ends_early = rungs.back().weight != kAll;
  for (const Rung& rung : rungs) {
    d.capacity(d.needed(rung.weight), rung.name);
    d.shift(std::min(rung.weight, d.bake_weight()), rung.name);
    if (rung.weight == kAll) return finish(d, rung.name, rung.dwell, rung.criteria);
    d.judge(rung.name, rung.dwell, rung.criteria);
  }
  if (ends_early) {
    d.note(fmt::format("the last stage has {}: a switch to 100 % and its watch follow",
                       percent_text(rungs.back().weight)));
    d.capacity(d.plan.replicas, "100 %");
    d.shift(d.bake_weight(), "100 %");
    finish(d, "100 %", d.config.monitor, rungs.back().criteria);
  }
}

void canary(Draft& d) {
  if (!is_in_order(d)) return;
  d.check();
  const Rung first = ladder(d.config).front();
  d.capacity(d.needed(first.weight), first.name);
  d.warmup();
  d.smoke();
  stages(d);
}

void blue_green(Draft& d) {
  d.check();
  d.capacity(d.plan.replicas);
  d.warmup();
  d.smoke();
  if (d.config.canary_enabled) return stages(d);
  d.shift(d.bake_weight());
  finish(d, "monitor", d.config.monitor, {});
}

void recreate(Draft& d) {
  d.plan.floor = 0;
  d.check();
  d.retire(Who::stable, 0, Duration(0));
  d.capacity(d.plan.replicas);
  d.warmup();
  d.smoke();
  d.shift(kAll);
  d.judge("monitor", d.config.monitor, {});
  d.note(
      fmt::format("nothing answers from the end of {} until {} is ready, at most {} and {}: "
                  "this strategy has downtime, and going back has it again",
                  d.plan.from.version, d.plan.to.version, text_of(2 * d.plan.spec->drain),
                  text_of(d.plan.spec->health.start_timeout)));
}

void rollback(Draft& d) {
  if (const WarmCopy* warm = find_warm(d.ground, d.plan.to)) {
    d.plan.reuse = warm->copy;
    d.candidate = warm->ready;
    d.shift(kAll);
    d.capacity(d.plan.replicas);
    d.note(fmt::format("{} is still warm: traffic goes first", d.plan.to.version));
  } else {
    d.check();
    d.capacity(d.plan.replicas);
    d.shift(kAll);
    d.note(
        fmt::format("{} is no longer warm: it is started before traffic goes", d.plan.to.version));
  }
  d.retire(Who::stable, 0, Duration(0));
}

}  // namespace slipway::plan
