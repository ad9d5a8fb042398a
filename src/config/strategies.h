// What the file says of how releases go out, before environments come into it: each strategy's own
// section, the written steps, and which one was chosen.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/fields.h"

namespace slipway::config {

// What every strategy's section may say.
struct StrategyBlock {
  bool written = false;
  text::Place place;
  std::vector<CriterionText> triggers;
  std::optional<Setting<bool>> automatic;  // rollback.automatic
  std::optional<Setting<Duration>> monitor;
};

struct Strategies {
  std::map<std::string, StrategyBlock> of;  // by canonical name
  StrategyBlock every;                      // `deployment.rollback`
  std::optional<Setting<std::string>> chosen;
  std::vector<Stage> stages;
  bool stages_written = false;
  std::vector<WrittenStep> steps;
  std::vector<Smoke> smoke;  // texts as written: placeholders are filled per environment
  std::optional<Setting<Duration>> keep_warm;
  std::optional<Setting<std::string>> max_surge, max_unavailable;
  std::vector<std::pair<std::string, text::Place>> monitored;  // by the judge's names
};

Strategies read_strategies(const Fields& file, const Fields& deployment);

// The canonical name of a strategy that this version runs; notes others. `what` is the key.
std::optional<std::string> read_strategy(Ledger&, const text::Node&, const std::string& what);
// Whether a word names any strategy, also one of a later version.
bool names_strategy(const std::string& word);

// `stages` or `phases` of canary_deployment; the default ladder when neither is written.
void read_stages(const Fields& canary, Strategies&);
std::vector<WrittenStep> read_steps(Ledger&, const text::Node&);
std::vector<Smoke> read_smoke(Ledger&, const text::Node&, const std::string& path);

}  // namespace slipway::config
