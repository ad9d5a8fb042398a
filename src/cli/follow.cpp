#include "cli/follow.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/github.h"
#include "cli/render.h"
#include "cli/screen.h"

namespace slipway::cli {
namespace {

// A canary that its criteria took back; what else ends one has its own words.
bool fell_by_criteria(const object& d) {
  return text_of(d, "strategy") == "canary" && text_of(d, "kind") != "rollback" &&
         text_of(d, "state") == "rolled_back" &&
         text_of(object_of(d, "because"), "code") == "judge_failed";
}

constexpr Duration kLivePoll = 100ms;
constexpr Duration kPipePoll = 50ms;
constexpr Duration kLastEvents = 500ms;  // for `deployment.ended` to come after the state did
constexpr Duration kAgentAway = 30s;
constexpr Duration kAgentPoll = 250ms;

void tell_where(const Session& s, const object& d) {
  const std::string url = text_of(d, "url");
  if (!url.empty() && !s.machine() && !has_ended(text_of(d, "state")))
    s.say("in a browser: " + harmless(url));
}

class Follower {
 public:
  Follower(Session& s, std::unique_ptr<Agent>& agent, object first, const Follow& f)
      : s_(s), agent_(agent), d_(std::move(first)), f_(f), screen_(s.console) {
    live_ = s.console.out_is_terminal() && s.shared.output == Output::text && !s.shared.quiet &&
            s.console.variable("TERM") != "dumb";
    id_ = text_of(d_, "id");
  }

  Ended run() {
    begun_ = s_.console.steady();
    if (!has_ended(state())) events_ = events();
    tell_where(s_, d_);
    if (live_) s_.console.keys(true);
    Ended ended = loop();
    if (live_) {
      screen_.clear();
      s_.console.keys(false);
    }
    return finish(std::move(ended));
  }

 private:
  enum class Left : unsigned char { no, key, interrupt, terminate, timeout };

  std::string state() const { return text_of(d_, "state"); }

  // Null where nobody is told of them.
  std::unique_ptr<EventStream> events() const {
    const bool silent = s_.shared.quiet || s_.shared.output == Output::json;
    if (silent && !live_) return nullptr;
    return agent_->events("deployment=" + encoded(id_));
  }

  Ended loop() {
    for (;;) {
      take_events();
      if (has_ended(state())) {
        last_events();
        return exit_of(f_.verb, d_);
      }
      if (state() == "rollback_failed") return kExitRollbackFailed;
      if (live_) draw();
      if (f_.timeout && s_.console.steady() - begun_ >= *f_.timeout) {
        left_ = Left::timeout;
        return kExitTimeout;
      }
      Wake wake = s_.console.wait(live_ ? kLivePoll : kPipePoll);
      if (wake.why == Wake::Why::interrupt) left_ = Left::interrupt;
      if (wake.why == Wake::Why::terminate) left_ = Left::terminate;
      if (wake.why == Wake::Why::key) press(wake.key);
      if (left_ != Left::no) return exit_of_leaving();
      if (auto fresh = refresh(); !fresh) return std::unexpected(std::move(fresh.error()));
    }
  }

  int exit_of_leaving() const {
    if (left_ == Left::interrupt) return kExitInterrupted;
    return left_ == Left::terminate ? kExitTerminated : kExitGood;
  }

  std::expected<void, Trouble> refresh() {
    auto answer = agent_->get("/v1/deployments/" + encoded(id_));
    if (!answer || answer->status == 503) {
      if (auto back = wait_for_agent(); !back) return std::unexpected(std::move(back.error()));
      return {};
    }
    d_ = TRY(body_of(s_, std::move(answer)));
    return {};
  }

  // The release goes on without us and, for its traffic, without the agent; a new agent takes over
  // where the old one was.
  std::expected<void, Trouble> wait_for_agent() {
    if (live_) screen_.clear();
    s_.say("the agent does not answer; traffic stays as it is. Waiting for it to come back");
    Duration until = s_.console.steady() + kAgentAway;
    std::string why;
    while (s_.console.steady() < until) {
      Wake wake = s_.console.wait(kAgentPoll);
      if (wake.why == Wake::Why::interrupt || wake.why == Wake::Why::terminate) {
        left_ = wake.why == Wake::Why::interrupt ? Left::interrupt : Left::terminate;
        return {};
      }
      auto fresh = reach(s_, Need::answer);
      if (!fresh) {
        why = fresh.error().text;
        continue;
      }
      auto answer = (*fresh)->get("/v1/deployments/" + encoded(id_));
      if (!answer || answer->status >= 500) continue;
      events_.reset();
      agent_ = std::move(*fresh);
      d_ = TRY(body_of(s_, std::move(answer)));
      events_ = events();
      return {};
    }
    return unreachable(
        fmt::format("the agent has not come back for {} s: {}", kAgentAway / 1s, why),
        fmt::format("`slipway watch {}` follows on when it is there again", id_));
  }

  // True when the deployment's end was among them.
  bool take_events() {
    bool end = false;
    while (events_) {
      auto next = events_->next(Duration(0));
      if (!next) {
        events_.reset();  // polling alone still tells the end
        break;
      }
      if (!*next) break;
      end = take(**next) || end;
      if (end) break;
    }
    return end;
  }

  bool take(const object& event) {
    if (text_of(event, "deployment") != id_) return false;
    std::int64_t seq = integer_of(event, "seq").value_or(0);
    if (seq != 0 && seq <= seen_) return false;
    seen_ = std::max(seen_, seq);
    if (s_.shared.output == Output::jsonl) {
      s_.print_json(event);
    } else if (s_.shared.output == Output::text && !s_.shared.quiet && !live_) {
      // A step's end and what it did are two events in one sentence: said once.
      std::string line = render_event(event, s_.look());
      if (line != said_) s_.line(line);
      said_ = std::move(line);
    }
    news_ = event;
    return text_of(event, "type") == "deployment.ended";
  }

  void last_events() {
    if (!events_ || live_ || s_.shared.output == Output::json) return;
    Duration until = s_.console.steady() + kLastEvents;
    while (events_ && s_.console.steady() < until) {
      if (text_of(news_, "type") == "deployment.ended" || take_events()) return;
      if (s_.console.wait(10ms).why != Wake::Why::time) return;
    }
  }

  void draw() {
    screen_.draw(render_live(d_, news_.empty() ? nullptr : &news_, notice_, s_.look()));
  }

  void press(char key) {
    notice_.clear();
    switch (key) {
      case 'q':
        left_ = Left::key;
        break;
      case 'a':
        verb("abort");
        break;
      case 'p':
        verb("promote");
        break;
      case ' ':
        verb(state() == "paused" ? "resume" : "pause");
        break;
      case 'e':
        show_explain();
        break;
      case 'l':
        show_logs();
        break;
      default:
        break;
    }
  }

  void verb(const std::string& name) {
    object body{{"because", "key in the live view"}};
    auto answer = send(s_, *agent_, fmt::format("/v1/deployments/{}/{}", encoded(id_), name), body);
    if (!answer) {
      notice_ = name + ": " + harmless(answer.error().text);
      return;
    }
    if (!text_of(*answer, "state").empty()) d_ = std::move(*answer);
  }

  void show_explain() {
    auto answer = fetch(s_, *agent_, fmt::format("/v1/deployments/{}/explain", encoded(id_)));
    if (!answer) {
      notice_ = "explain: " + harmless(answer.error().text);
      return;
    }
    screen_.clear();
    s_.print(render_explain(*answer, s_.look()));
    s_.line("");
  }

  void show_logs() {
    auto answer = agent_->get(fmt::format("/v1/deployments/{}/logs?tail=20", encoded(id_)));
    if (!answer || answer->status >= 400) {
      notice_ = "logs: " + (answer ? trouble_of(*answer).text : answer.error().text);
      return;
    }
    screen_.clear();
    s_.console.out(answer->text);
    if (!answer->text.ends_with('\n')) s_.line("");
  }

  Ended finish(Ended ended) {
    if (!ended) return ended;
    bool over = has_ended(state());
    Lines lines = over ? render_end(d_, s_.look()) : render_left(d_, s_.look());
    if (s_.shared.output == Output::json) s_.print_json(d_);
    if (s_.shared.output == Output::text) {
      if (s_.shared.quiet) lines.resize(1);
      s_.print(lines);
    } else if (!over) {
      for (const std::string& l : lines) s_.say(l);
    }
    if (over && fell_by_criteria(d_)) s_.say("error: Canary deployment failed");
    if (over || state() == "rollback_failed") annotate_end(s_, d_);
    return *ended;
  }

  Session& s_;
  std::unique_ptr<Agent>& agent_;
  object d_;
  const Follow& f_;
  Screen screen_;
  std::unique_ptr<EventStream> events_;
  std::string said_;  // the newest line of a plain stream
  object news_;
  std::string id_, notice_;
  std::int64_t seen_ = 0;
  Duration begun_{};
  Left left_ = Left::no;
  bool live_ = false;
};

}  // namespace

int exit_of(const std::string& verb, const object& d) {
  std::string state = text_of(d, "state");
  if (state == "rollback_failed") return kExitRollbackFailed;
  bool takes_back = verb == "abort" || verb == "reject" ||
                    (verb == "rollback" && text_of(d, "kind") != "rollback");
  if (takes_back) {
    return state == "aborted" || state == "rolled_back" ? kExitGood : kExitTakenBack;
  }
  return state == "succeeded" ? kExitGood : kExitTakenBack;
}

int report_accepted(Session& s, const object& d) {
  if (s.machine()) {
    s.print_json(d);
    return kExitGood;
  }
  std::string line = fmt::format("{} {}", harmless(text_of(d, "id")), text_of(d, "state"));
  const object& waits = object_of(d, "waits_for");
  if (std::string what = harmless(text_of(waits, "what")); !what.empty()) {
    line += ": waits for " + what;
  }
  s.line(line);
  if (!s.shared.quiet && !has_ended(text_of(d, "state"))) {
    s.line("follow     slipway watch " + harmless(text_of(d, "id")));
    tell_where(s, d);
  }
  return kExitGood;
}

Ended follow(Session& s, std::unique_ptr<Agent>& agent, object first, const Follow& f) {
  if (text_of(first, "id").empty()) {
    return unreachable("the agent accepted and named no deployment", "slipway status");
  }
  std::string answer = text_of(first, "answer");
  std::string id = harmless(text_of(first, "id"));
  if (answer == "already_running") {
    s.say(fmt::format("the same release runs already; {} brought it", id));
  } else if (answer == "already_deploying") {
    s.say(fmt::format("the same release is being deployed already; following {}", id));
  } else if (answer == "joined") {
    s.say(fmt::format("it is being taken back already; following {}", id));
  }
  return Follower(s, agent, std::move(first), f).run();
}

}  // namespace slipway::cli
