#include "cli/options.h"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <map>

#include "cli/words.h"
#include "config/config.h"
#include "text/node.h"

namespace slipway::cli {

struct Options::Impl {
  std::string verb;
  CLI::App app;
  std::map<std::string, Takes> later;
  // Values that need more than CLI11's own reading; looked at after parsing.
  struct Typed {
    CLI::Option* option;
    std::string value;
    std::optional<Duration>* into;
  };
  std::vector<std::unique_ptr<Typed>> durations;
  struct Chosen {
    CLI::Option* option;
    bool value = true;
    std::optional<bool>* into;
  };
  std::vector<std::unique_ptr<Chosen>> choices;
  struct Counted {
    CLI::Option* option;
    int value = 0;
    std::optional<int>* into;
  };
  std::vector<std::unique_ptr<Counted>> numbers;
  Shared shared;
  std::string output = "text";
};

Options::Options(std::string verb) : impl_(std::make_unique<Impl>()) {
  Impl& i = *impl_;
  i.verb = std::move(verb);
  i.app.set_help_flag();  // help is ours: it never does anything else
  i.app.allow_extras(false);
  i.app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  auto& app = i.app;
  app.add_option("--config", i.shared.config, "the configuration file")->type_name("FILE");
  app.add_option("--state", i.shared.state, "the agent's state folder")->type_name("DIR");
  app.add_option("--url,--agent", i.shared.url, "an agent elsewhere; token in SLIPWAY_TOKEN")
      ->type_name("URL");
  app.add_option("-o,--output", i.output, "text, json or jsonl")->type_name("FORM");
  app.add_flag("-q,--quiet", i.shared.quiet, "the last line alone");
  app.add_flag("-v,--verbose", i.shared.verbose, "say what is looked for and found");
  app.add_flag("-y,--yes", i.shared.yes, "answer questions with yes");
  app.add_flag("--no-color,--no-colour", i.shared.no_color, "no colours (as NO_COLOR)");
}

Options::~Options() = default;

void Options::word(const char* name, std::string& into, const char* help) {
  impl_->app.add_option(name, into, help)->type_name("");
}
void Options::words(const char* name, std::vector<std::string>& into, const char* help) {
  impl_->app.add_option(name, into, help)
      ->type_name("")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}
void Options::text(const char* names, std::string& into, const char* help, const char* kind) {
  impl_->app.add_option(names, into, help)->type_name(kind);
}
void Options::texts(const char* names, std::vector<std::string>& into, const char* help,
                    const char* kind) {
  impl_->app.add_option(names, into, help)
      ->type_name(kind)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}
void Options::flag(const char* names, bool& into, const char* help) {
  impl_->app.add_flag(names, into, help);
}
void Options::choice(const char* names, std::optional<bool>& into, const char* help) {
  auto chosen = std::make_unique<Impl::Chosen>();
  chosen->into = &into;
  chosen->option = impl_->app.add_flag(names, chosen->value, help);
  impl_->choices.push_back(std::move(chosen));
}
void Options::duration(const char* names, std::optional<Duration>& into, const char* help) {
  auto typed = std::make_unique<Impl::Typed>();
  typed->into = &into;
  typed->option = impl_->app.add_option(names, typed->value, help)->type_name("D");
  impl_->durations.push_back(std::move(typed));
}
void Options::number(const char* names, std::optional<int>& into, const char* help) {
  auto counted = std::make_unique<Impl::Counted>();
  counted->into = &into;
  counted->option = impl_->app.add_option(names, counted->value, help)->type_name("N");
  impl_->numbers.push_back(std::move(counted));
}
void Options::later(const char* flag, Takes takes) { impl_->later.emplace(flag, takes); }

namespace {

std::string flag_part(const std::string& arg) { return arg.substr(0, arg.find('=')); }

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

std::expected<Shared, Trouble> Options::parse(const std::vector<std::string>& args) {
  Impl& i = *impl_;
  std::vector<std::string> kept;
  bool words_alone = false;  // behind "--"
  for (const std::string& arg : args) {
    words_alone |= arg == "--";
    const auto later = words_alone ? i.later.end() : i.later.find(flag_part(arg));
    if (later == i.later.end()) {
      kept.push_back(arg);
    } else if (later->second == Takes::value || arg != later->first + "=false") {
      return refuse("not_supported",
                    fmt::format("`slipway {} {}` is not supported yet", i.verb, later->first));
    }
  }
  std::string help = fmt::format("see `slipway help {}`", i.verb);
  try {
    i.app.parse(std::vector<std::string>(kept.rbegin(), kept.rend()));
  } catch (const CLI::ExtrasError&) {
    std::vector<std::string> left = i.app.remaining();
    std::string word = left.empty() ? "" : flag_part(left.front());
    bool is_flag = word.starts_with("-");
    std::string near = is_flag ? text::nearest(word, flags()) : "";
    return refuse("usage",
                  is_flag ? fmt::format("`slipway {}` has no flag {}", i.verb, harmless(word))
                          : fmt::format("`slipway {}` does not know what to do with `{}`", i.verb,
                                        harmless(word)),
                  near.empty() ? help : fmt::format("did you mean {}?", near));
  } catch (const CLI::ParseError& e) {
    return refuse("usage", fmt::format("slipway {}: {}", i.verb, harmless(one_line(e.what()))),
                  help);
  }
  for (const auto& d : i.durations) {
    if (d->option->count() == 0) continue;
    auto value = config::parse_duration(d->value);
    if (!value || value->count() < 0) {
      return refuse(
          "usage",
          fmt::format("{}: `{}` is not a duration", d->option->get_name(), harmless(d->value)),
          "write a number with its unit, such as 250ms, 30s, 5m or 1h");
    }
    *d->into = *value;
  }
  for (const auto& c : i.choices) {
    if (c->option->count() > 0) *c->into = c->value;
  }
  for (const auto& n : i.numbers) {
    if (n->option->count() > 0) *n->into = n->value;
  }
  if (i.output == "json") {
    i.shared.output = Output::json;
  } else if (i.output == "jsonl") {
    i.shared.output = Output::jsonl;
  } else if (i.output != "text") {
    return refuse("usage",
                  fmt::format("--output: `{}` is none of text, json, jsonl", harmless(i.output)),
                  help);
  }
  return i.shared;
}

std::string Options::table() const {
  std::vector<std::vector<std::string>> own, shared;
  int shared_left = 8;  // declared first, by the constructor
  for (const CLI::Option* option : impl_->app.get_options()) {
    std::vector<std::string> row = {"  " + option->get_name(option->get_positional(), true),
                                    option->get_description()};
    if (!option->get_positional() && !option->get_type_name().empty()) {
      row[0] += " " + option->get_type_name();
    }
    std::replace(row[0].begin(), row[0].end(), ',', ' ');
    (shared_left-- > 0 ? shared : own).push_back(row);
  }
  std::string out;
  for (const std::string& line : cli::table(own, 100)) out += line + "\n";
  if (!own.empty()) out += "\n";
  out += "everywhere:\n";
  for (const std::string& line : cli::table(shared, 100)) out += line + "\n";
  return out;
}

std::string Options::usage_line() const {
  std::string line = "slipway " + impl_->verb;
  bool flags = false;
  for (const CLI::Option* option : impl_->app.get_options()) {
    if (option->get_positional()) {
      line += fmt::format(" [{}]", option->get_name(true));
    } else {
      flags = true;
    }
  }
  return flags ? line + " [flags]" : line;
}

std::vector<std::string> Options::flags() const {
  std::vector<std::string> names;
  for (const CLI::Option* option : impl_->app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

Output output_asked(const std::vector<std::string>& args) {
  auto read = [](std::string_view form) {
    return form == "json" ? Output::json : form == "jsonl" ? Output::jsonl : Output::text;
  };
  Output asked = Output::text;
  for (std::size_t i = 0; i < args.size() && args[i] != "--"; ++i) {
    const std::string& a = args[i];
    if ((a == "-o" || a == "--output") && i + 1 < args.size()) asked = read(args[i + 1]);
    if (a.starts_with("--output=")) asked = read(std::string_view(a).substr(9));
    if (a.starts_with("-o") && a.size() > 2) {
      asked = read(std::string_view(a).substr(a[2] == '=' ? 3 : 2));
    }
  }
  return asked;
}

}  // namespace slipway::cli
