// Scenarios as text, one thing a line, so that a failure can be kept as a test and read by a
// person.
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <sstream>

#include "sim/scenario.h"

namespace slipway::sim {
namespace {

using Kind = Happening::Kind;

constexpr std::array<std::pair<Kind, const char*>, 15> kKinds = {{
    {Kind::die, "die"},
    {Kind::ill, "ill"},
    {Kind::well, "well"},
    {Kind::lie, "lie"},
    {Kind::honest, "honest"},
    {Kind::flap, "flap"},
    {Kind::proxy, "proxy"},
    {Kind::proxy_empty, "proxy_empty"},
    {Kind::wall, "wall"},
    {Kind::kill, "kill"},
    {Kind::reboot, "reboot"},
    {Kind::freeze, "freeze"},
    {Kind::rival, "rival"},
    {Kind::full, "full"},
    {Kind::flip, "flip"},
}};
constexpr std::array kActs = {Act::deploy,  Act::rollback, Act::restart, Act::promote,
                              Act::approve, Act::reject,   Act::pause,   Act::resume,
                              Act::skip,    Act::abort,    Act::retry};
constexpr std::array kBusy = {WhenBusy::queue, WhenBusy::supersede, WhenBusy::refuse};

std::string seconds(Duration d) { return fmt::format("{:.6f}", to_seconds(d)); }

std::string text_of(const Happening& h) {
  if (h.kind != Kind::ask) {
    const char* name = "";
    for (const auto& [kind, word] : kKinds) {
      if (kind == h.kind) name = word;
    }
    return fmt::format("{} {} {}", name, h.pick, h.value);
  }
  const Request& r = h.request;
  std::string out = fmt::format("{} by={}", word(r.act), r.by);
  if (!r.version.empty()) out += " version=" + r.version;
  if (!r.strategy.empty()) out += " strategy=" + r.strategy;
  if (r.when_busy) out += fmt::format(" busy={}", word(*r.when_busy));
  if (r.full) out += " full=1";
  if (r.force) out += " force=1";
  if (r.pause_for) out += " for=" + seconds(*r.pause_for);
  if (r.step) out += fmt::format(" step={}", *r.step);
  if (h.of_queued) out += " queued=1";
  return out;
}

class Lines {
 public:
  Result<Scenario> read(std::string_view text) {
    std::istringstream in{std::string(text)};
    for (std::string line; std::getline(in, line);) {
      ++number_;
      if (line.empty() || line[0] == '#') continue;
      std::istringstream words(line);
      std::string first;
      words >> first;
      TRY(one(first, words));
      if (words.fail() && !words.eof()) return wrong("a number is missing");
    }
    return s_;
  }

 private:
  std::unexpected<Error> wrong(const std::string& what) const {
    return fail(Fault::invalid, "line {}: {}", number_, what);
  }
  static Duration length(double seconds) {
    return Duration(static_cast<std::int64_t>(seconds * 1e6 + (seconds < 0 ? -0.5 : 0.5)));
  }

  Result<> one(const std::string& first, std::istringstream& words) {
    if (first == "config") {
      words >> s_.config;
    } else if (first == "seed") {
      words >> s_.seed;
    } else if (first == "rps") {
      words >> s_.rps;
    } else if (first == "release") {
      std::string version, behaviour;
      words >> version >> std::ws;
      std::getline(words, behaviour);
      s_.releases[version] = behaviour;
    } else if (first == "slip") {
      return slip(words);
    } else if (first == "death") {
      return death(words);
    } else if (first == "at") {
      return happening(words);
    } else {
      return wrong("`" + first + "` is not known");
    }
    return {};
  }

  Result<> slip(std::istringstream& words) {
    std::uint64_t command = 0;
    std::string kind;
    double by = 0;
    words >> command >> kind >> by;
    for (int n = 0; n <= static_cast<int>(Slip::Kind::old); ++n) {
      const auto known = static_cast<Slip::Kind>(n);
      if (kind == word(known)) {
        s_.slips[command] = {known, length(by)};
        return {};
      }
    }
    return wrong("`" + kind + "` is no slip");
  }

  Result<> death(std::istringstream& words) {
    std::uint64_t number = 0;
    std::string at;
    double down = 0;
    words >> number >> at >> down;
    for (int n = 0; n <= static_cast<int>(Death::At::dispatch); ++n) {
      const auto known = static_cast<Death::At>(n);
      if (at != word(known)) continue;
      if (known == Death::At::dispatch) number += Simulation::kDispatch;
      s_.deaths[number] = {known, length(down)};
      return {};
    }
    return wrong("`" + at + "` is no place to die at");
  }

  Result<> happening(std::istringstream& words) {
    double at = 0;
    std::string what;
    words >> at >> what;
    Happening h{.at = length(at)};
    for (const auto& [kind, name] : kKinds) {
      if (what != name) continue;
      h.kind = kind;
      words >> h.pick >> h.value;
      s_.happenings.push_back(std::move(h));
      return {};
    }
    bool known = false;
    for (const Act act : kActs) {
      if (what != word(act)) continue;
      h.request.act = act;
      known = true;
    }
    if (!known) return wrong("`" + what + "` does not happen");
    for (std::string pair; words >> pair;) {
      const auto equals = pair.find('=');
      if (equals == std::string::npos) return wrong("`" + pair + "` is no NAME=VALUE");
      set(h, pair.substr(0, equals), pair.substr(equals + 1));
    }
    s_.happenings.push_back(std::move(h));
    return {};
  }

  static void set(Happening& h, const std::string& name, const std::string& value) {
    Request& r = h.request;
    if (name == "by") r.by = value;
    if (name == "version") r.version = value;
    if (name == "strategy") r.strategy = value;
    if (name == "full") r.full = true;
    if (name == "force") r.force = true;
    if (name == "queued") h.of_queued = true;
    if (name == "for") r.pause_for = length(std::strtod(value.c_str(), nullptr));
    if (name == "step") r.step = std::atoi(value.c_str());
    for (const WhenBusy rule : kBusy) {
      if (name == "busy" && value == word(rule)) r.when_busy = rule;
    }
  }

  Scenario s_;
  int number_ = 0;
};

}  // namespace

std::string text_of(const Scenario& s) {
  std::string out = fmt::format("config {}\nseed {}\nrps {:g}\n", s.config, s.seed, s.rps);
  for (const auto& [version, behaviour] : s.releases) {
    out += fmt::format("release {} {}\n", version, behaviour);
  }
  for (const Happening& h : s.happenings) {
    out += fmt::format("at {} {}\n", seconds(h.at), text_of(h));
  }
  for (const auto& [command, slip] : s.slips) {
    out += fmt::format("slip {} {} {}\n", command, word(slip.kind), seconds(slip.by));
  }
  for (const auto& [number, death] : s.deaths) {
    const bool dispatch = death.at == Death::At::dispatch;
    out += fmt::format("death {} {} {}\n", dispatch ? number - Simulation::kDispatch : number,
                       word(death.at), seconds(death.down));
  }
  return out;
}

Result<Scenario> parse_scenario(std::string_view text) { return Lines().read(text); }

}  // namespace slipway::sim
