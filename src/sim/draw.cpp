// Scenarios from a seed.
#include <fmt/format.h>

#include <array>

#include "sim/scenario.h"

namespace slipway::sim {
namespace {

using Kind = Happening::Kind;

constexpr std::array kFaults = {
    Kind::die,    Kind::die,   Kind::ill,         Kind::well,   Kind::lie,  Kind::honest,
    Kind::flap,   Kind::proxy, Kind::proxy_empty, Kind::wall,   Kind::kill, Kind::kill,
    Kind::reboot, Kind::full,  Kind::flip,        Kind::freeze, Kind::rival};
constexpr std::array kSlips = {Slip::Kind::late,    Slip::Kind::slow,        Slip::Kind::twice,
                               Slip::Kind::never,   Slip::Kind::lost,        Slip::Kind::failed,
                               Slip::Kind::failed,  Slip::Kind::false_alarm, Slip::Kind::final,
                               Slip::Kind::pending, Slip::Kind::old};
constexpr std::array kBad = {
    "errors=30%",  "errors=8% after 5s", "crash after 4s",  "never ready", "cannot start",
    "latency=x40", "errors=2%",          "crash after 12s", "errors=100%", "missing"};
constexpr std::array kVerbs = {Act::promote,  Act::approve, Act::approve, Act::reject,
                               Act::pause,    Act::resume,  Act::skip,    Act::abort,
                               Act::rollback, Act::retry,   Act::restart, Act::promote};

class Drawing {
 public:
  Drawing(std::uint64_t seed, int deployments)
      : dice_(seed, "scenario"), deployments_(deployments) {
    s_.seed = seed;
  }

  Scenario draw(bool faulty, const std::string& config) {
    const auto& names = config_names();
    s_.config = config.empty() ? names[dice_.below(names.size() - 1)] : config;  // not the defaults
    s_.rps = dice_.chance(0.1) ? 0.2 : 5 + static_cast<double>(dice_.below(50));
    releases(faulty);
    if (faulty) faults();
    return s_;
  }

 private:
  std::string version() { return fmt::format("v{}", 1 + dice_.below(5)); }

  void add(Duration at, Request request) {
    Happening h{.at = at};
    h.request = std::move(request);
    s_.happenings.push_back(std::move(h));
  }

  void releases(bool faulty) {
    for (int v = 2; v <= 5; ++v) {
      if (dice_.chance(0.3)) s_.releases[fmt::format("v{}", v)] = kBad[dice_.below(kBad.size())];
    }
    Duration at = 100ms;
    add(at, {.act = Act::deploy, .by = "ana", .version = "v1"});
    for (int n = 1; n < deployments_; ++n) {
      const bool collides = faulty && dice_.chance(0.25);
      at += collides ? dice_.between(1ms, 8s) : dice_.between(12s, 45s);
      Request r{.act = Act::deploy, .by = "ana", .version = version()};
      if (dice_.chance(0.15)) r.act = Act::rollback;
      if (r.act == Act::rollback && dice_.chance(0.6)) r.version.clear();
      if (dice_.chance(0.08)) r.act = Act::restart;
      if (dice_.chance(0.3)) r.when_busy = static_cast<WhenBusy>(dice_.below(3));
      if (s_.config == "approved") approve(at);
      add(at, std::move(r));
    }
    end_ = at + 20s;
  }

  void approve(Duration at) {
    if (dice_.chance(0.8)) {
      add(at + dice_.between(100ms, 8s), {.act = Act::approve, .by = "ben"});
    }
  }

  void faults() {
    const auto some = [&](double each) { return dice_.poisson(each * deployments_); };
    for (std::uint64_t n = some(0.7); n > 0; --n) verb();
    for (std::uint64_t n = some(0.6); n > 0; --n) fault();
    for (std::uint64_t n = some(1.2); n > 0; --n) {
      const std::uint64_t command = 1 + dice_.below(static_cast<std::uint64_t>(deployments_) * 22);
      Slip slip{kSlips[dice_.below(kSlips.size())], dice_.between(1ms, 3s)};
      if (dice_.chance(0.2)) slip.by = dice_.between(3s, 100s);
      s_.slips[command] = slip;
    }
    for (std::uint64_t n = some(0.5); n > 0; --n) {
      Death death{static_cast<Death::At>(dice_.below(4)), dice_.between(50ms, 3s)};
      if (dice_.chance(0.1)) death.down = dice_.between(10s, 200s);
      std::uint64_t at = 1 + dice_.below(static_cast<std::uint64_t>(deployments_) * 45);
      if (death.at == Death::At::dispatch) at = Simulation::kDispatch + 1 + at / 2;
      s_.deaths[at] = death;
    }
  }

  void verb() {
    Request r{.act = kVerbs[dice_.below(kVerbs.size())], .by = dice_.chance(0.5) ? "ana" : "ben"};
    r.full = dice_.chance(0.3);
    r.force = dice_.chance(0.3);
    if (r.act == Act::rollback && dice_.chance(0.4)) r.version = version();
    if (dice_.chance(0.3)) r.step = static_cast<int>(1 + dice_.below(10));
    if (r.act == Act::pause) r.pause_for = dice_.between(100ms, 60s);
    Happening h{.at = dice_.between(0s, end_)};
    h.request = std::move(r);
    h.of_queued = dice_.chance(0.15);
    s_.happenings.push_back(std::move(h));
  }

  void fault() {
    Happening h{.at = dice_.between(0s, end_), .kind = kFaults[dice_.below(kFaults.size())]};
    h.pick = dice_.below(8);
    switch (h.kind) {
      case Kind::wall:
        h.value = static_cast<std::int64_t>(dice_.below(14'400)) - 7'200;
        break;
      case Kind::kill:
      case Kind::reboot:
      case Kind::freeze:
        h.value = static_cast<std::int64_t>(50 + dice_.below(dice_.chance(0.1) ? 300'000 : 3'000));
        break;
      case Kind::full:
        h.value = static_cast<std::int64_t>(1 + dice_.below(4));
        break;
      case Kind::flip:
        h.value = static_cast<std::int64_t>(dice_.below(1'000'000));
        break;
      default:
        break;
    }
    s_.happenings.push_back(std::move(h));
  }

  Dice dice_;
  int deployments_;
  Duration end_{};
  Scenario s_;
};

}  // namespace

Scenario drawn(std::uint64_t seed, int deployments) {
  return Drawing(seed, deployments).draw(true, "");
}

Scenario drawn_calm(std::uint64_t seed, int deployments, const std::string& config) {
  return Drawing(seed, deployments).draw(false, config);
}

}  // namespace slipway::sim
