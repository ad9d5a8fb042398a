// The operator's verbs on a live deployment (interface page 3.2). All return when recorded, but
// abort, which follows to the end; --wait makes the others follow too.
#include <fmt/format.h>

#include "cli/follow.h"
#include "cli/render.h"
#include "cli/verb.h"

namespace slipway::cli {
namespace {

struct OperateWords {
  std::string id, because, plan, step;
  bool full = false, force = false, wait = false, no_wait = false, dry_run = false;
  std::optional<Duration> pause_for;
  Follow following;
};

void declare(Call& call, OperateWords& w) {
  Options& o = call.options;
  std::string verb = w.following.verb;
  o.word("ID", w.id, "web-production-42, 42, or an ENV; left out: the only live one");
  if (verb == "skip") o.word("STEP", w.step, "the step's number; left out: the current one");
  if (verb == "promote") {
    o.flag("--full", w.full, "to the last weight at once; asks");
    o.flag("--force", w.force, "also while data is bad");
  }
  if (verb == "pause") o.duration("--for", w.pause_for, "then it is aborted (24 h)");
  if (verb == "approve") o.text("--plan", w.plan, "the plan's digest that was looked at", "DIGEST");
  o.text("--because", w.because, "why, recorded with it");
  if (verb == "abort") {
    o.flag("-d,--detach,--no-wait", w.no_wait, "return when it is recorded");
  } else {
    o.flag("--wait", w.wait, "follow to the end");
  }
  o.duration("--timeout", w.following.timeout, "stop following after this; it goes on");
  o.flag("--dry-run", w.dry_run, "say what would be done, and do nothing");
}

std::expected<void, Trouble> ask(Session& s, const OperateWords& w, const std::string& what) {
  if (s.shared.yes) return {};
  if (!s.console.in_is_terminal() || !s.console.out_is_terminal()) {
    return refuse("needs_yes", fmt::format("{} needs --yes where nobody can be asked", what));
  }
  std::string answer = s.console.ask(fmt::format("{} {}? [y/N] ", what, harmless(w.id)));
  if (answer == "y" || answer == "Y" || answer == "yes") return {};
  return refuse("declined", "nothing was changed");
}

std::expected<object, Trouble> body_of_verb(const OperateWords& w) {
  object body;
  if (!w.because.empty()) body["because"] = w.because;
  if (w.full) body["full"] = true;
  if (w.force) body["force"] = true;
  if (w.pause_for) body["for"] = w.pause_for->count() / 1000;
  if (!w.plan.empty()) body["plan"] = w.plan;
  if (!w.step.empty()) {
    int step = 0;
    for (char c : w.step) {
      if (c < '0' || c > '9' || step > 10'000) step = -1;
      if (step < 0) break;
      step = step * 10 + (c - '0');
    }
    if (step <= 0) {
      return refuse("usage", fmt::format("`{}` is no number of a step", harmless(w.step)));
    }
    body["step"] = step;
  }
  return body;
}

Ended operate(Call& call, const char* verb) {
  OperateWords w;
  w.following.verb = verb;
  declare(call, w);
  if (auto over = call.parse()) return *over;
  Session& s = call.session;
  object body = TRY(body_of_verb(w));
  auto agent = TRY(reach(s, w.dry_run ? Need::answer : Need::change));
  if (w.id.empty()) w.id = TRY(only_live(s, *agent));
  std::string target = "/v1/deployments/" + encoded(w.id);
  if (w.dry_run) {
    object d = TRY(fetch(s, *agent, target));
    if (s.machine()) {
      s.print_json(d);
    } else {
      s.line(fmt::format("would {} {} ({}); nothing was changed", verb, harmless(text_of(d, "id")),
                         text_of(d, "state")));
    }
    return kExitGood;
  }
  bool asks = std::string_view(verb) == "skip" || w.full;
  if (asks) {
    auto yes = ask(s, w, w.full ? "promote --full" : "skip");
    if (!yes) return std::unexpected(std::move(yes.error()));
  }
  // An approval binds the plan that was shown: the newest one, when none is named.
  if (std::string_view(verb) == "approve" && w.plan.empty()) {
    object d = TRY(fetch(s, *agent, target));
    if (std::string plan = text_of(d, "plan"); !plan.empty()) body["plan"] = plan;
  }
  object d = TRY(send(s, *agent, target + "/" + verb, body));
  bool follows = std::string_view(verb) == "abort" ? !w.no_wait : w.wait;
  if (follows) return follow(s, agent, std::move(d), w.following);
  return report_accepted(s, d);
}

}  // namespace

Ended run_promote(Call& call) { return operate(call, "promote"); }
Ended run_approve(Call& call) { return operate(call, "approve"); }
Ended run_reject(Call& call) { return operate(call, "reject"); }
Ended run_pause(Call& call) { return operate(call, "pause"); }
Ended run_resume(Call& call) { return operate(call, "resume"); }
Ended run_skip(Call& call) { return operate(call, "skip"); }
Ended run_abort(Call& call) { return operate(call, "abort"); }

}  // namespace slipway::cli
