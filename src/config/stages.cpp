// A canary's stages, as a list of maps or as known sentences.
#include <fmt/format.h>

#include "base/limits.h"
#include "config/criteria.h"
#include "config/strategies.h"
#include "config/units.h"

namespace slipway::config {
namespace {

using text::Node;

constexpr Duration kBake = 5min;
// Bare numbers of a canary are ms. One as small as this may have been meant as seconds or minutes.
constexpr long long kDoubtful = 10'000;

// Durations that were not written: 5 %/10 min, 25 %/30 min, 50 %/1 h, else as the next lower one.
Duration usual(double percent) {
  if (percent >= 100) return kBake;
  if (percent >= 50) return 1h;
  if (percent >= 25) return 30min;
  return 10min;
}

std::optional<Duration> stage_duration(const Fields& f) {
  const Node* n = f.get("duration");
  if (!n) return std::nullopt;
  const auto bare = n->is_scalar() ? parse_number(n->scalar) : std::nullopt;
  const bool doubtful = bare && *bare > 0 && *bare < kDoubtful;
  const auto d = read_duration(f.ledger(), *n, "duration", doubtful ? Duration(0) : Duration(1ms));
  if (d && d->count() == 0) return std::nullopt;
  return d;
}

void read_stage(Ledger& ledger, const Node& node, std::size_t number, Strategies& out) {
  const Fields f(ledger, &node, "stage", fmt::format("stages[{}]", number));
  if (!f.written()) return;
  Stage stage;
  stage.place = node.place;
  stage.name = f.text("name").value_or("");
  if (const Node* share = f.get("traffic_percentage")) {
    const auto percent = read_share(ledger, *share, "traffic_percentage");
    if (!percent) return;
    stage.percent = *percent;
    if (*percent == 0)
      ledger.error(share->place, "out_of_range", "a stage with 0 % of the traffic shows nothing",
                   "start with a small share, such as 1");
  } else {
    ledger.error(node.place, "missing_key", "this stage has no `traffic_percentage`",
                 "add `traffic_percentage: 5`");
    return;
  }
  stage.duration = stage_duration(f);
  if (const Node* c = f.get("success_criteria")) stage.criteria = read_criteria(ledger, *c, false);
  out.stages.push_back(std::move(stage));
}

struct Share {
  double percent;
  std::size_t at;
};

std::vector<Share> shares_in(const std::string& s) {
  std::vector<Share> out;
  for (std::size_t at = s.find('%'); at != std::string::npos; at = s.find('%', at + 1)) {
    std::size_t from = at;
    while (from > 0 && ((s[from - 1] >= '0' && s[from - 1] <= '9') || s[from - 1] == '.')) --from;
    if (const auto n = parse_number(std::string_view(s).substr(from, at - from)))
      out.push_back({*n, from});
  }
  return out;
}

bool begins(const std::string& s, std::initializer_list<std::string_view> words) {
  for (auto w : words)
    if (s.starts_with(w)) return true;
  return false;
}

// "Monitor key metrics for 30 minutes" belongs to the stage before.
bool monitor_sentence(const std::string& words, std::vector<Stage>& stages) {
  if (!begins(words, {"monitor ", "watch ", "observe ", "wait "}) || stages.empty()) return false;
  const auto at = words.rfind("for ");
  if (at == std::string::npos) return false;
  const auto d = parse_duration(std::string_view(words).substr(at + 4));
  if (!d || d->count() == 0) return false;
  stages.back().duration = *d;
  return true;
}

bool shift_sentence(const std::string& words, const text::Place& place,
                    std::vector<Stage>& stages) {
  if (!begins(words, {"deploy ", "expand ", "continue ", "increase ", "shift ", "route ", "roll ",
                      "release ", "move ", "start ", "full "}))
    return false;
  const auto shares = shares_in(words);
  for (const auto& s : shares) {
    if (s.percent <= 0 || s.percent > 100) return false;
    Stage stage;
    stage.percent = s.percent;
    stage.place = place;
    stages.push_back(std::move(stage));
  }
  return !shares.empty();
}

void phase(Ledger& ledger, const Node& node, Strategies& out) {
  if (node.is_map()) return read_stage(ledger, node, out.stages.size() + 1, out);
  const std::string words = node.is_scalar() ? lower(trim(node.scalar)) : "";
  if (monitor_sentence(words, out.stages) || shift_sentence(words, node.place, out.stages)) return;
  ledger.error(node.place, "unknown_sentence",
               node.is_scalar() ? fmt::format("`{}` is not a phase known here", node.scalar)
                                : "a phase is a sentence or a map",
               "write `stages:`, such as `- { traffic_percentage: 5, duration: 10m }`");
}

std::string ladder(const std::vector<Stage>& stages) {
  std::string out;
  for (const auto& s : stages)
    out += fmt::format("{}{:.6g} % for {:.6g} min", out.empty() ? "" : ", ", s.percent,
                       s.duration ? to_seconds(*s.duration) / 60 : 0);
  return out;
}

void complete(Ledger& ledger, const Fields& canary, Strategies& out) {
  const Node* shared = canary.get("success_criteria");
  std::vector<CriterionText> last;
  if (shared) last = read_criteria(ledger, *shared, false);
  double before = 0;
  for (auto& s : out.stages) {
    if (s.percent <= before)
      ledger.error(s.place, "out_of_order",
                   fmt::format("a stage of {:.6g} % after one of {:.6g} %", s.percent, before),
                   "each stage takes a larger share than the one before");
    before = s.percent;
    if (!s.duration) s.duration = usual(s.percent);
    if (s.criteria.empty()) s.criteria = last;
    last = s.criteria;
  }
}

}  // namespace

void read_stages(const Fields& canary, Strategies& out) {
  Ledger& ledger = canary.ledger();
  const Node* stages = canary.get("stages");
  const Node* phases = canary.get("phases");
  if (stages && phases)
    ledger.error(canary.key_place("phases"), "both_written",
                 fmt::format("`stages` (line {}) and `phases` are both written",
                             canary.key_place("stages").line),
                 "keep one of them");
  if (stages) {
    for (const Node* n : canary.list("stages")) read_stage(ledger, *n, out.stages.size() + 1, out);
    if (stages->is_list() && stages->items.empty())
      ledger.error(stages->place, "empty", "`stages` is empty",
                   "leave it out for 5, 25, 50, 100 %");
  } else if (phases) {
    for (const auto& e : phases->entries) phase(ledger, e.value, out);
    for (const auto& n : phases->items) phase(ledger, n, out);
    if (phases->is_scalar()) phase(ledger, *phases, out);
  }
  out.stages_written = !out.stages.empty();
  if (!out.stages_written)
    for (double percent : {5.0, 25.0, 50.0, 100.0})
      out.stages.push_back({"", percent, percent < 100 ? Duration(60s) : kBake, {}, {}});
  if (out.stages.size() > static_cast<std::size_t>(limits::kStages))
    ledger.error(canary.place(), "too_many",
                 fmt::format("{} stages; at most {}", out.stages.size(), limits::kStages));
  complete(ledger, canary, out);
  if (phases && !stages && out.stages_written)
    ledger.notice(canary.key_place("phases"), "translated",
                  fmt::format("the phases are read as stages: {}", ladder(out.stages)),
                  "write `stages:` to say it plainly");
}

}  // namespace slipway::config
