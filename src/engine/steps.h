// The way forward: the steps of the plan, one after the other. Each verb has a beginning, and a
// level test that ends it as soon as the state allows; nothing waits for one special event.
#pragma once

#include <string>

#include "engine/turn.h"

namespace slipway::engine {

// The live deployment's plan starts from its first step.
void begin_plan(Turn&);
// Level: goes on as far as the state allows.
void drive_forward(Turn&);
// Ends the current step, which is running or waits.
void end_step(Turn&, StepState, Because, std::string detail = {});
// The current step did not end in time.
void step_deadline_due(Turn&);
// The verdict now; pass, fail and the deadline have their effects.
void judge_now(Turn&);
// Weights of the site: the candidate's share, the rest to stable.
void set_weights(Turn&, std::uint32_t copy, std::int32_t weight, std::uint32_t rest);
// Rows of both versions are counted from now on.
void watch_rows(Turn&, bool bake, Because);
// How long a step may take that names no deadline itself.
Duration limit_of(const Step&, const Plan&);

// Where the verbs stand; `begin` gives the first commands, `over` is the level test.
void begin_check(Turn&, const Step&);
void begin_smoke(Turn&, const Step&);
void begin_gate(Turn&, const Step&);
void begin_shift(Turn&, const Step&);
void count_ahead(Turn&);
void begin_judge(Turn&, const Step&);
// The stage is over, its evidence is not: the next one goes on with it.
void keep_evidence(Deployment&);
void try_provision(Turn&, const Step&);
void try_warm(Turn&, const Step&);
void try_shift(Turn&, const Step&);
void try_gate(Turn&, const Step&);
void try_retire(Turn&, const Step&);

// Answers to commands of the steps.
void checked(Turn&, const std::string& trouble);  // empty: good
void smoked(Turn&, const Observed&);
void smoke_failed(Turn&, const std::string& text);
void shifted(Turn&, const Observed&);

}  // namespace slipway::engine
