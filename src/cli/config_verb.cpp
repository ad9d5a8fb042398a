// slipway config show, diff, push: the configuration that the agent owns, and this folder's.
#include <fmt/format.h>

#include <algorithm>

#include "cli/difference.h"
#include "cli/handover.h"
#include "cli/render.h"
#include "cli/verb.h"

namespace slipway::cli {
namespace {

std::vector<std::string> lines_in(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t from = 0; from < text.size();) {
    const auto end = std::min(text.find('\n', from), text.size());
    lines.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return lines;
}

// The agent's newest revision; nothing when it has none.
std::expected<std::optional<object>, Trouble> revision(Session& s, Agent& agent) {
  auto answer = agent.get("/v1/config");
  if (answer && answer->status == 404) return std::optional<object>();
  return std::optional(TRY(body_of(s, std::move(answer))));
}

Ended show(Session& s) {
  auto agent = TRY(reach(s, Need::answer));
  const object config = TRY(fetch(s, *agent, "/v1/config"));
  if (s.machine())
    s.print_json(config);
  else
    s.console.out(text_of(config, "bytes"));
  return kExitGood;
}

struct Compared {
  bool same = false;
  Lines difference;
};

std::expected<Compared, Trouble> compare(Session& s, Agent& agent, const api::ConfigFiles& files) {
  const auto theirs = TRY(revision(s, agent));
  const std::string before = theirs ? text_of(*theirs, "bytes") : "";
  Compared out;
  out.same = theirs && before == files.bytes;
  for (const std::string& line : difference(lines_in(before), lines_in(files.bytes))) {
    const Ink ink = line.starts_with('+')   ? Ink::good
                    : line.starts_with('-') ? Ink::bad
                                            : Ink::plain;
    out.difference.push_back(paint(harmless(line), ink, s.colour()));
  }
  return out;
}

Ended diff(Session& s) {
  const api::ConfigFiles files = TRY(gather(s));
  auto agent = TRY(reach(s, Need::answer));
  const Compared compared = TRY(compare(s, *agent, files));
  if (compared.same)
    s.line("the agent has this configuration");
  else
    s.print(compared.difference);
  return compared.same ? kExitGood : kExitTakenBack;
}

// Over the unix socket variables and secrets go along; over a URL the file alone.
Ended push(Session& s, bool dry_run) {
  api::ConfigFiles files = TRY(gather(s));
  auto agent = TRY(reach(s, dry_run ? Need::answer : Need::change));
  const Compared compared = TRY(compare(s, *agent, files));
  if (!s.machine() && !s.shared.quiet) s.print(compared.difference);
  if (dry_run) return kExitGood;
  if (!s.door->url.empty()) {
    files.env_files.clear();
    files.caller.clear();
  }
  const object answer =
      TRY(body_of(s, agent->put("/v1/config", object{{"config_files", to_json(files)}})));
  if (s.machine()) {
    s.print_json(answer);
    return kExitGood;
  }
  for (const value& v : array_of(answer, "notices"))
    if (v.is_string() && !s.shared.quiet) s.console.err(std::string(v.get_string()) + "\n");
  s.line(fmt::format("{} {} {}", paint("✓", Ink::good, s.colour()),
                     flag_of(answer, "changed") ? "the agent's configuration is now"
                                                : "nothing to do: the agent has",
                     text_of(answer, "digest")));
  return kExitGood;
}

}  // namespace

Ended run_config(Call& call) {
  std::string action;
  bool dry_run = false;
  call.options.word("ACTION", action, "show, diff, push");
  call.options.flag("--dry-run", dry_run, "push: show the difference, and do nothing");
  if (auto over = call.parse()) return *over;
  if (action == "show") return show(call.session);
  if (action == "diff") return diff(call.session);
  if (action == "push") return push(call.session, dry_run);
  return refuse("usage",
                fmt::format("`slipway config {}`: there are show, diff, push", harmless(action)));
}

}  // namespace slipway::cli
