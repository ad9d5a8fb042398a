// What a command is: its name, what help says about it, and the function that does it. One file
// per command or small family; verbs.cpp is the table of all of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/session.h"

namespace slipway::cli {

struct Verb;

// One command being run: its words and flags are declared on `options`, then parse() is asked.
struct Call {
  enum class Mode : unsigned char { run, help, flags } mode = Mode::run;
  const Verb& verb;
  std::vector<std::string> args;  // without the command itself
  Options options;
  Session session;

  // Something when the command is over already: help was printed, or the words were refused.
  std::optional<Ended> parse();
};

struct Verb {
  const char* name;
  const char* group;
  const char* summary;   // one line, no full stop
  const char* examples;  // lines, each a command and what it does
  Ended (*run)(Call&);
};

const std::vector<Verb>& verbs();
// By name or habit ("undo"); null when there is none.
const Verb* find_verb(const std::string& word);
// Names and habits, for suggestions.
std::vector<std::string> known_words();
// Commands that the product has and this version does not support.
bool is_later(const std::string& word);

// The service and environment a word names: "production", "production/api".
struct Place {
  std::string environment, service;
  std::string words() const { return service.empty() ? environment : environment + "/" + service; }
};
// An empty word is the only environment there is, by the configuration, else by the agent.
std::expected<Place, Trouble> place_of(Session&, const std::string& word, Agent*);
// The id of the only live deployment; refused when there is none, or more.
std::expected<std::string, Trouble> only_live(Session&, Agent&);
// "?service=api", or nothing.
std::string service_query(const Place&);

// "canary", "blueGreen", "rolling-update" as the product spells them.
std::expected<std::string, Trouble> strategy_of(const std::string& word);

Ended run_init(Call&);
Ended run_check(Call&);
Ended run_plan(Call&);
Ended run_simulate(Call&);
Ended run_build(Call&);
Ended run_deploy(Call&);
Ended run_status(Call&);
Ended run_watch(Call&);
Ended run_rollback(Call&);
Ended run_restart(Call&);
Ended run_retry(Call&);
Ended run_promote(Call&);
Ended run_approve(Call&);
Ended run_reject(Call&);
Ended run_pause(Call&);
Ended run_resume(Call&);
Ended run_skip(Call&);
Ended run_abort(Call&);
Ended run_history(Call&);
Ended run_show(Call&);
Ended run_explain(Call&);
Ended run_replay(Call&);
Ended run_logs(Call&);
Ended run_release(Call&);
Ended run_token(Call&);
Ended run_dashboard(Call&);
Ended run_audit(Call&);
Ended run_config(Call&);
Ended run_agent(Call&);
Ended run_version(Call&);
Ended run_completion(Call&);
Ended run_complete(Call&);
Ended run_help(Call&);

}  // namespace slipway::cli
