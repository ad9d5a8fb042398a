// slipway logs: the output as it was written, followed by asking again and printing what is new.
#include <fmt/format.h>

#include <algorithm>

#include "cli/overlap.h"
#include "cli/verb.h"

namespace slipway::cli {
namespace {

constexpr Duration kFollowPoll = 300ms;
constexpr int kFollowTail = 5000;

struct LogWords {
  std::string id, version, instance, grep;
  std::optional<int> tail;
  bool follow = false;
};

std::string query_of(const LogWords& w) {
  std::string query;
  auto add = [&](const char* key, const std::string& value) {
    if (!value.empty())
      query += (query.empty() ? "?" : "&") + std::string(key) + "=" + encoded(value);
  };
  add("version", w.version);
  add("instance", w.instance);
  add("grep", w.grep);
  // Followed by a tail that is long enough to overlap with the one before.
  if (w.tail || w.follow) add("tail", std::to_string(w.follow ? kFollowTail : *w.tail));
  return query;
}

std::expected<std::string, Trouble> output_of(const Session& s, Agent& agent,
                                              const std::string& target) {
  auto answer = agent.get(target);
  if (!answer) {
    return unreachable(fmt::format("no answer from the agent at {}: {}",
                                   s.door ? s.door->name() : "?", answer.error().text));
  }
  if (answer->status >= 400) return std::unexpected(trouble_of(*answer));
  // Plain text; an agent that wraps it says so by JSON.
  if (answer->json.is_object()) return text_of(answer->json.get_object(), "text");
  return answer->text;
}

Ended follow_output(Session& s, Agent& agent, const std::string& target, std::string shown) {
  for (;;) {
    Wake wake = s.console.wait(kFollowPoll);
    if (wake.why == Wake::Why::interrupt) return kExitInterrupted;
    if (wake.why == Wake::Why::terminate) return kExitTerminated;
    std::string now = TRY(output_of(s, agent, target));
    s.console.out(new_lines(shown, now));
    shown = std::move(now);
  }
}

}  // namespace

Ended run_logs(Call& call) {
  LogWords w;
  Options& o = call.options;
  o.word("ID", w.id, "an ENV, or a deployment's ID");
  o.flag("-f,--follow", w.follow, "go on with what is written from now on");
  o.text("--version", w.version, "of this release alone", "V");
  o.text("--instance", w.instance, "of this instance alone", "N");
  o.later("--step", Options::Takes::value);
  o.later("--since", Options::Takes::value);
  o.number("-n,--tail", w.tail, "the last lines alone");
  o.text("--grep", w.grep, "lines that match this regular expression", "RE");
  if (auto over = call.parse()) return *over;
  Session& s = call.session;
  if (w.tail && *w.tail < 0) return refuse("usage", "--tail: at least 0");
  auto agent = TRY(reach(s, Need::answer));
  if (w.id.empty()) w.id = TRY(place_of(s, "", agent.get())).environment;
  std::string target = "/v1/deployments/" + encoded(w.id) + "/logs" + query_of(w);
  std::string text = TRY(output_of(s, *agent, target));
  if (s.machine()) {
    s.print_json(object{{"schema", "logs/1"}, {"text", text}});
    return kExitGood;
  }
  std::string first =
      w.follow && w.tail ? last_lines(text, static_cast<std::size_t>(*w.tail)) : text;
  s.console.out(first);
  if (!first.empty() && !first.ends_with('\n')) s.console.out("\n");
  if (!w.follow) return kExitGood;
  return follow_output(s, *agent, target, text);
}

}  // namespace slipway::cli
