// The judge and its peers' rules as one thing: seconds of counts in, "take it back" out. The peers
// are transcribed from their sources (Flagger scheduler.go, Argo analysis.go, Kayenta
// NetflixACAJudge and MannWhitneyClassifier) and are given data without any delay.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "analysis/judge.h"

namespace slipway::judge_bench {

struct Second {
  std::uint64_t n_c = 0, x_c = 0, n_s = 0, x_s = 0;
  double dispersion = 1;  // of stable's errors before this second
};

class Method {
 public:
  virtual ~Method() = default;
  virtual bool takes_back(const Second&) = 0;  // called each second
};

struct Named {
  std::string name;
  std::unique_ptr<Method> (*make)();
};

// In the order of the tables.
const std::vector<Named>& methods();

std::unique_ptr<Method> ours(analysis::Criterion, double alpha);
analysis::Criterion errors();  // 1.5 × stable and 0.05 percentage points

}  // namespace slipway::judge_bench
