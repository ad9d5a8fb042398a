// A charge → the tests that judge it (the tables of the analysis page, sections 5 and 5.1). Of this
// room alone; nothing here has state.
#pragma once

#include <string>
#include <vector>

#include "analysis/judge.h"

namespace slipway::analysis {

struct Arranged {
  std::vector<Test> tests;
  std::vector<std::string> notes;
};

// `known` decides what a bake compares with, and which limits stable itself breaks.
Arranged arrange(const Charge&, const Baseline& known);

// The same question: its evidence goes on although the stage is another one.
bool same_question(const Test&, const Test&);

inline constexpr Duration kFresh = std::chrono::seconds(60);  // data older than this is stale

// Requests without a single bad one after which a safe test would be satisfied.
double clean_requests(const Test&, double share, double beta);

}  // namespace slipway::analysis
