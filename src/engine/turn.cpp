#include "engine/turn.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "engine/engine.h"

namespace slipway::engine {

namespace {

constexpr Duration kApplyWithin = std::chrono::seconds(30);
constexpr std::size_t kStoryBeginning = 32;  // entries that are never dropped

struct PutRoute {
  const Route& route;
  void operator()(Apply& c) const { c.route = route; }
  void operator()(Shift& c) const { c.route = route; }
  void operator()(Drain& c) const { c.route = route; }
  void operator()(Look&) const {}
  void operator()(CheckRelease&) const {}
  void operator()(StartInstance&) const {}
  void operator()(StopInstance&) const {}
  void operator()(RunSmoke&) const {}
  void operator()(Count&) const {}
  void operator()(Watch&) const {}
  void operator()(Answer&) const {}
  void operator()(Compile&) const {}
  void operator()(Tell&) const {}
};

}  // namespace

Because why(const char* code, std::initializer_list<NamedValues::View> values) {
  return {code, values};
}

Because because_of(const Deployment& d, const Step& step) {
  return why(
      codes::kNextStep,
      {{"step", fmt::format("{}", d.step + 1)}, {"verb", word(step.verb)}, {"name", step.name}});
}

std::string seconds(Duration d) { return fmt::format("{:g}", to_seconds(d)); }

CommandId Turn::issue(Command command, std::uint32_t number, Duration within, Because because) {
  const CommandId id = site.next_command++;
  site.awaiting.push_back({.id = id,
                           .attempt = 1,
                           .number = number,
                           .command = command,
                           .begun = at,
                           .deadline = at + within});
  given.push_back({id, 1, std::move(command), std::move(because)});
  return id;
}

void Turn::give_again(Awaited& a, Because because) {
  ++a.attempt;
  a.retry_at = kNever;
  given.push_back({a.id, a.attempt, a.command, std::move(because)});
}

void Turn::give_anew(Awaited& a, Duration within, Because because) {
  a.id = site.next_command++;
  a.attempt = 1;
  a.begun = at;
  a.deadline = at + within;
  a.retry_at = kNever;
  given.push_back({a.id, 1, a.command, std::move(because)});
}

void Turn::say(Command command, Because because) {
  const bool named = std::holds_alternative<Watch>(command);
  const CommandId id = named ? site.next_command++ : 0;
  given.push_back({id, named ? 1U : 0U, std::move(command), std::move(because)});
}

void Turn::tell(const Because& because, std::string text) {
  say(Tell{because.code, std::move(text)}, because);
}

void Turn::answer(std::uint64_t request, bool accepted, std::uint32_t number, std::string code,
                  std::string text, std::string state) {
  if (request == 0) return;  // it was answered when it was queued
  const Because because = why(codes::kRequested);
  say(Answer{request, accepted, number, std::move(code), std::move(text), std::move(state)},
      because);
}

void Turn::route_changed(Because because) {
  if (!route_because_) route_because_ = std::move(because);
}

void Turn::abandon(const std::function<bool(const Awaited&)>& unwanted) {
  std::erase_if(site.awaiting, [&](Awaited& a) {
    if (!unwanted(a)) return false;
    // What this turn itself gave has had no effect yet: it is not given at all.
    const auto taken = std::erase_if(given, [&](const Given& g) { return g.id == a.id; });
    if (!std::holds_alternative<StartInstance>(a.command)) return true;
    // One that waits for its next attempt has started nothing.
    if (a.retry_at != kNever || (taken > 0 && a.attempt == 1)) return true;
    a.number = 0;
    return false;
  });
}

void Turn::story(Deployment& d, std::string type, Because because) {
  if (d.story.size() >= limits::kStory) d.story.erase(kStoryBeginning);
  d.story.push_back({at, wall, std::move(type), std::move(because)});
}

void Turn::live_story(std::string type, Because because) {
  if (site.live) story(*site.live, std::move(type), std::move(because));
}

void Turn::seal() {
  if (route_because_) {
    std::erase_if(site.awaiting,
                  [](const Awaited& a) { return std::holds_alternative<Apply>(a.command); });
    issue(Apply{}, 0, kApplyWithin, *route_because_);
  }
  const bool routed = std::any_of(given.begin(), given.end(), [](const Given& g) {
    return std::holds_alternative<Apply>(g.command) || std::holds_alternative<Shift>(g.command) ||
           std::holds_alternative<Drain>(g.command);
  });
  if (!routed) return;
  const Route route = route_of(site);
  for (Given& g : given) std::visit(PutRoute{route}, g.command);
  for (Awaited& a : site.awaiting) std::visit(PutRoute{route}, a.command);
}

}  // namespace slipway::engine
