// slipway deploy, slipway plan.
#include "cli/follow.h"
#include "cli/release_request.h"

namespace slipway::cli {

Ended run_plan(Call& call) {
  ReleaseWords words;
  words.declare(call.options);
  if (auto over = call.parse()) return *over;
  return show_plan(call.session, words);
}

Ended run_deploy(Call& call) {
  ReleaseWords words;
  bool no_wait = false, dry_run = false;
  Follow following{.verb = "deploy"};
  words.declare(call.options);
  call.options.flag("-d,--detach,--no-wait", no_wait, "return when it is accepted");
  call.options.duration("--timeout", following.timeout,
                        "stop following after this; the deployment goes on");
  call.options.flag("--dry-run", dry_run, "as `slipway plan`");
  if (auto over = call.parse()) return *over;
  Session& s = call.session;
  if (dry_run) return show_plan(s, words);

  // What can be refused here is refused before an agent is started for it.
  std::unique_ptr<Agent> agent;
  bool named = !words.words.empty();
  if (named) TRY(request_of(s, words, nullptr));
  agent = TRY(reach(s, Need::change));
  object body = to_json(TRY(request_of(s, words, agent.get())));
  if (auto handed = hand_over(s, *agent, body); !handed)
    return std::unexpected(std::move(handed.error()));
  object accepted = TRY(send(s, *agent, "/v1/deployments", body));
  if (no_wait) return report_accepted(s, accepted);
  return follow(s, agent, std::move(accepted), following);
}

}  // namespace slipway::cli
