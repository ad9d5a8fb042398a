#include "main/plan_object.h"

#include "plan/text.h"
#include "record/record.h"

namespace slipway {

namespace json = boost::json;

namespace {

json::array steps_of(const Plan& plan) {
  json::array steps;
  int n = 0;
  for (const Step& step : plan.steps) {
    json::object item{{"n", ++n}, {"verb", word(step.verb)}, {"name", step.name}};
    item["detail"] = plan::describe(step, plan);
    if (step.verb == Verb::shift) item["weight"] = step.weight;
    if (step.verb == Verb::judge) {
      item["dwell_s"] = to_seconds(step.charge->dwell);
      item["deadline_s"] = to_seconds(step.charge->deadline);
    }
    if (step.deadline.count() > 0) item["deadline_s"] = to_seconds(step.deadline);
    steps.push_back(std::move(item));
  }
  return steps;
}

}  // namespace

std::expected<json::object, Refusal> plan_object(const Request& request, Intake& intake,
                                                 const FindSite& find,
                                                 const std::function<World(const Look&)>& look) {
  auto admitted = intake.admit(request, find);
  if (!admitted) return std::unexpected(admitted.error());
  Site unknown;
  unknown.id = admitted->site;
  const Site* known = find(admitted->site);
  const Site& site = known != nullptr ? *known : unknown;
  auto plan = intake.compile(admitted->request, site, look(admitted->look));
  if (!plan) return std::unexpected(plan.error());
  json::array warnings;
  for (const auto& [code, text] : plan->warnings) {
    warnings.push_back(json::object{{"code", code}, {"text", text}});
  }
  json::array outlook;
  for (const auto& [code, text] : plan->outlook) {
    outlook.push_back(json::object{{"code", code}, {"text", text}});
  }
  return json::object{
      {"schema", "plan/1"},
      {"service", plan->to.service},
      {"environment", plan->environment},
      {"strategy", word(plan->strategy)},
      {"from", plan->from.version.empty() ? json::value(nullptr) : json::value(plan->from.version)},
      {"to", plan->to.version},
      {"digest", plan->to.digest.empty() ? json::value(nullptr) : json::value(plan->to.digest)},
      {"config", plan->revision},
      {"plan", record::plan_digest(*plan)},
      {"steps", steps_of(*plan)},
      {"notes", json::value_from(plan->notes)},
      {"warnings", std::move(warnings)},
      {"outlook", std::move(outlook)},
      {"text", plan::render(*plan)}};
}

}  // namespace slipway
