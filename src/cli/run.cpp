// From argv to an exit status: which command, and how its end is told.
#include <fmt/format.h>

#include <algorithm>

#include "cli/github.h"
#include "cli/help.h"
#include "cli/verb.h"
#include "text/node.h"

namespace slipway::cli {
namespace {

// Flags before the command that take a value of their own.
bool takes_value(const std::string& arg) {
  return arg == "--config" || arg == "--state" || arg == "--url" || arg == "--agent" ||
         arg == "--output" || arg == "-o";
}

bool is_help(const std::string& arg) { return arg == "--help" || arg == "-h"; }

// The first word that is no flag, taken out of `args`; empty: there is none.
std::string take_verb(std::vector<std::string>& args) {
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (takes_value(args[i])) {
      ++i;
    } else if (!args[i].starts_with("-")) {
      std::string word = args[i];
      args.erase(args.begin() + static_cast<std::ptrdiff_t>(i));
      return word;
    }
  }
  return {};
}

int tell(Session& s, const Trouble& t) {
  if (s.machine()) s.print_json(to_json(t));
  std::string text;
  if (!t.rendered.empty()) text += t.rendered + "\n";
  text += paint("✗", Ink::bad, s.colour()) + " " + harmless(t.text) + "\n";
  if (!t.hint.empty()) text += "  " + harmless(t.hint) + "\n";
  s.console.err(text);
  annotate(s, t);
  return t.exit;
}

Trouble unknown(const std::string& word) {
  if (is_later(word)) {
    return refuse("not_supported", fmt::format("`slipway {}` is not supported yet", word)).error();
  }
  std::string near = text::nearest(word, known_words());
  return refuse("usage", fmt::format("there is no command `{}`", word),
                near.empty() ? "`slipway help` lists them"
                             : fmt::format("did you mean `slipway {}`?", near))
      .error();
}

}  // namespace

std::optional<Ended> Call::parse() {
  if (mode == Mode::help) {
    session.console.out(help_of(verb, options));
    return kExitGood;
  }
  if (mode == Mode::flags) {
    for (const std::string& flag : options.flags()) session.line(flag);
    return kExitGood;
  }
  auto shared = options.parse(args);
  if (!shared) return std::unexpected(std::move(shared.error()));
  session.shared = std::move(*shared);
  return std::nullopt;
}

int run(const std::vector<std::string>& all, const Hooks& hooks, Console& console,
        const Dial& dial) {
  std::vector<std::string> args = all;
  Session first{console, hooks, dial, {}, {}, {}};
  first.shared.output = output_asked(args);
  auto end = std::find(args.begin(), args.end(), "--");
  bool help = std::any_of(args.begin(), end, is_help);
  if (std::any_of(args.begin(), end, [](const auto& a) { return a == "--version" || a == "-V"; }) &&
      args.size() == 1) {
    args = {"version"};
  }
  std::string word = take_verb(args);
  if (word.empty()) {
    if (help || args.empty()) {
      console.out(help_of_all());
      return help ? kExitGood : kExitRefused;
    }
    return tell(first,
                refuse("usage", "no command was named", "`slipway help` lists them").error());
  }
  const Verb* verb = find_verb(word);
  if (!verb) return tell(first, unknown(word));
  bool completing = std::string_view(verb->name) == "__complete";
  Call call{help && !completing ? Call::Mode::help : Call::Mode::run, *verb, std::move(args),
            Options(verb->name), Session{console, hooks, dial, {}, {}, {}}};
  Ended ended = verb->run(call);
  if (ended) return *ended;
  call.session.shared.output = first.shared.output;
  return tell(call.session, ended.error());
}

}  // namespace slipway::cli
