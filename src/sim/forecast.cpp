#include "sim/forecast.h"

#include <fmt/format.h>

#include <algorithm>

#include "intake/intake.h"
#include "views/sentence.h"

namespace slipway::sim {
namespace {

constexpr Duration kLongest = std::chrono::hours(24 * 14);
constexpr std::size_t kGlimpses = 240;

namespace json = boost::json;

Refusal refused(std::string code, std::string text) {
  return {.code = std::move(code), .text = std::move(text), .mistakes = {}};
}

// Releases `version` and plays until everything rests. What the agent answered when it refused.
std::expected<void, Refusal> release(Simulation& s, Request request) {
  const std::size_t before = s.ended.size();
  const std::string version = request.version;
  s.ask(std::move(request));
  s.run_until(s.elapsed() + 200ms);
  const std::string said = s.answers.empty() ? "" : s.answers.back();
  if (said.starts_with("refused ")) {
    return std::unexpected(refused(said.substr(8), "it cannot be planned: " + said.substr(8)));
  }
  const bool rests = s.rest(kLongest);
  if (s.stopped()) return std::unexpected(refused(kStopped, "it was ended before its end"));
  if (rests && s.ended.size() > before) return {};
  return std::unexpected(refused("no_end", fmt::format("the release of {} did not end within {} "
                                                       "simulated days",
                                                       version, kLongest / 24h)));
}

class Witness {
 public:
  Witness(Simulation& s, const SiteId& id, const std::string& version, Forecast& out)
      : s_(s), id_(id), version_(version), out_(out) {
    begin_ = s.elapsed();
    s.on_step = [this](const Published& p) { see(p); };
  }
  ~Witness() { s_.on_step = {}; }

  // When users were first harmed: by the fault where there is one, whose begin is known here. An
  // error before it is one that every version makes.
  Wall first_harm(const Receipt& receipt) const {
    if (!faulty_) return receipt.first_harm;
    return std::max(wall(slow_ ? std::max(*faulty_, met_) : *faulty_),
                    slow_ ? Wall{} : receipt.first_harm);
  }

 private:
  Wall wall(Duration at) const { return s_.stage().clock.wall() - (s_.stage().now() - at); }

  void see_fault() {
    for (const auto& [number, process] : s_.scene(id_).processes) {
      if (faulty_ || process.version != version_) continue;
      if (const auto age = process.behaviour.faulty_from()) faulty_ = process.started + *age;
      slow_ = process.behaviour.is_only_slow();
    }
  }

  void see(const Published& p) {
    if (p.after->id != id_) return;
    see_fault();
    const Site& site = *p.after;
    Glimpse g{.at_s = to_seconds(s_.elapsed() - begin_)};
    if (const auto* counted = std::get_if<Counted>(&p.event.what)) {
      g.stable = counted->block.stable.requests;
      g.stable_errors = counted->block.stable.errors;
      g.candidate = counted->block.candidate.requests;
      g.candidate_errors = counted->block.candidate.errors;
      if (met_ == Duration{} && g.candidate > 0) met_ = s_.stage().now();
    }
    const Deployment* d = site.live ? &*site.live : site.last ? &*site.last : nullptr;
    if (d == nullptr || !d->planned) return;
    g.state = d->state;
    if (const auto copy = site.copies.find(d->candidate); copy != site.copies.end()) {
      g.weight = copy->second.weight;
    }
    out_.glimpses.push_back(g);
  }

  Simulation& s_;
  SiteId id_;
  std::string version_;
  Forecast& out_;
  Duration begin_{};
  std::optional<Duration> faulty_;
  bool slow_ = false;
  Duration met_{};  // when the candidate first answered
};

double at_quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto at = static_cast<std::size_t>(q * static_cast<double>(values.size() - 1) + 0.5);
  return values[at];
}

json::value spread(const std::vector<double>& values) {
  if (values.empty()) return nullptr;
  return json::object{{"p10", at_quantile(values, 0.1)},
                      {"p50", at_quantile(values, 0.5)},
                      {"p90", at_quantile(values, 0.9)}};
}

// Neighbours are added up until few enough are left to draw.
std::vector<Glimpse> thinned(const std::vector<Glimpse>& all) {
  const std::size_t each = all.size() / kGlimpses + 1;
  std::vector<Glimpse> out;
  for (std::size_t n = 0; n < all.size(); ++n) {
    if (n % each == 0) {
      out.push_back(all[n]);
      continue;
    }
    Glimpse& g = out.back();
    g.at_s = all[n].at_s;
    g.weight = all[n].weight;
    g.state = all[n].state;
    g.stable += all[n].stable;
    g.stable_errors += all[n].stable_errors;
    g.candidate += all[n].candidate;
    g.candidate_errors += all[n].candidate_errors;
  }
  return out;
}

json::object run_object(const Forecast& f) {
  const Deployment& d = f.deployment;
  json::array timeline;
  for (const Glimpse& g : thinned(f.glimpses)) {
    timeline.push_back(json::object{{"at_s", g.at_s},
                                    {"weight", g.weight},
                                    {"stable", g.stable},
                                    {"stable_errors", g.stable_errors},
                                    {"candidate", g.candidate},
                                    {"candidate_errors", g.candidate_errors},
                                    {"state", word(g.state)}});
  }
  const auto maybe = [](double v) { return v < 0 ? json::value(nullptr) : json::value(v); };
  json::object out{{"seed", f.seed},
                   {"state", word(d.state)},
                   {"because", views::to_json(d.because)},
                   {"duration_s", f.took_s},
                   {"requests", d.receipt.requests},
                   {"failed", d.receipt.failed},
                   {"candidate_failed", d.receipt.candidate_5xx},
                   {"exposed", d.receipt.exposed},
                   {"found_s", maybe(f.found_s)},
                   {"back_ms", maybe(f.back_ms)},
                   {"timeline", std::move(timeline)}};
  if (!f.trace.empty()) out["trace"] = json::value_from(f.trace);
  return out;
}

struct Tallied {
  std::map<std::string, int> outcomes;
  std::vector<double> took, failed, exposed, found, back;
  void add(const Forecast& f) {
    ++outcomes[word(f.deployment.state)];
    took.push_back(f.took_s);
    failed.push_back(static_cast<double>(f.deployment.receipt.failed));
    exposed.push_back(static_cast<double>(f.deployment.receipt.exposed));
    if (f.found_s >= 0) found.push_back(f.found_s);
    if (f.back_ms >= 0) back.push_back(f.back_ms);
  }
  json::object told(const std::string& strategy) const {
    json::object ends;
    for (const auto& [state, n] : outcomes) ends[state] = n;
    return {{"strategy", strategy},     {"outcomes", std::move(ends)}, {"duration_s", spread(took)},
            {"failed", spread(failed)}, {"exposed", spread(exposed)},  {"found_s", spread(found)},
            {"back_ms", spread(back)}};
  }
};

}  // namespace

std::expected<Forecast, Refusal> foresee(const Question& q, const std::string& strategy,
                                         std::uint64_t seed) {
  const auto candidate = parse_behaviour(q.candidate, q.usual);
  if (!candidate) return std::unexpected(refused("usage", candidate.error().text));
  Request request = q.request;
  request.by = "you";
  if (!strategy.empty()) request.strategy = strategy;
  const SiteId id{request.service, request.environment};
  Simulation::Setup setup{.config = q.config, .seed = seed, .demand = q.demand, .sites = {id}};
  setup.stop = q.stop;
  setup.behaviours[q.stable] = q.usual;
  setup.behaviours[request.version] = *candidate;
  setup.traced = q.traced;
  Simulation s(setup);
  Request first = request;
  first.version = q.stable;
  first.strategy = "blue_green";
  // A person approves at once, wherever the plan asks for one.
  const auto approve = [&s, id](const Published& p) {
    if (!p.after->live || p.after->live->state != State::waiting_approval) return;
    s.stage().world(1s, [&s, number = p.after->live->number] {
      s.ask({.act = Act::approve, .by = "somebody", .number = number});
    });
  };
  s.on_step = approve;
  if (auto good = release(s, first); !good) return std::unexpected(good.error());
  s.run_until(s.elapsed() + 60s);

  Forecast out{.seed = seed};
  Wall harmed{};
  s.trace.clear();
  const Duration begun = s.elapsed();
  if (!q.demand.recorded.empty()) s.scene(id).begin_demand(s.stage().now());
  {
    const Witness witness(s, id, request.version, out);
    s.on_step = [see = std::move(s.on_step), approve](const Published& p) {
      approve(p);
      see(p);
    };
    if (auto good = release(s, request); !good) return std::unexpected(good.error());
    harmed = witness.first_harm(s.ended.back().deployment.receipt);
  }
  out.deployment = s.ended.back().deployment;
  const Deployment& d = out.deployment;
  out.hurt = d.receipt.failed;
  out.took_s = to_seconds(d.ended_at - d.requested);
  const bool back = d.state == State::rolled_back && d.receipt.verdict_at != Wall{};
  if (back && harmed != Wall{} && d.receipt.verdict_at >= harmed) {
    out.found_s = to_seconds(d.receipt.verdict_at - harmed);
  }
  if (back && d.receipt.traffic_back >= d.receipt.verdict_at) {
    out.back_ms = to_ms(d.receipt.traffic_back - d.receipt.verdict_at);
  }
  while (!out.glimpses.empty() && out.glimpses.back().at_s > to_seconds(s.elapsed() - begun)) {
    out.glimpses.pop_back();
  }
  out.trace = std::move(s.trace);
  if (!s.troubles.empty()) return std::unexpected(refused("internal", s.troubles.front()));
  return out;
}

std::expected<json::object, Refusal> simulate(const Question& asked, const Progress& progress) {
  Question q = asked;
  // What was left out of the request, as the agent would put it in; or why it would refuse.
  auto admitted = intake::admit(q.request, *q.config, [](const SiteId&) { return nullptr; });
  if (!admitted) return std::unexpected(std::move(admitted.error()));
  q.request = std::move(admitted->request);
  std::vector<std::string> strategies = q.compare;
  if (strategies.empty()) strategies.push_back(q.request.strategy);
  json::array told;
  json::object first;
  std::string drawn;
  const int all = static_cast<int>(strategies.size()) * q.seeds;
  int done = 0;
  for (const std::string& strategy : strategies) {
    Tallied tallied;
    std::string name = strategy;
    for (int n = 0; n < q.seeds; ++n) {
      auto one = foresee(q, strategy, q.seed + static_cast<std::uint64_t>(n));
      if (!one) return std::unexpected(one.error());
      name = word(one->deployment.plan.strategy);
      if (n == 0) {
        if (first.empty()) first = run_object(*one);
        drawn += picture(*one, fmt::format("{} {} by {}: {}", q.request.environment,
                                           q.request.version, name, word(one->deployment.state)));
      }
      tallied.add(*one);
      if (progress) progress(++done, all);
    }
    told.push_back(tallied.told(name));
  }
  return json::object{{"schema", "simulate/1"},
                      {"environment", q.request.environment},
                      {"version", q.request.version},
                      {"stable", q.stable},
                      {"candidate", q.candidate},
                      {"rps", q.demand.rps},
                      {"pattern", q.demand.recorded.empty() ? word(q.demand.pattern) : "recorded"},
                      {"traffic", q.recorded_from},
                      {"seed", q.seed},
                      {"seeds", q.seeds},
                      {"strategies", std::move(told)},
                      {"run", std::move(first)},
                      {"plot", drawn}};
}

}  // namespace slipway::sim
