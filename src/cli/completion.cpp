// slipway completion SHELL prints a script; the script calls `slipway __complete WORDS…`, whose
// last word is the one being typed. Never starts an agent, never prints an error.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/limits.h"
#include "cli/handover.h"
#include "cli/verb.h"

namespace slipway::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kBash = R"sh(# bash completion for slipway
_slipway() {
  mapfile -t COMPREPLY < <(slipway __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _slipway slipway
)sh";

constexpr const char* kZsh = R"sh(#compdef slipway
_slipway() {
  local -a found
  found=("${(@f)$(slipway __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -a found
}
if [ "$funcstack[1]" = "_slipway" ]; then _slipway "$@"; else compdef _slipway slipway; fi
)sh";

constexpr const char* kFish = R"sh(# fish completion for slipway
function __slipway_complete
  set -l words (commandline -opc) (commandline -ct)
  slipway __complete $words[2..-1] 2>/dev/null
end
complete -c slipway -f -a '(__slipway_complete)'
)sh";

// Commands whose first word is an environment, and those whose first word is a deployment.
bool takes_environment(std::string_view verb) {
  for (const char* v : {"check", "plan", "deploy", "status", "rollback", "restart", "history"}) {
    if (verb == v) return true;
  }
  return false;
}

bool takes_deployment(std::string_view verb) {
  for (const char* v : {"watch", "promote", "approve", "reject", "pause", "resume", "skip", "abort",
                        "retry", "show", "explain", "replay", "logs"}) {
    if (verb == v) return true;
  }
  return false;
}

std::vector<std::string> environments(Session& s) {
  auto config = find_config(s);
  if (!config || config->empty()) return {};
  auto bytes = read_file(*config, limits::kConfigBytes);
  return bytes ? environments_in(*bytes, *config) : std::vector<std::string>();
}

std::vector<std::string> versions(Session& s) {
  std::vector<std::string> names;
  auto config = find_config(s);
  if (!config || config->empty()) return names;
  std::error_code error;
  for (const auto& entry :
       fs::directory_iterator(fs::path(*config).parent_path() / "releases", error)) {
    if (entry.is_directory(error)) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Of live deployments; of the last ones where only an ended one makes sense.
std::vector<std::string> deployments(Session& s, bool ended) {
  std::vector<std::string> ids;
  auto agent = reach(s, Need::glance);
  if (!agent) return ids;
  auto status = fetch(s, **agent, "/v1/environments");
  if (!status) return ids;
  for (const value& e : array_of(*status, "environments")) {
    if (!e.is_object()) continue;
    for (const value& v : array_of(e.get_object(), "services")) {
      if (!v.is_object()) continue;
      for (const char* key : {"live", "queued", "last"}) {
        if (std::string_view(key) == "last" && !ended) continue;
        std::string id = text_of(object_of(v.get_object(), key), "id");
        if (!id.empty()) ids.push_back(id);
      }
    }
  }
  return ids;
}

std::vector<std::string> flags_of(Session& s, const Verb& verb);

std::vector<std::string> candidates(Session& s, const std::vector<std::string>& words) {
  std::string typed = words.empty() ? "" : words.back();
  if (words.size() <= 1) return known_words();
  const Verb* verb = find_verb(words[0]);
  if (!verb || !*verb->group) return {};
  const std::string& before = words[words.size() - 2];
  if (before == "--version" || before == "--to") return versions(s);
  if (before == "--strategy") return {"blue_green", "canary", "rolling", "recreate"};
  if (before == "--when-busy") return {"queue", "supersede", "refuse"};
  if (before == "-o" || before == "--output") return {"text", "json", "jsonl"};
  if (typed.starts_with("-")) return flags_of(s, *verb);
  std::string_view name = verb->name;
  auto plain = std::count_if(words.begin() + 1, words.end() - 1,
                             [](const std::string& w) { return !w.starts_with("-"); });
  if (name == "agent") return {"run", "start", "stop", "status"};
  if (name == "release")
    return plain == 0 ? std::vector<std::string>{"create", "list", "show"} : versions(s);
  if (name == "completion") return {"bash", "zsh", "fish"};
  if (name == "help") return known_words();
  if (plain >= 1)
    return name == "deploy" || name == "rollback" ? versions(s) : std::vector<std::string>();
  std::vector<std::string> found;
  if (takes_environment(name)) found = environments(s);
  if (takes_deployment(name)) {
    bool ended = name == "retry" || name == "show" || name == "explain" || name == "replay" ||
                 name == "logs";
    found = deployments(s, ended);
    if (ended) {
      for (std::string& e : environments(s)) found.push_back(std::move(e));
    }
  }
  return found;
}

// Standard output of another command's declaration, kept instead of printed.
class Kept : public Console {
 public:
  explicit Kept(Console& real) : real_(real) {}
  std::string text;
  void out(std::string_view t) override { text += t; }
  void err(std::string_view) override {}
  bool out_is_terminal() const override { return false; }
  bool in_is_terminal() const override { return false; }
  int width() const override { return 80; }
  int height() const override { return 24; }
  std::string ask(const std::string&) override { return {}; }
  std::map<std::string, std::string> variables() const override { return real_.variables(); }
  std::string variable(const std::string& name) const override { return real_.variable(name); }
  std::string folder() const override { return real_.folder(); }
  std::string person() const override { return real_.person(); }
  Wall now() const override { return real_.now(); }
  Duration steady() const override { return real_.steady(); }
  int utc_offset_s(Wall at) const override { return real_.utc_offset_s(at); }
  void keys(bool) override {}
  Wake wait(Duration) override { return {}; }

 private:
  Console& real_;
};

std::vector<std::string> flags_of(Session& s, const Verb& verb) {
  Kept kept(s.console);
  Call call{
      Call::Mode::flags, verb, {}, Options(verb.name), Session{kept, s.hooks, s.dial, {}, {}, {}}};
  static_cast<void>(verb.run(call));
  std::vector<std::string> flags;
  for (std::size_t at = 0; at < kept.text.size();) {
    std::size_t end = kept.text.find('\n', at);
    flags.push_back(kept.text.substr(at, end - at));
    at = end + 1;
  }
  return flags;
}

}  // namespace

Ended run_completion(Call& call) {
  std::string shell;
  call.options.word("SHELL", shell, "bash, zsh or fish");
  if (auto over = call.parse()) return *over;
  const char* script = shell == "bash"   ? kBash
                       : shell == "zsh"  ? kZsh
                       : shell == "fish" ? kFish
                                         : nullptr;
  if (!script) {
    return refuse(
        "usage",
        shell.empty() ? "which shell?" : fmt::format("no completion for `{}`", harmless(shell)),
        "bash, zsh or fish");
  }
  call.session.console.out(script);
  return kExitGood;
}

namespace {

// A shell reads what is completed: a name that would mean something to it is left out.
bool safe_word(const std::string& word) {
  return std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._+-/@:#=").find(c) != std::string_view::npos;
  });
}

}  // namespace

Ended run_complete(Call& call) {
  Session& s = call.session;
  std::string typed = call.args.empty() ? "" : call.args.back();
  for (const std::string& word : candidates(s, call.args)) {
    if (word.starts_with(typed) && safe_word(word)) s.line(word);
  }
  return kExitGood;
}

}  // namespace slipway::cli
