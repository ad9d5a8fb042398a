#include "plan/outlook.h"

#include <fmt/format.h>

#include <algorithm>

#include "plan/text.h"

namespace slipway::plan {
namespace {

std::string rate_text(double share) { return fmt::format("{:.2g} %", share * 100); }

std::string flow_text(double per_second) {
  return per_second >= 1 ? fmt::format("{:.3g} requests a second", per_second)
                         : fmt::format("{:.3g} requests a minute", per_second * 60);
}

std::string sees(const analysis::Outlook& o, const analysis::Charge& charge) {
  if (o.smallest <= 0)
    return fmt::format("{}: with {} to it, no rate of errors is surely seen within {}", o.stage,
                       flow_text(o.candidate_per_second), text_of(charge.dwell));
  std::string out = fmt::format("{}: {} of errors and more, after {:.0f} requests to it at most",
                                o.stage, rate_text(o.smallest), o.exposed);
  if (o.reference < o.smallest) {
    out +=
        o.reference_after == analysis::kUnseen
            ? fmt::format("; {} hardly ever", rate_text(o.reference))
            : fmt::format("; {} would take {}", rate_text(o.reference), text_of(o.reference_after));
    if (o.reference_share > 0)
      out += fmt::format(", or a share of {}", rate_text(o.reference_share));
  }
  return out;
}

}  // namespace

void add_outlook(Plan& plan, const analysis::Expected& expected) {
  plan.outlook.clear();
  if (!(expected.per_second > 0)) return;
  std::vector<analysis::Charge> charges;
  for (const Step& step : plan.steps)
    if (step.verb == Verb::judge) charges.push_back(step.charge);
  const auto stages = analysis::foresee(charges, expected);
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const analysis::Outlook& o = stages[i];
    const analysis::Charge& c = charges[i];
    plan.outlook.emplace_back("sees", sees(o, c));
    if (o.shown > c.deadline) {
      plan.outlook.emplace_back(
          "undecidable",
          fmt::format("{} cannot be shown safe before its deadline of {}: {} to it are too few; a "
                      "larger share, a longer deadline or on_inconclusive decides",
                      o.stage, text_of(c.deadline), flow_text(o.candidate_per_second)));
    } else if (o.shown + c.warmup > c.dwell) {
      plan.outlook.emplace_back(
          "short_stage",
          fmt::format("{} will last about {} rather than {}: with {} to it a healthy "
                      "release is shown safe no sooner",
                      o.stage, text_of(o.shown + c.warmup), text_of(c.dwell),
                      flow_text(o.candidate_per_second)));
    }
  }
}

}  // namespace slipway::plan
