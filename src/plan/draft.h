// A plan while it is being written: the strategies append to it. Of this room alone.
#pragma once

#include <string>
#include <vector>

#include "plan/compile.h"

namespace slipway::plan {

struct Draft {
  const config::Effective& config;
  const Order& order;
  const Ground& ground;
  Plan plan;
  text::Diagnostics errors;

  // So far in the list of steps.
  int candidate = 0;  // instances provisioned
  int stable = 0;     // instances left of the serving release
  std::int32_t weight = 0;

  Step& add(Verb verb, std::string name = "");
  void note(std::string text) { plan.notes.push_back(std::move(text)); }
  void refuse(const text::Place&, std::string code, std::string text, std::string hint = "");

  void gate_approval();
  void check();
  // The candidate has this many instances, proven healthy; nothing is added when it has them.
  void capacity(int instances, const std::string& name = "");
  void warmup();
  void smoke();
  void shift(std::int32_t weight, const std::string& name = "");
  void judge(const std::string& name, Duration dwell,
             const std::vector<config::CriterionText>& criteria);
  // The candidate's share while it bakes: all but the holdback.
  std::int32_t bake_weight() const;
  void retire(Who who, int left, Duration keep_warm);
  Duration keep_warm() const;
  const std::vector<config::CriterionText>& triggers() const;
  // Instances that carry this share of the wanted capacity; at least one.
  int needed(std::int32_t weight) const;
};

// Each appends the steps of its strategy, from after the approval on.
void blue_green(Draft&);
void canary(Draft&);
void rolling(Draft&);
void recreate(Draft&);
void written_steps(Draft&);
void first_release(Draft&);
void rollback(Draft&);
// The canary's stages after the first instances are there, ending at 100 % and its bake.
void stages(Draft&);

}  // namespace slipway::plan
