// Binding's part about `analysis`: how sure the judge has to be, and what happens when it is not.
#include <fmt/format.h>

#include <cmath>

#include "config/binding.h"
#include "config/units.h"

namespace slipway::config {
namespace {

using text::Node;

// One setting of `analysis` after the other, each in its range.
class Settings {
 public:
  Settings(const Fields& fields, Ledger& ledger) : fields_(fields), ledger_(ledger) {}

  void percent(const char* key, double& slot, double least, double most) {
    const Node* n = fields_.get(key);
    if (!n) return;
    const auto value = n->is_scalar() ? parse_percent(n->scalar) : std::nullopt;
    if (value && *value >= least && *value <= most) {
      slot = *value;
      return;
    }
    ledger_.error(n->place, "bad_value",
                  fmt::format("`{}` must be a percentage from {:.6g} to {:.6g}", key, least, most),
                  "such as 1%");
  }

  void time(const char* key, Duration& slot, Duration most) {
    const auto d = fields_.duration(key);
    if (!d) return;
    if (d->count() >= 0 && *d <= most) {
      slot = *d;
      return;
    }
    ledger_.error(fields_.get(key)->place, "out_of_range",
                  fmt::format("`{}` must be between 0s and {:.6g}s", key, to_seconds(most)));
  }

  void flag(const char* key, bool& slot) {
    if (fields_.get(key)) slot = fields_.flag(key).value_or(slot);
  }

  void word(const char* key, std::string& slot, std::vector<std::string> words) {
    if (fields_.get(key)) slot = fields_.choice(key, words).value_or(slot);
  }

 private:
  const Fields& fields_;
  Ledger& ledger_;
};

}  // namespace

void Binding::analysis() {
  const Fields& f = ground_.analysis;
  Settings s(f, ledger_);
  double budget = out_.alpha * 100, risk = out_.risk_budget * 100, holdback = 0;
  s.percent("false_rollback_budget", budget, 0.0001, 50);
  s.percent("risk_budget", risk, 0.01, 10);
  s.percent("holdback", holdback, 0, 5);
  out_.alpha = budget / 100;
  out_.risk_budget = risk / 100;
  out_.holdback = static_cast<std::int32_t>(std::lround(holdback * 100));
  if (const auto d = f.duration("deadline")) {
    out_.deadline = *d;
    if (d->count() <= 0)
      ledger_.error(f.get("deadline")->place, "out_of_range",
                    "`deadline` must be longer than nothing");
  }
  s.time("warmup", out_.warmup, 10min);
  s.time("latency_floor", out_.latency_floor, 1s);
  s.flag("defaults", out_.judge_defaults);
  s.flag("only_if_stable_ok", out_.only_if_stable_ok);
  s.flag("dedupe_by_client", out_.by_client);
  const std::vector<std::string> actions = {"hold", "promote", "rollback"};
  s.word("on_no_data", out_.on_no_data, actions);
  s.word("on_stale_data", out_.on_stale_data, actions);
  s.word("on_too_little_data", out_.on_too_little_data, actions);
  s.word("on_bad_data", out_.on_bad_data, actions);
  s.word("on_inconclusive", out_.on_inconclusive, actions);
  s.word("on_unattended", out_.on_unattended, {"promote", "rollback"});
  std::string pace = "duration";
  s.word("pace", pace, {"duration", "evidence"});
  out_.pace_by_evidence = pace == "evidence";
  for (const char* key :
       {"false_rollback_budget", "risk_budget", "holdback", "deadline", "warmup", "latency_floor",
        "defaults", "only_if_stable_ok", "dedupe_by_client", "on_no_data", "on_stale_data",
        "on_too_little_data", "on_bad_data", "on_inconclusive", "on_unattended", "pace"}) {
    if (const Node* n = f.get(key)) keep(fmt::format("analysis.{}", key), *n);
  }
}

}  // namespace slipway::config
