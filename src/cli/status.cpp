// slipway status, slipway watch.
#include <fmt/format.h>

#include "cli/follow.h"
#include "cli/render.h"
#include "cli/verb.h"

namespace slipway::cli {

Ended run_status(Call& call) {
  std::string word;
  call.options.word("ENV", word, "the environment (ENV/SERVICE); left out: all");
  if (auto over = call.parse()) return *over;
  Session& s = call.session;
  auto agent = TRY(reach(s, Need::answer));
  std::string target = "/v1/environments";
  if (!word.empty()) {
    Place place = TRY(place_of(s, word, agent.get()));
    target += "/" + encoded(place.environment) + "/status" + service_query(place);
  }
  object status = TRY(fetch(s, *agent, target));
  if (s.machine()) {
    s.print_json(status);
    return kExitGood;
  }
  Lines lines = render_status(status, s.look());
  if (s.shared.quiet) lines.erase(lines.begin(), lines.end() - 1);
  s.print(lines);
  return kExitGood;
}

Ended run_watch(Call& call) {
  std::string id;
  Follow following{.verb = "watch"};
  call.options.word("ID", id, "web-production-42, 42, or an ENV; left out: the only live one");
  call.options.duration("--timeout", following.timeout, "stop following after this; it goes on");
  if (auto over = call.parse()) return *over;
  Session& s = call.session;
  auto agent = TRY(reach(s, Need::answer));
  if (id.empty()) id = TRY(only_live(s, *agent));
  object d = TRY(fetch(s, *agent, "/v1/deployments/" + encoded(id)));
  return follow(s, agent, std::move(d), following);
}

}  // namespace slipway::cli
