#include "views/deployment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/limits.h"
#include "views/phrase.h"
#include "views/receipt.h"
#include "views/sentence.h"
#include "views/steps.h"
#include "views/waits.h"

namespace slipway::views {
namespace {

boost::json::value text_or_null(const std::string& s) {
  if (s.empty()) return nullptr;
  return boost::json::string(s);
}

boost::json::value id_or_null(const SiteId& site, std::uint32_t number) {
  if (number == 0) return nullptr;
  return boost::json::string(deployment_id(site, number));
}

// As it left them, told from the deployment alone.
boost::json::object weights_at_end(const Deployment& d) {
  boost::json::object o;
  if (!d.planned) return o;
  const std::string& from = d.plan.from.version;
  std::int32_t candidate = d.state == State::succeeded ? limits::kWeightSum : 0;
  if (d.state == State::failed) {
    for (std::size_t i = 0; i < d.plan.steps.size() && i < d.progress.size(); ++i)
      if (d.plan.steps[i].verb == Verb::shift && d.progress[i].state == StepState::done)
        candidate = d.plan.steps[i].weight;
  }
  if (!from.empty() && from != d.plan.to.version && candidate < limits::kWeightSum)
    o[from] = limits::kWeightSum - candidate;
  if (candidate > 0) o[d.plan.to.version] = candidate;
  return o;
}

// The newest deployment of its site still tells the site's weights after its end.
bool is_of_now(const Deployment& d, const Site* site) {
  if (site == nullptr) return false;
  if (!ended(d.state)) return true;
  return !site->live && site->last && site->last->number == d.number;
}

boost::json::value served_json(const Site& site) {
  const Copy* only = nullptr;
  int with_weight = 0;
  for (const auto& [number, copy] : site.copies) {
    if (copy.weight == 0) continue;
    ++with_weight;
    only = &copy;
  }
  // With one version in the split nothing else can answer.
  if (with_weight == 1) return boost::json::object{{label(site, *only), limits::kWeightSum}};
  if (!site.live || site.live->served_share < 0) return nullptr;
  const auto stable = site.copies.find(site.live->stable);
  const auto candidate = site.copies.find(site.live->candidate);
  if (stable == site.copies.end() || candidate == site.copies.end()) return nullptr;
  const auto part = std::clamp<std::int64_t>(
      std::llround(site.live->served_share * limits::kWeightSum), 0, limits::kWeightSum);
  return boost::json::object{{label(site, stable->second), limits::kWeightSum - part},
                             {label(site, candidate->second), part}};
}

void add_shares(boost::json::object& o, const Deployment& d, const Site* site) {
  if (is_of_now(d, site)) {
    o["weights"] = weights_json(*site);
    o["served"] = served_json(*site);
  } else {
    o["weights"] = weights_at_end(d);
    o["served"] = nullptr;
  }
  o["measured"] = text_or_null(d.measured);
}

boost::json::value stage_json(const Deployment& d) {
  const auto stage = stage_of(d);
  if (!stage) return nullptr;
  boost::json::object o;
  o["n"] = stage->n;
  o["of"] = stage->of;
  o["name"] = stage->name;
  o["traffic_percentage"] = stage->weight % 100 == 0 ? boost::json::value(stage->weight / 100)
                                                     : boost::json::value(stage->weight / 100.0);
  return o;
}

void add_times(boost::json::object& o, const Deployment& d, const Site* site) {
  o["requested_at"] = time_json(d.requested_wall);
  o["started_at"] = time_json(d.started_wall);
  o["ended_at"] = time_json(ended(d.state) ? d.ended_wall : Wall{});
  const Instant from = d.started_wall == Wall{} ? d.requested : d.started;
  Duration took{};
  if (ended(d.state))
    took = d.ended_at - from;
  else if (site != nullptr)
    took = site->now - from;
  o["duration_ms"] = ms_json(std::max(took, Duration::zero()));
}

boost::json::array approvals_json(const Deployment& d) {
  boost::json::array out;
  for (const auto& a : d.approvals)
    out.push_back({{"by", a.by},
                   {"at", time_json(a.at)},
                   {"answer", a.approved ? "approved" : "rejected"},
                   {"note", a.note},
                   {"plan", a.plan}});
  return out;
}

boost::json::array warnings_json(const Deployment& d) {
  boost::json::array out;
  const auto add = [&](const auto& list) {
    for (const auto& [code, text] : list) {
      boost::json::object o{{"code", code}, {"text", text}};
      if (std::find(out.begin(), out.end(), boost::json::value(o)) == out.end())
        out.push_back(std::move(o));
    }
  };
  add(d.plan.warnings);
  add(d.warnings);
  return out;
}

boost::json::array drift_of(const Site& site, const Wants& wants) {
  const auto serving = site.copies.find(site.serving);
  if (!wants || serving == site.copies.end()) return {};
  const auto wanted = wants(site.id, serving->second.release);
  return wanted ? drift_json(site, *wanted) : boost::json::array();
}

void add_request(boost::json::object& o, const Deployment& d, const SiteId& id) {
  const std::string& wanted = d.planned ? d.plan.to.version : d.request.version;
  o["schema"] = "deployment/1";
  o["id"] = deployment_id(id, d.number);
  o["number"] = d.number;
  o["kind"] = word(d.kind);
  o["group"] = nullptr;
  o["of"] = id_or_null(id, d.of);
  o["retry_of"] = id_or_null(id, d.retry_of);
  o["url"] = nullptr;
  o["service"] = id.service;
  o["environment"] = id.environment;
  o["strategy"] =
      d.planned ? boost::json::value(word(d.plan.strategy)) : text_or_null(d.request.strategy);
  o["by"] = d.request.by;
  o["trigger"] = d.request.trigger;
  o["note"] = d.request.because;
  o["from"] = text_or_null(d.plan.from.version);
  o["to"] = text_or_null(wanted);
  o["commit"] = text_or_null(d.plan.to.commit);
  o["digest"] = text_or_null(d.plan.to.digest);
  o["config"] = text_or_null(d.plan.revision);
  o["plan"] = text_or_null(d.plan_digest);
  o["rules_version"] = d.plan.rules_version;
}

const char* health_word(const Site& site) {
  if (site.down) return "down";
  const auto copy = site.copies.find(site.serving);
  if (copy == site.copies.end()) return "none";
  int ready = 0;
  for (const auto& [id, i] : site.instances)
    ready += i.copy == site.serving && i.phase == InstancePhase::ready && !i.ejected;
  if (ready == 0) return "down";
  return ready >= copy->second.wanted ? "healthy" : "degraded";
}

// What needs a person's eye at this site.
boost::json::array trouble_json(const Site& site) {
  boost::json::array out;
  const auto add = [&](const char* code, std::string text) {
    out.push_back({{"code", code}, {"text", text}});
  };
  if (site.down) add("down", "no instance is healthy; weights stay as they are");
  if (!site.quarantine.empty())
    add("quarantined",
        "an invariant broke, nothing is done by itself here; your verbs still work: " +
            site.quarantine);
  if (site.disk_critical)
    add("disk_critical", "the disk is full: no new deployments until there is room again");
  for (const auto& [id, i] : site.instances) {
    const bool sick = i.phase == InstancePhase::crashed || i.phase == InstancePhase::unhealthy ||
                      i.ejected || !i.trouble.empty();
    const auto copy = site.copies.find(i.copy);
    if (!sick || copy == site.copies.end()) continue;
    std::string text = fmt::format("instance {} of {} is {}", id, label(site, copy->second),
                                   i.ejected ? "taken out by the proxy" : word(i.phase));
    if (!i.trouble.empty()) text += ": " + i.trouble;
    if (i.phase == InstancePhase::crashed && i.restart_at != kNever)
      text += fmt::format("; starts again at {}", rfc3339(wall_of(site, i.restart_at)));
    if (!i.tail.empty()) text += fmt::format("; last line: {}", i.tail.back());
    add("instance", std::move(text));
  }
  return out;
}

void add_copies(boost::json::object& o, const Site& site) {
  boost::json::object instances;
  boost::json::array warm;
  for (const auto& [number, copy] : site.copies) {
    int ready = 0;
    int all = 0;
    for (const auto& [id, i] : site.instances) {
      if (i.copy != number) continue;
      ++all;
      ready += i.phase == InstancePhase::ready;
    }
    if (copy.warm_until != kNever) {
      warm.push_back(
          {{"version", label(site, copy)}, {"until", time_json(wall_of(site, copy.warm_until))}});
    }
    if (all > 0 || copy.wanted > 0)
      instances[label(site, copy)] = {{"ready", ready},
                                      {"wanted", copy.retiring ? 0 : copy.wanted}};
  }
  o["instances"] = std::move(instances);
  o["weights"] = weights_json(site);
  o["served"] = served_json(site);
  o["warm"] = std::move(warm);
}

// Each process, for who looks at one service.
boost::json::array processes_json(const Site& site) {
  boost::json::array out;
  for (const auto& [id, i] : site.instances) {
    const auto copy = site.copies.find(i.copy);
    out.push_back(
        {{"instance", id},
         {"version", copy == site.copies.end() ? boost::json::value(nullptr)
                                               : boost::json::value(label(site, copy->second))},
         {"state", i.ejected ? "ejected" : word(i.phase)},
         {"port", i.port},
         {"pid", i.pid},
         {"restarts", i.restarts},
         {"since", time_json(wall_of(site, i.since))},
         {"trouble", i.trouble}});
  }
  return out;
}

boost::json::value shown(const auto& d, const Site& site, Depth depth) {
  if (!d) return nullptr;
  return deployment_json(*d, site.id, &site, depth);
}

}  // namespace

std::string deployment_id(const SiteId& site, std::uint32_t number) {
  return fmt::format("{}-{}", site.name(), number);
}

boost::json::object weights_json(const Site& site) {
  boost::json::object o;
  for (const auto& [number, copy] : site.copies) {
    const bool plays = site.live && (number == site.live->stable || number == site.live->candidate);
    if (copy.weight > 0 || plays) o[label(site, copy)] = copy.weight;
  }
  return o;
}

boost::json::object deployment_json(const Deployment& d, const SiteId& id, const Site* site,
                                    Depth depth) {
  boost::json::object o;
  add_request(o, d, id);
  // While the world is looked at, users see a deployment that is queued (interface page 3.2).
  o["state"] = word(d.state == State::looking ? State::queued : d.state);
  o["because"] = to_json(d.because);
  add_times(o, d, site);
  o["waits_for"] = waits_json(site, d);
  o["way_back"] = way_back_json(site, d);
  o["dwell_ms"] = ms_json(d.dwell);
  o["wait_ms"] = ms_json(d.wait);
  o["stage"] = stage_json(d);
  add_shares(o, d, site);
  if (depth == Depth::brief) {
    o["brief"] = true;
    return o;
  }
  o["steps"] = steps_json(d, site);
  o["approvals"] = approvals_json(d);
  o["warnings"] = warnings_json(d);
  o["verdicts"] = verdicts_json(d, site);
  o["receipt"] = receipt_json(d);
  boost::json::array notes;
  for (const auto& note : d.plan.notes) notes.emplace_back(note);
  o["notes"] = std::move(notes);
  return o;
}

boost::json::object service_json(const Site& site, Depth depth, const Wants& wants) {
  boost::json::object o;
  const auto serving = site.copies.find(site.serving);
  const bool has = serving != site.copies.end();
  o["service"] = site.id.service;
  o["version"] = has ? text_or_null(serving->second.release.version) : nullptr;
  o["digest"] = has ? text_or_null(serving->second.release.digest) : nullptr;
  o["listen"] = text_or_null(site.route.listen);
  o["health"] = health_word(site);
  add_copies(o, site);
  o["drift"] = drift_of(site, wants);
  o["frozen_until"] = nullptr;
  o["breaker"] = nullptr;
  o["trouble"] = trouble_json(site);
  if (depth == Depth::whole) o["processes"] = processes_json(site);
  o["live"] = shown(site.live, site, depth);
  o["queued"] = shown(site.queued, site, depth);
  o["last"] = shown(site.last, site, depth);
  return o;
}

boost::json::object empty_service_json(const SiteId& id, Depth depth) {
  Site site;
  site.id = id;
  return service_json(site, depth);
}

}  // namespace slipway::views
