// Commands and states as one line each, for transcripts.
#pragma once

#include <fmt/format.h>

#include <string>

#include "contract/published.h"
#include "contract/site.h"

namespace slipway::engine {

inline std::string show(const Route& route) {
  std::string out = "{";
  for (const RouteSlot& slot : route.slots) {
    out += fmt::format("{}:{}={}[", static_cast<char>('a' + slot.slot), slot.version, slot.weight);
    for (const RouteServer& s : slot.servers) {
      out += fmt::format("{}{}", s.ready ? " " : " -", s.instance);
    }
    out += " ] ";
  }
  if (route.fallback >= 0)
    out += fmt::format("fallback {} ", static_cast<char>('a' + route.fallback));
  if (out.back() == ' ') out.pop_back();
  return out + "}";
}

struct ShowCommand {
  std::string operator()(const Look& c) const { return c.artifact; }
  std::string operator()(const CheckRelease& c) const { return c.version; }
  std::string operator()(const StartInstance& c) const {
    return fmt::format("{} of {}{}", c.instance, c.version,
                       c.advance && c.spec->container.rolled > 0 ? " by the platform" : "");
  }
  std::string operator()(const StopInstance& c) const { return fmt::format("{}", c.instance); }
  std::string operator()(const RunSmoke& c) const { return fmt::format("{}", c.instance); }
  std::string operator()(const Apply& c) const { return show(c.route); }
  std::string operator()(const Shift& c) const {
    return show(c.route) + (c.measure ? " measured" : " read back");
  }
  std::string operator()(const Drain& c) const {
    std::string ids;
    for (const auto id : c.instances) ids += fmt::format("{} ", id);
    return ids + show(c.route);
  }
  std::string operator()(const Count& c) const { return c.last ? "last" : "now"; }
  std::string operator()(const Watch& c) const {
    return fmt::format("{} beside {}{}", c.candidate, c.stable.empty() ? "nothing" : c.stable,
                       c.bake ? " bake" : "");
  }
  std::string operator()(const Answer& c) const {
    return fmt::format("{} {} #{} {}{}", c.request, c.accepted ? "accepted" : "refused", c.number,
                       c.code, c.state.empty() ? "" : " (" + c.state + ")");
  }
  std::string operator()(const Compile& c) const { return fmt::format("#{}", c.number); }
  std::string operator()(const Tell& c) const { return c.code; }
};

inline std::string show(const Given& g) {
  std::string line = fmt::format("{} {}", word(g.command), std::visit(ShowCommand{}, g.command));
  if (g.attempt > 1) line += fmt::format(" (attempt {})", g.attempt);
  return fmt::format("{}  <- {}", line, g.because.code.get());
}

inline std::string show(const Because& because) {
  std::string out = because.code;
  for (const auto& [name, value] : because.values) {
    if (!value.empty()) out += fmt::format(" {}={}", name, value);
  }
  return out;
}

inline std::string show(const Deployment& d) {
  std::string out = fmt::format("#{} {}", d.number, word(d.state));
  if (ended(d.state)) return fmt::format("{}: {}", out, show(d.because));
  if (d.settling) out += " settling";
  if (d.back != BackPhase::none) out += fmt::format(" {}", word(d.back));
  if (d.state == State::running && d.step < d.plan.steps.size() && !d.settling) {
    out += fmt::format(" {}/{} {} {}", d.step + 1, d.plan.steps.size(),
                       word(d.plan.steps[d.step].verb), d.plan.steps[d.step].name);
  }
  return out;
}

inline std::string show(const Site& site) {
  std::string out;
  const auto serving = site.copies.find(site.serving);
  out += "serves " + (serving == site.copies.end() ? "nothing" : serving->second.release.version);
  if (site.down) out += " DOWN";
  if (site.live) out += " | " + show(*site.live);
  if (site.queued) out += " | waits " + show(*site.queued);
  if (!site.live && site.last) out += " | ended " + show(*site.last);
  return out;
}

}  // namespace slipway::engine
