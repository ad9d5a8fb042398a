// slipway history, show, explain, replay.
#include <fmt/format.h>

#include "base/limits.h"
#include "cli/handover.h"
#include "cli/render.h"
#include "cli/verb.h"

namespace slipway::cli {
namespace {

void query(std::string& target, const char* key, const std::string& value) {
  if (value.empty()) return;
  target +=
      (target.find('?') == std::string::npos ? "?" : "&") + std::string(key) + "=" + encoded(value);
}

struct Shown {
  const char* path;  // after the id
  Lines (*render)(const object&, const Look&);
};

Ended show_one(Call& call, const Shown& shown) {
  std::string id;
  call.options.word("ID", id,
                    "web-production-42, 42, or an ENV: its live deployment, else its last");
  if (auto over = call.parse()) return *over;
  Session& s = call.session;
  auto agent = TRY(reach(s, Need::answer));
  if (id.empty()) id = TRY(place_of(s, "", agent.get())).environment;
  object answer = TRY(fetch(s, *agent, "/v1/deployments/" + encoded(id) + shown.path));
  if (s.machine()) {
    s.print_json(answer);
  } else {
    s.print(shown.render(answer, s.look()));
  }
  return kExitGood;
}

}  // namespace

Ended run_history(Call& call) {
  std::string word, service, state, version, since, until, after;
  std::optional<int> limit;
  Options& o = call.options;
  o.word("ENV", word, "the environment (ENV/SERVICE); left out: all");
  o.number("-n,--limit", limit, "at most so many (50)");
  o.text("--service", service, "of this service alone", "NAME");
  o.text("--in-state", state, "ended so: succeeded, rolled_back, aborted, failed, superseded",
         "WORD");
  o.text("--version", version, "of this release alone", "V");
  o.text("--since", since, "not older than this time", "TIME");
  o.text("--until", until, "not newer than this time", "TIME");
  o.text("--after", after, "the next page, as the page before says", "NEXT");
  if (auto over = call.parse()) return *over;
  Session& s = call.session;
  if (limit && *limit < 1) return refuse("usage", "--limit: at least 1");
  auto agent = TRY(reach(s, Need::answer));
  std::string target = "/v1/history";
  if (!word.empty()) {
    Place place = TRY(place_of(s, word, agent.get()));
    query(target, "environment", place.environment);
    query(target, "service", place.service);
  }
  query(target, "service", service);
  query(target, "state", state);
  query(target, "version", version);
  query(target, "since", since);
  query(target, "until", until);
  query(target, "after", after);
  if (limit) query(target, "limit", std::to_string(*limit));
  object list = TRY(fetch(s, *agent, target));
  if (s.shared.output == Output::jsonl) {
    for (const value& item : array_of(list, "items")) s.print_json(item);
  } else if (s.machine()) {
    s.print_json(list);
  } else {
    s.print(render_history(list, s.look()));
  }
  return kExitGood;
}

Ended run_show(Call& call) { return show_one(call, {"", render_show}); }
Ended run_explain(Call& call) { return show_one(call, {"/explain", render_explain}); }

Ended run_replay(Call& call) {
  std::string id, policy;
  call.options.word("ID", id,
                    "web-production-42, 42, or an ENV: its live deployment, else its last");
  call.options.text("--policy", policy, "the configuration to judge by (a copy of slipway.yaml)",
                    "FILE");
  if (auto over = call.parse()) return *over;
  Session& s = call.session;
  if (policy.empty())
    return refuse("usage", "--policy FILE is needed: the configuration to judge by");
  auto bytes = read_file(policy, limits::kConfigBytes);
  if (!bytes) return refuse("no_policy", bytes.error().text);
  auto agent = TRY(reach(s, Need::answer));
  if (id.empty()) id = TRY(place_of(s, "", agent.get())).environment;
  api::ConfigFiles files;
  files.file = policy;
  files.folder = "/";
  files.bytes = std::move(*bytes);
  object answer = TRY(send(s, *agent, "/v1/deployments/" + encoded(id) + "/replay",
                           object{{"config_files", to_json(files)}}));
  if (s.machine()) {
    s.print_json(answer);
  } else {
    s.print(render_replay(answer, s.look()));
  }
  return kExitGood;
}

}  // namespace slipway::cli
