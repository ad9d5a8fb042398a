#include "observe/trace.h"

#include <algorithm>

#include "base/digest.h"
#include "views/board.h"
#include "views/deployment.h"
#include "views/receipt.h"

namespace slipway::observe {

namespace json = boost::json;

namespace {

constexpr std::size_t kEventsMost = 128;  // what collectors keep of one span

std::string seed(const SiteId& id, const Deployment& d) {
  return views::deployment_id(id, d.number) + "@" +
         std::to_string(d.requested_wall.time_since_epoch().count());
}

std::string span_id(const SiteId& id, const Deployment& d, std::size_t n) {
  return sha256_hex(seed(id, d) + "#" + std::to_string(n)).substr(0, 16);
}

// 64-bit numbers are texts in proto's JSON form.
json::string nanos(Wall at) {
  return json::string(std::to_string(
      std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count()));
}

class Attributes {
 public:
  void text(const char* key, const std::string& value) {
    if (!value.empty()) add(key, {{"stringValue", value}});
  }
  void number(const char* key, std::uint64_t value) {
    add(key, {{"intValue", std::to_string(value)}});
  }
  void flag(const char* key, bool value) { add(key, {{"boolValue", value}}); }
  json::array take() { return std::move(list_); }

 private:
  void add(const char* key, json::object value) {
    list_.push_back({{"key", key}, {"value", std::move(value)}});
  }
  json::array list_;
};

constexpr int kInternal = 1;        // SPAN_KIND_INTERNAL
constexpr int kOk = 1, kError = 2;  // STATUS_CODE_OK, STATUS_CODE_ERROR

json::array events_of(const Deployment& d) {
  json::array out;
  const std::size_t from = d.story.size() > kEventsMost ? d.story.size() - kEventsMost : 0;
  for (std::size_t i = from; i < d.story.size(); ++i) {
    const StoryEntry& entry = d.story[i];
    Attributes attributes;
    attributes.text("slipway.text", views::sentence(entry.because));
    attributes.text("slipway.because", entry.because.code);
    out.push_back({{"timeUnixNano", nanos(entry.wall)},
                   {"name", entry.type.get()},
                   {"attributes", attributes.take()}});
  }
  return out;
}

json::object root_span(const SiteId& id, const Deployment& d) {
  Attributes a;
  a.text("deployment.id", views::deployment_id(id, d.number));
  a.text("deployment.name", id.service + " " + d.plan.to.version);
  a.text("deployment.environment.name", id.environment);
  a.text("deployment.status", d.state == State::succeeded ? "succeeded" : "failed");
  a.text("slipway.service", id.service);
  a.text("slipway.state", word(d.state));
  a.text("slipway.kind", word(d.kind));
  a.text("slipway.strategy", word(d.plan.strategy));
  a.text("slipway.from", d.plan.from.version);
  a.text("slipway.to", d.plan.to.version);
  a.text("slipway.digest", d.plan.to.digest);
  a.text("slipway.by", d.request.by);
  a.text("slipway.because", d.because.code);
  a.number("slipway.requests", d.receipt.requests);
  a.number("slipway.requests.failed", d.receipt.failed);
  a.number("slipway.requests.caused", views::caused(d));
  a.flag("slipway.receipt.complete", d.receipt.complete);
  const Wall from = d.requested_wall;
  json::object status{{"code", d.state == State::succeeded ? kOk : kError}};
  if (d.state != State::succeeded) status["message"] = views::sentence(d.because);
  return {{"traceId", trace_id(id, d)},
          {"spanId", span_id(id, d, 0)},
          {"name", "deploy " + id.environment + "/" + id.service},
          {"kind", kInternal},
          {"startTimeUnixNano", nanos(from)},
          {"endTimeUnixNano", nanos(std::max(from, d.ended_wall))},
          {"attributes", a.take()},
          {"events", events_of(d)},
          {"droppedEventsCount", d.story.size() > kEventsMost ? d.story.size() - kEventsMost : 0},
          {"status", std::move(status)}};
}

json::object step_span(const SiteId& id, const Deployment& d, std::size_t n) {
  const StepProgress& p = d.progress[n];
  const Step& step = d.plan.steps[n];
  Attributes a;
  a.number("slipway.step", n + 1);
  a.text("slipway.verb", word(step.verb));
  a.text("slipway.stage", step.name);
  a.text("slipway.state", word(p.state));
  a.text("slipway.detail", p.detail);
  a.number("slipway.attempts", p.attempt);
  if (step.verb == Verb::shift) a.number("slipway.weight", static_cast<std::uint64_t>(step.weight));
  json::object status = json::object();
  if (p.state == StepState::failed) {
    status["code"] = kError;
    status["message"] = views::sentence(p.because);
  }
  const Wall end = p.ended_wall == Wall{} ? d.ended_wall : p.ended_wall;
  return {{"traceId", trace_id(id, d)},
          {"spanId", span_id(id, d, n + 1)},
          {"parentSpanId", span_id(id, d, 0)},
          {"name",
           step.name.empty() ? std::string(word(step.verb)) : word(step.verb) + (" " + step.name)},
          {"kind", kInternal},
          {"startTimeUnixNano", nanos(p.started_wall)},
          {"endTimeUnixNano", nanos(std::max(p.started_wall, end))},
          {"attributes", a.take()},
          {"status", std::move(status)}};
}

}  // namespace

std::string trace_id(const SiteId& id, const Deployment& d) {
  return sha256_hex(seed(id, d)).substr(0, 32);
}

json::object trace_json(const SiteId& id, const Deployment& d, const std::string& version) {
  json::array spans{root_span(id, d)};
  for (std::size_t i = 0; i < std::min(d.progress.size(), d.plan.steps.size()); ++i)
    if (d.progress[i].started_wall != Wall{}) spans.push_back(step_span(id, d, i));
  Attributes resource;
  resource.text("service.name", "slipway");
  resource.text("service.version", version);
  json::array scopes{json::object{{"scope", {{"name", "slipway"}, {"version", version}}},
                                  {"spans", std::move(spans)}}};
  return {
      {"resourceSpans", json::array{json::object{{"resource", {{"attributes", resource.take()}}},
                                                 {"scopeSpans", std::move(scopes)}}}}};
}

}  // namespace slipway::observe
