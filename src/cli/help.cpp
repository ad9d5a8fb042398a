#include "cli/help.h"

#include <fmt/format.h>

#include "text/node.h"
#include "views/board.h"

namespace slipway::cli {

std::string help_of_all() {
  std::string out =
      "slipway releases software and takes it back when it does harm.\n\n"
      "usage: slipway COMMAND [words] [flags]\n";
  constexpr std::pair<const char*, const char*> kGroups[] = {
      {"begin", "to begin"},
      {"release", "to release"},
      {"steer", "to steer a live deployment"},
      {"look", "to look"},
      {"agent", "the agent and this program"},
  };
  for (const auto& [group, title] : kGroups) {
    out += fmt::format("\n{}:\n", title);
    for (const Verb& v : verbs()) {
      if (std::string_view(v.group) == group)
        out += fmt::format("  {:<11} {}\n", v.name, v.summary);
    }
  }
  out +=
      "\nENV may be left out when there is one; ENV/SERVICE names one of several services. ID is\n"
      "web-production-42, 42, or an ENV: its live deployment, else its last.\n\n"
      "exit status: 0 as asked; 1 taken back, aborted or failed; 2 refused; 3 no agent;\n"
      "4 --timeout ran out; 5 a rollback failed; 130, 143 interrupted, the deployment goes on\n\n"
      "`slipway help COMMAND` tells more, with examples.\n";
  return out;
}

std::string help_of(const Verb& verb, const Options& declared) {
  std::string out =
      fmt::format("{}: {}\n\nusage: {}\n\n", verb.name, verb.summary, declared.usage_line());
  out += declared.table();
  out += "\nexamples:\n";
  std::string_view rest = verb.examples;
  while (!rest.empty()) {
    std::size_t end = rest.find('\n');
    out += fmt::format("  {}\n", rest.substr(0, end));
    rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
  }
  return out;
}

Ended run_help(Call& call) {
  std::string word;
  call.options.word("COMMAND", word, "a command, or `codes`");
  if (auto over = call.parse()) return *over;
  Session& s = call.session;
  if (word.empty()) {
    s.console.out(help_of_all());
    return kExitGood;
  }
  if (word == "codes") {
    std::vector<std::vector<std::string>> rows;
    for (const auto& [code, sentence] : views::codes()) rows.push_back({code, sentence});
    s.print(table(rows, s.look().width));
    return kExitGood;
  }
  const Verb* verb = find_verb(word);
  if (!verb || !*verb->group) {
    if (is_later(word)) {
      return refuse("not_supported", fmt::format("`slipway {}` is not supported yet", word));
    }
    std::string near = text::nearest(word, known_words());
    return refuse("usage", fmt::format("there is no command `{}`", harmless(word)),
                  near.empty() ? "`slipway help` lists them"
                               : fmt::format("did you mean `slipway help {}`?", near));
  }
  Call other{Call::Mode::help,
             *verb,
             {},
             Options(verb->name),
             Session{s.console, s.hooks, s.dial, {}, {}, {}}};
  return verb->run(other);
}

Ended run_version(Call& call) {
  if (auto over = call.parse()) return *over;
  Session& s = call.session;
  if (s.machine()) {
    s.print_json(object{{"schema", "version/1"}, {"version", s.hooks.version}});
  } else {
    s.line("slipway " + s.hooks.version);
  }
  return kExitGood;
}

}  // namespace slipway::cli
