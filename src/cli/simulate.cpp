// slipway simulate: a release tried in virtual time. Needs no agent and changes nothing; one that
// is named by its address is asked.
#include <fmt/format.h>

#include <charconv>
#include <fstream>

#include "cli/recorded_traffic.h"
#include "cli/release_request.h"
#include "cli/render.h"
#include "cli/screen.h"

namespace slipway::cli {
namespace {

struct SimulateWords {
  ReleaseWords release;
  std::string rps, pattern, candidate = "good", stable = "stable", compare, plot, latency, errors,
                            traffic;
  std::optional<int> seed, seeds;
  bool trace = false;

  void declare(Options& o) {
    release.declare(o);
    o.text("--rps", rps, "requests per second of the busiest hour (20)", "N");
    o.text("--pattern", pattern, "flat, day, night, spikes or ramp (flat)", "P");
    o.text("--traffic", traffic,
           "from:ID: the users of a past release, second by second, and what its good version "
           "answered them",
           "FROM");
    o.text("--candidate", candidate,
           "what the new version does: \"errors=5% after 3m\", latency=x2, \"crash after 30s\", "
           "\"never ready\", \"cannot start\", missing, good; several with commas; recorded: what "
           "the new version of --traffic did",
           "FAULT");
    o.text("--stable", stable, "the version that serves before", "V");
    o.text("--latency", latency, "the median answer of a good version (20ms)", "D");
    o.text("--errors", errors, "what a good version fails (0.05%)", "SHARE");
    o.number("--seed", seed, "the run is the same bit by bit for the same seed (1)");
    o.number("--seeds", seeds, "so many runs, told as p10, p50 and p90 (1)");
    o.text("--compare", compare, "strategies side by side: canary,blue_green,rolling", "LIST");
    o.text("--plot", plot, "a picture of the first run: FILE.svg or FILE.html", "FILE");
    o.flag("--trace", trace, "every event and every command of the first run");
  }
};

std::optional<double> decimal(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::expected<api::Simulation, Trouble> asked_of(Session& s, const SimulateWords& w) {
  api::Simulation asked{.request = TRY(request_of(s, w.release, nullptr)),
                        .stable = w.stable,
                        .candidate = w.candidate,
                        .pattern = w.pattern,
                        .traced = w.trace};
  if (!w.rps.empty()) {
    asked.rps = decimal(w.rps);
    if (!asked.rps) {
      return refuse("usage", fmt::format("--rps: `{}` is no number of requests", harmless(w.rps)));
    }
  }
  if (!w.latency.empty()) {
    const auto latency = config::parse_duration(w.latency);
    if (!latency || latency->count() <= 0) {
      return refuse("usage", fmt::format("--latency: `{}` is not a duration", harmless(w.latency)));
    }
    asked.latency_ms = to_ms(*latency);
  }
  if (!w.errors.empty()) {
    const bool percent = w.errors.ends_with('%');
    const auto errors = decimal(percent ? w.errors.substr(0, w.errors.size() - 1) : w.errors);
    if (!errors || *errors < 0 || *errors > (percent ? 100 : 1)) {
      return refuse("usage", fmt::format("--errors: `{}` is no share", harmless(w.errors)));
    }
    asked.errors = percent ? *errors / 100 : *errors;
  }
  asked.seed = static_cast<std::uint64_t>(w.seed.value_or(1));
  asked.seeds = w.seeds.value_or(1);
  if (asked.seeds < 1 || asked.seeds > 100'000) {
    return refuse("usage", "--seeds: between 1 and 100000 runs");
  }
  for (std::size_t begin = 0; begin < w.compare.size();) {
    const std::size_t end = std::min(w.compare.find(',', begin), w.compare.size());
    asked.compare.push_back(TRY(strategy_of(w.compare.substr(begin, end - begin))));
    begin = end + 1;
  }
  return asked;
}

// Body of POST /v1/simulate: what is not said is left to the agent.
object body_of(const api::Simulation& asked, const SimulateWords& w) {
  object body = cli::to_json(asked.request);
  body["stable"] = asked.stable;
  body["candidate"] = asked.candidate;
  if (!asked.pattern.empty()) body["pattern"] = asked.pattern;
  if (asked.rps) body["rps"] = *asked.rps;
  if (!w.latency.empty()) body["latency"] = w.latency;
  if (asked.errors) body["errors"] = *asked.errors;
  if (!w.traffic.empty()) body["traffic"] = w.traffic;
  body["seed"] = asked.seed;
  body["seeds"] = asked.seeds;
  if (!asked.compare.empty()) body["compare"] = boost::json::value_from(asked.compare);
  body["trace"] = asked.traced;
  body["plot"] = !w.plot.empty();
  return body;
}

// An agent elsewhere is asked: its configuration counts, not one that may lie here.
std::expected<object, Trouble> told_by_agent(Session& s, const SimulateWords& w) {
  const api::Simulation asked = TRY(asked_of(s, w));
  auto agent = TRY(reach(s, Need::answer));
  object body = body_of(asked, w);
  if (auto handed = hand_over(s, *agent, body); !handed)
    return std::unexpected(std::move(handed.error()));
  return send(s, *agent, "/v1/simulate", body);
}

std::expected<object, Trouble> told_alone(Session& s, const SimulateWords& w) {
  api::Simulation asked = TRY(asked_of(s, w));
  if (!s.hooks.simulate) return refuse("not_supported", "this program has no simulator");
  std::optional<api::RecordedTraffic> traffic;
  if (!w.traffic.empty()) traffic = TRY(recorded_traffic(s, w.traffic));
  if (auto good = api::settle(asked, traffic ? &*traffic : nullptr); !good)
    return std::unexpected(trouble_of(good.error()));
  const api::ConfigFiles files = TRY(gather(s));
  const bool shown = s.console.out_is_terminal() && !s.machine() && !s.shared.quiet;
  Screen screen(s.console);
  const Duration begun = s.console.steady();
  auto told = s.hooks.simulate(asked, files, [&](int done, int of) {
    if (!shown || s.console.steady() - begun < 1s || done == of) return;
    screen.draw({fmt::format("simulating: {} of {} runs", done, of)});
  });
  screen.clear();
  if (!told) return std::unexpected(trouble_of(told.error()));
  return std::move(*told);
}

// "12 s" or, of several runs, "9 s … 12 s … 31 s".
std::string spread(const object& of, std::string_view key, int seeds, std::string (*text)(double)) {
  const object& s = object_of(of, key);
  const auto middle = number_of(s, "p50");
  if (!middle) return "–";
  if (seeds == 1) return text(*middle);
  return fmt::format("{} ({}–{})", text(*middle), text(number_of(s, "p10").value_or(0)),
                     text(number_of(s, "p90").value_or(0)));
}

std::string in_seconds(double s) { return span(s * 1000); }
std::string in_ms(double ms) { return span(ms); }
std::string in_number(double n) { return count(static_cast<std::int64_t>(n)); }

std::string outcomes(const object& strategy, int seeds) {
  std::string out;
  for (const auto& entry : object_of(strategy, "outcomes")) {
    const double n = entry.value().is_number() ? entry.value().to_number<double>() : 0;
    out += out.empty() ? "" : ", ";
    out += seeds == 1 ? std::string(entry.key())
                      : fmt::format("{} {:.0f} %", std::string_view(entry.key()), 100 * n / seeds);
  }
  return out;
}

// The candidate's weight over time in eight heights; errors are marked below.
Lines sparkline(const array& timeline, int width) {
  static constexpr const char* kHeights[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  if (timeline.empty()) return {};
  const double end = number_of(timeline.back().as_object(), "at_s").value_or(1);
  const auto cells = static_cast<std::size_t>(std::clamp(width - 12, 10, 100));
  std::vector<double> weight(cells, -1), errors(cells, 0);
  for (const value& v : timeline) {
    const object& g = v.as_object();
    const double at = number_of(g, "at_s").value_or(0) / std::max(end, 0.001);
    const auto cell =
        std::min(cells - 1, static_cast<std::size_t>(at * static_cast<double>(cells)));
    weight[cell] = number_of(g, "weight").value_or(0) / 10'000;
    errors[cell] += number_of(g, "candidate_errors").value_or(0);
  }
  std::string heights, marks;
  double now = 0;
  bool any = false;
  for (std::size_t n = 0; n < cells; ++n) {
    if (weight[n] >= 0) now = weight[n];
    heights += kHeights[now <= 0 ? 0 : std::max(1, static_cast<int>(now * 8 + 0.5))];
    marks += errors[n] > 0 ? "×" : " ";
    any = any || errors[n] > 0;
  }
  Lines lines = {pad("weight", 12) + heights};
  if (any) lines.push_back(pad("errors", 12) + marks);
  lines.push_back(pad("", 12) + pad("0 s", static_cast<int>(cells) - 8) +
                  pad_left(span(end * 1000), 8));
  return lines;
}

std::string users_of(const object& told) {
  const std::string from = harmless(text_of(told, "traffic"));
  return from.empty() ? text_of(told, "pattern") : "recorded from " + from;
}

Lines render(const object& told, const Look& look) {
  const array& strategies = array_of(told, "strategies");
  const int seeds = static_cast<int>(integer_of(told, "seeds").value_or(1));
  const object& run = object_of(told, "run");
  const std::string state = text_of(run, "state");
  Lines lines;
  const bool good = state == "succeeded";
  lines.push_back(fmt::format(
      "{} {} of {} in {}: {} at {:g} requests/s ({}), candidate {}",
      paint(good ? "✓" : "✗", good ? Ink::good : Ink::bad, look.colour), state,
      harmless(text_of(told, "version")), harmless(text_of(told, "environment")),
      seeds == 1 ? fmt::format("seed {}", integer_of(told, "seed").value_or(1))
                 : fmt::format("{} runs", seeds),
      number_of(told, "rps").value_or(0), users_of(told), harmless(text_of(told, "candidate"))));
  lines.emplace_back();
  std::vector<std::vector<std::string>> rows = {{"strategy", "outcome", "takes", "users hurt",
                                                 "saw the candidate", "found after",
                                                 "traffic back in"}};
  for (const value& v : strategies) {
    const object& s = v.as_object();
    rows.push_back({text_of(s, "strategy"), outcomes(s, seeds),
                    spread(s, "duration_s", seeds, in_seconds),
                    spread(s, "failed", seeds, in_number), spread(s, "exposed", seeds, in_number),
                    spread(s, "found_s", seeds, in_seconds), spread(s, "back_ms", seeds, in_ms)});
  }
  for (std::string& l : table(rows, std::max(look.width, 110))) lines.push_back(std::move(l));
  lines.emplace_back();
  for (std::string& l : sparkline(array_of(run, "timeline"), look.width)) lines.push_back(l);
  const std::string why = text_of(object_of(run, "because"), "text");
  if (!good) {
    for (std::string& l : wrap(pad("why", 12) + harmless(why), look.width, 12)) lines.push_back(l);
  }
  for (const value& v : array_of(run, "trace")) lines.push_back(harmless(v.as_string()));
  return lines;
}

std::expected<void, Trouble> write_plot(const std::string& path, const object& told) {
  const std::string svg = text_of(told, "plot");
  const bool html = path.ends_with(".html") || path.ends_with(".htm");
  if (!html && !path.ends_with(".svg")) {
    return refuse("usage",
                  fmt::format("--plot: `{}` ends neither in .svg nor in .html", harmless(path)));
  }
  std::string bytes = svg;
  if (html) {
    bytes = "<!doctype html><meta charset=utf-8><title>slipway simulate</title>\n" + svg;
  } else if (const auto next = svg.find("<svg", 1); next != std::string::npos) {
    bytes = svg.substr(0, next);  // one picture a file
  }
  std::ofstream out(path, std::ios::binary);
  out << bytes;
  out.close();
  if (!out) return refuse("usage", fmt::format("--plot: {} cannot be written", harmless(path)));
  return {};
}

}  // namespace

Ended run_simulate(Call& call) {
  SimulateWords words;
  words.declare(call.options);
  if (auto over = call.parse()) return *over;
  Session& s = call.session;
  const bool elsewhere = !s.shared.url.empty() || !s.console.variable("SLIPWAY_URL").empty();
  object told = TRY(elsewhere ? told_by_agent(s, words) : told_alone(s, words));
  if (!words.plot.empty()) {
    if (auto written = write_plot(words.plot, told); !written) {
      return std::unexpected(std::move(written.error()));
    }
  }
  told.erase("plot");
  if (s.machine()) {
    s.print_json(told);
  } else {
    s.print(render(told, s.look()));
  }
  return kExitGood;
}

}  // namespace slipway::cli
