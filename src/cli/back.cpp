// slipway rollback, restart, retry: a release that is known already, followed to its end.
#include <fmt/format.h>

#include "cli/follow.h"
#include "cli/release_request.h"
#include "cli/render.h"

namespace slipway::cli {
namespace {

struct BackWords {
  std::vector<std::string> words;
  std::string to, because;
  bool no_wait = false, dry_run = false;
  Follow following;

  void declare(Options& o) {
    o.text("--because", because, "why, recorded with it");
    o.flag("-d,--detach,--no-wait", no_wait, "return when it is accepted");
    o.duration("--timeout", following.timeout, "stop following after this; it goes on");
    o.flag("--dry-run", dry_run, "say what would be done, and do nothing");
  }

  object body() const {
    object o;
    if (!because.empty()) o["because"] = because;
    if (!to.empty()) o["to"] = to;
    return o;
  }
};

Ended send_and_follow(Session& s, std::unique_ptr<Agent>& agent, const std::string& target,
                      const object& body, const BackWords& w) {
  object accepted = TRY(send(s, *agent, target, body));
  if (w.no_wait) return report_accepted(s, accepted);
  return follow(s, agent, std::move(accepted), w.following);
}

// What an environment verb would begin from, in a sentence.
Ended describe(Session& s, Agent& agent, const Place& place, const BackWords& w) {
  object status = TRY(
      fetch(s, agent,
            "/v1/environments/" + encoded(place.environment) + "/status" + service_query(place)));
  if (s.machine()) {
    s.print_json(status);
    return kExitGood;
  }
  s.line(fmt::format("would {} {}{}; nothing was changed. It stands so:", w.following.verb,
                     place.words(), w.to.empty() ? "" : " to " + w.to));
  s.print(render_status(status, s.look()));
  return kExitGood;
}

Ended environment_verb(Session& s, BackWords& w, bool with_config) {
  auto agent = TRY(reach(s, w.dry_run ? Need::answer : Need::change));
  Place place = TRY(place_of(s, w.words.empty() ? "" : w.words[0], agent.get()));
  if (w.dry_run) return describe(s, *agent, place, w);
  object body = w.body();
  if (!place.service.empty()) body["service"] = place.service;
  if (with_config) {
    if (auto handed = hand_over(s, *agent, body); !handed) {
      return std::unexpected(std::move(handed.error()));
    }
  }
  std::string target = "/v1/environments/" + encoded(place.environment) + "/" + w.following.verb +
                       service_query(place);
  return send_and_follow(s, agent, target, body, w);
}

}  // namespace

Ended run_rollback(Call& call) {
  BackWords w;
  w.following.verb = "rollback";
  call.options.words("ENV V", w.words, "the environment (ENV/SERVICE), and the version to go to");
  call.options.text("--to", w.to, "the version to go back to; else the last other that succeeded",
                    "V");
  w.declare(call.options);
  if (auto over = call.parse()) return *over;
  if (w.words.size() > 2) return refuse("usage", "more words than ENV and V");
  if (w.words.size() == 2) {
    if (!w.to.empty() && w.to != w.words[1]) {
      return refuse("usage", fmt::format("two versions were named: {} and {}", harmless(w.to),
                                         harmless(w.words[1])));
    }
    w.to = w.words[1];
  }
  return environment_verb(call.session, w, false);
}

Ended run_restart(Call& call) {
  BackWords w;
  w.following.verb = "restart";
  call.options.words("ENV", w.words, "the environment (ENV/SERVICE)");
  w.declare(call.options);
  if (auto over = call.parse()) return *over;
  if (w.words.size() > 1) return refuse("usage", "more words than ENV");
  return environment_verb(call.session, w, true);
}

Ended run_retry(Call& call) {
  BackWords w;
  w.following.verb = "retry";
  call.options.words("ID", w.words, "the ended deployment");
  w.declare(call.options);
  if (auto over = call.parse()) return *over;
  if (w.words.size() != 1) return refuse("usage", "which deployment?", "slipway retry ID");
  Session& s = call.session;
  auto agent = TRY(reach(s, w.dry_run ? Need::answer : Need::change));
  std::string target = "/v1/deployments/" + encoded(w.words[0]);
  if (w.dry_run) {
    object d = TRY(fetch(s, *agent, target));
    if (s.machine()) {
      s.print_json(d);
    } else {
      s.line(fmt::format("would release {} to {} again, by {}; nothing was changed",
                         harmless(text_of(d, "to")), harmless(text_of(d, "environment")),
                         harmless(text_of(d, "strategy"))));
    }
    return kExitGood;
  }
  return send_and_follow(s, agent, target + "/retry", w.body(), w);
}

}  // namespace slipway::cli
