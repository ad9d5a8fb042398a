#include "analysis/missing.h"

#include <algorithm>
#include <cmath>

#include "analysis/arrange.h"
#include "base/limits.h"
#include "base/math.h"

namespace slipway::analysis {

std::optional<Missing> missing(const Judge& judge) {
  const Charge& c = judge.charge;
  if (c.bake) return std::nullopt;
  const double enough = -ln(c.beta), share = static_cast<double>(c.weight) / limits::kWeightSum;
  std::optional<Missing> most;
  double most_left = -1;
  for (const Test& t : judge.tests) {
    const bool asked = t.step == 0 || (!c.ahead.empty() && t.step == c.ahead.front());
    if (t.side != Side::safe || !asked || ln_evidence(t) >= enough) continue;
    const double needed = clean_requests(t, share, c.beta);
    // Bad ones lead away from the proof: then so many more are needed as are missing by evidence.
    const double by_evidence = (1 - std::clamp(ln_evidence(t) / enough, 0.0, 1.0)) * needed;
    const double left = std::max(needed - static_cast<double>(t.n_candidate), by_evidence);
    if (left <= most_left) continue;
    most_left = left;
    most = Missing{t.subject->name, t.n_candidate, 0, -1};
    if (needed < 1e6)
      most->about = t.n_candidate + static_cast<std::uint64_t>(std::ceil(std::max(1.0, left)));
  }
  const double watched = to_seconds(judge.observed);
  if (most && most->about > 0 && watched > 0 && judge.n_candidate > 0)
    most->seconds = most_left * watched / static_cast<double>(judge.n_candidate);
  return most;
}

}  // namespace slipway::analysis
