#include <fmt/format.h>

#include "api/body.h"
#include "api/handlers.h"
#include "api/simulation.h"

namespace slipway::api {
namespace {

namespace json = boost::json;

constexpr std::int64_t kSeedMost = std::int64_t{1} << 53;  // what every reader of JSON can write

std::optional<double> decimal(Body& body, const char* name, double most) {
  const auto* said = body.any(name);
  if (said == nullptr) return std::nullopt;
  json::error_code error;
  const double value = said->is_number() ? said->to_number<double>(error) : -1;
  if (error || !(value >= 0 && value <= most))
    body.mistake(name, said->is_number() ? "out_of_range" : "wrong_type",
                 fmt::format("`{}` must be a number from 0 to {}", name, most));
  return value;
}

std::vector<std::string> read_compare(Body& body) {
  std::vector<std::string> out;
  const auto* said = body.any("compare");
  if (said == nullptr) return out;
  const auto* all = said->if_array();
  bool good = all != nullptr && all->size() <= kComparedMost;
  for (std::size_t n = 0; good && n < all->size(); ++n) {
    good = all->at(n).is_string() && !all->at(n).get_string().empty();
    if (good) out.push_back(strategy_name(std::string(all->at(n).get_string())));
  }
  if (!good)
    body.mistake("compare", all == nullptr ? "wrong_type" : "out_of_range",
                 fmt::format("`compare` must be a list of at most {} strategies", kComparedMost));
  return out;
}

Simulation read_simulation(Body& body) {
  Simulation asked{.request = read_release(body)};
  if (auto stable = body.text("stable"); !stable.empty()) asked.stable = std::move(stable);
  if (auto fault = body.text("candidate"); !fault.empty()) asked.candidate = std::move(fault);
  asked.pattern = body.text("pattern");
  asked.rps = decimal(body, "rps", 1e6);
  asked.errors = decimal(body, "errors", 1);
  if (const auto latency = body.time("latency")) asked.latency_ms = to_ms(*latency);
  asked.seed = static_cast<std::uint64_t>(body.number("seed", 0, kSeedMost).value_or(1));
  asked.seeds = static_cast<int>(body.number("seeds", 1, kSimulatedRunsMost).value_or(1));
  asked.compare = read_compare(body);
  asked.traced = body.flag("trace").value_or(false);
  const auto strategies = static_cast<int>(std::max<std::size_t>(1, asked.compare.size()));
  if (asked.seeds * strategies > kSimulatedRunsMost)
    body.mistake("seeds", "out_of_range",
                 fmt::format("{} runs of {} strategies are more than {} runs", asked.seeds,
                             strategies, kSimulatedRunsMost),
                 "`slipway simulate` on a machine of your own has no such limit");
  return asked;
}

// The blocks of a deployment that they may see.
std::optional<RecordedTraffic> traffic_of(Scene& s, const std::string& id) {
  const auto number = s.board.find(id);
  const auto site = number ? s.board.site_of(*number) : std::nullopt;
  if (!site || !s.ask.who.may(people::Right::see, site->environment)) return std::nullopt;
  s.backend.recall(*number);
  const auto series = s.board.series(*number, {});
  if (!series) return std::nullopt;
  return read_series(*series);
}

Reply told_simulation(json::object told, bool drawn) {
  if (!drawn) told.erase("plot");
  Reply reply = json_reply(200, told);
  if (reply.body.size() <= kSimulationBytes) return reply;
  return problem(422, "too_large",
                 fmt::format("the answer is larger than {} MiB: leave out `trace` and `plot`",
                             kSimulationBytes / 1024 / 1024));
}

}  // namespace

Reply post_simulate(Scene& s) {
  auto body = Body::of(s.ask);
  if (!body) return body.error();
  Simulation asked = read_simulation(*body);
  const std::string traffic = body->text("traffic");
  const bool drawn = body->flag("plot").value_or(false);
  const auto files = body->files("config_files");
  const auto from = recorded_id(traffic);
  if (!traffic.empty() && !from)
    body->mistake("traffic", "out_of_range", "`traffic` is from:ID of a past deployment");
  if (auto trouble = body->trouble()) return *trouble;
  if (auto trouble = refuse_far_files(s, files)) return *trouble;
  std::optional<RecordedTraffic> recorded;
  if (from) {
    recorded = traffic_of(s, *from);
    if (!recorded) return no_deployment(*from);
  }
  if (auto good = settle(asked, recorded ? &*recorded : nullptr); !good)
    return problem(in_words_of(s.ask, good.error()));
  asked.request.by = s.ask.who.name;
  asked.request.trigger = s.ask.trigger;
  auto told = s.backend.simulate(asked, files, s.ask.gone ? s.ask.gone : [] { return false; });
  return told ? told_simulation(std::move(*told), drawn)
              : problem(in_words_of(s.ask, told.error()));
}

}  // namespace slipway::api
