// The recorded blocks of a deployment judged again: by the plan it had, and by another policy.
// Pure: the same record and the same policy give the same verdicts, to the bit.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "config/config.h"
#include "contract/event.h"
#include "contract/port.h"
#include "contract/site.h"

namespace slipway::intake {

// What one policy makes of one stage.
struct Judged {
  analysis::Ruling ruling = analysis::Ruling::hold;
  Instant at{};             // when it was decided; undecided: the end of the record
  bool unattended = false;  // no verdict: the deadline decided
  VerdictEntry verdict;
};

struct ReplayedStage {
  std::string name;
  std::int32_t weight = 0;
  Instant from{}, to{};  // as recorded
  Judged was, would;
  bool same() const { return was.ruling == would.ruling && was.at == would.at; }
};

struct Replayed {
  std::vector<ReplayedStage> stages;
  Plan policy;
  std::vector<std::string> notes;  // what could not be judged exactly as it would have been
};

// The plan that `policy` would have made for this deployment.
std::expected<Plan, Refusal> plan_of(const Deployment&, const SiteId&,
                                     const config::Config& policy);

// `events` are those of the site's stream, in their order; others than the deployment's are passed
// over. Fault::missing: nothing of it is recorded any more.
Result<Replayed> replay(const Deployment&, const std::vector<Event>&, Plan policy);

}  // namespace slipway::intake
