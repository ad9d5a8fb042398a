// One turn of a site: the state while it is moved by one event, and what that commands. Commands
// leave through it alone, so that each has an id, a deadline and a reason.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "contract/event.h"
#include "contract/published.h"
#include "contract/site.h"
#include "engine/codes.h"

namespace slipway::engine {

// Ten minutes: a plan older than this is compiled again before it starts (interface page 3.3).
inline constexpr Duration kPlanKeeps = std::chrono::minutes(10);

Because why(const char* code, std::initializer_list<NamedValues::View> values = {});
// Why a step of the plan commands something: it is the next one.
Because because_of(const Deployment&, const Step&);
std::string seconds(Duration);  // "90", "0.25"

class Turn {
 public:
  // What the site shares with its copies becomes its own now, so that a reference to it is to what
  // this turn changes, however it was come by.
  Turn(Site& in, const Event& event) : site(in), at(event.at), wall(event.wall) {
    for (auto* place : {&site.live, &site.queued})
      if (*place) (void)**place;
  }

  Site& site;
  const Instant at;
  const Wall wall;
  std::vector<Given> given;

  // An awaited command: answered by `within`, or it failed. `number`: the deployment that is moved
  // by the answer; 0: the site itself, which tries for ever.
  CommandId issue(Command, std::uint32_t number, Duration within, Because);
  // The next attempt of one that failed.
  void give_again(Awaited&, Because);
  // The same command under a new id, with all its attempts before it.
  void give_anew(Awaited&, Duration within, Because);
  // Nothing is awaited: Answer, Compile, Tell have no id; Watch has one, nobody waits for it.
  void say(Command, Because);
  void tell(const Because&, std::string text);
  void answer(std::uint64_t request, bool accepted, std::uint32_t number, std::string code,
              std::string text = {}, std::string state = {});

  // The router's state changed: one Apply at the end of the turn, with the state as it is then.
  void route_changed(Because);
  // Nobody waits for these any more. Started instances stay awaited: what they bring is removed.
  void abandon(const std::function<bool(const Awaited&)>&);

  void story(Deployment&, std::string type, Because);
  void live_story(std::string type, Because);  // of the live deployment, when there is one

  // Ends the turn: the Apply, and the newest route in every router command.
  void seal();

 private:
  std::optional<Because> route_because_;
};

}  // namespace slipway::engine
