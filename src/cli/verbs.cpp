// The table of commands, and the names people try.
#include <algorithm>
#include <utility>

#include "cli/verb.h"

namespace slipway::cli {
namespace {

constexpr std::pair<const char*, const char*> kHabits[] = {
    {"validate", "check"},  {"undo", "rollback"}, {"cancel", "abort"},
    {"continue", "resume"}, {"ls", "history"},    {"releases", "history"},
    {"describe", "show"},   {"inspect", "show"},  {"why", "explain"},
};

constexpr const char* kLater[] = {
    "import", "generate", "advise",   "pipeline",  "migrate",  "secret", "flag",
    "freeze", "breaker",  "scale",    "smoke",     "loadtest", "chaos",  "backup",
    "drill",  "infra",    "incident", "checklist", "preview",  "report",
};

const Verb kVerbs[] = {
    {"init", "begin", "write a working slipway.yaml from what is found in this folder",
     "slipway init                     looks at the folder and writes slipway.yaml", run_init},
    {"check", "begin", "validate the configuration; changes nothing",
     "slipway check                    every environment\n"
     "slipway check production --show  what is in force there, with each value's origin",
     run_check},
    {"plan", "begin", "the steps of a release, how long they take; changes nothing",
     "slipway plan production --version v2", run_plan},
    {"simulate", "begin", "try a release in virtual time, with users and faults you describe",
     "slipway simulate production --version v2 --rps 200 --candidate \"errors=5% after 3m\"\n"
     "slipway simulate production v2 --compare canary,blue_green,rolling --plot out.html",
     run_simulate},
    {"build", "begin", "make a release's image from its Dockerfile; releases nothing",
     "slipway build --version v2\n"
     "slipway build production/api --version v2 --no-cache",
     run_build},
    {"deploy", "release", "release a version and follow it to the end",
     "slipway deploy production --version v2\n"
     "slipway deploy production v2 --strategy canary\n"
     "slipway deploy production/api v2 --no-wait --because \"fix of the cart\"",
     run_deploy},
    {"status", "look", "what runs, its share, what a live deployment waits for",
     "slipway status                   all environments\n"
     "slipway status production -o json",
     run_status},
    {"watch", "look", "follow a live deployment; ends with its exit status",
     "slipway watch                    the only live one\n"
     "slipway watch web-production-42",
     run_watch},
    {"rollback", "release", "take an environment back, traffic first",
     "slipway rollback production      to the last other release that succeeded\n"
     "slipway rollback production --to v1",
     run_rollback},
    {"restart", "release", "the same release again: new variables, new secrets",
     "slipway restart production", run_restart},
    {"retry", "release", "an ended deployment's release again", "slipway retry 42", run_retry},
    {"promote", "steer", "end the current stage now, as passed",
     "slipway promote 42\nslipway promote production --full --yes", run_promote},
    {"approve", "steer", "let a waiting deployment go on",
     "slipway approve 42 --because \"tested on staging\"", run_approve},
    {"reject", "steer", "end a waiting deployment", "slipway reject 42 --because \"not today\"",
     run_reject},
    {"pause", "steer", "stop the forward motion; harm still rolls back",
     "slipway pause 42 --for 2h", run_pause},
    {"resume", "steer", "let a paused deployment go on", "slipway resume 42", run_resume},
    {"skip", "steer", "end a check, smoke test or timed gate as skipped", "slipway skip 42 --yes",
     run_skip},
    {"abort", "steer", "end a deployment; traffic back first",
     "slipway abort 42\nslipway abort production --because \"wrong version\"", run_abort},
    {"history", "look", "the deployments of the past, newest first",
     "slipway history production --limit 10\nslipway history --in-state rolled_back", run_history},
    {"show", "look", "everything about one deployment", "slipway show 42", run_show},
    {"explain", "look", "why it went as it went: every decision and its numbers",
     "slipway explain 42", run_explain},
    {"replay", "look", "the recorded blocks judged again under another policy",
     "slipway replay 42 --policy strict.yaml", run_replay},
    {"logs", "look", "output of instances",
     "slipway logs production -f\nslipway logs 42 --version v2 --tail 50", run_logs},
    {"release", "release", "which version is which digest: create, list, show",
     "slipway release create --version v2 --image registry.example/web:v2\n"
     "slipway release create --version v2     the files or the image that are configured\n"
     "slipway release list\nslipway release show v2",
     run_release},
    {"dashboard", "look", "the dashboard in a browser, by a link that signs in once",
     "slipway dashboard                opens an HTTP address when the agent has none\n"
     "slipway dashboard --qr           for a phone",
     run_dashboard},
    {"token", "agent", "who may come in over HTTP, and what they may do",
     "slipway token create ana --role deployer@staging --role viewer\n"
     "slipway token list\nslipway token revoke ana",
     run_token},
    {"audit", "agent", "who did what, and whether that record is whole",
     "slipway audit --since 2026-11-01\nslipway audit export > audit.jsonl\n"
     "slipway audit verify             the agent's own record\n"
     "slipway audit verify audit.jsonl an export",
     run_audit},
    {"config", "agent", "the configuration that the agent owns: show, diff, push",
     "slipway config diff              this folder's file against it\n"
     "slipway config push              also over a URL; variables and secrets stay",
     run_config},
    {"agent", "agent", "the durable process: run, start, stop, status, install",
     "slipway agent status\nslipway agent start --listen 127.0.0.1:7411\n"
     "slipway agent stop               instances and proxy go on serving\n"
     "slipway agent install            as a service of this machine; --user: of this project",
     run_agent},
    {"completion", "agent", "a completion script for bash, zsh or fish",
     "slipway completion bash > /etc/bash_completion.d/slipway\n"
     "slipway completion fish > ~/.config/fish/completions/slipway.fish",
     run_completion},
    {"version", "agent", "which version this is", "slipway version", run_version},
    {"help", "agent", "help about a command; `help codes` lists every reason",
     "slipway help deploy\nslipway help codes", run_help},
    {"__complete", "", "", "", run_complete},
};

}  // namespace

const std::vector<Verb>& verbs() {
  static const std::vector<Verb> all(std::begin(kVerbs), std::end(kVerbs));
  return all;
}

const Verb* find_verb(const std::string& word) {
  std::string name = word;
  for (const auto& [habit, meant] : kHabits) {
    if (name == habit) name = meant;
  }
  for (const Verb& v : verbs()) {
    if (name == v.name) return &v;
  }
  return nullptr;
}

std::vector<std::string> known_words() {
  std::vector<std::string> words;
  for (const Verb& v : verbs()) {
    if (*v.group) words.emplace_back(v.name);
  }
  for (const auto& habit : kHabits) words.emplace_back(habit.first);
  return words;
}

bool is_later(const std::string& word) {
  return std::any_of(std::begin(kLater), std::end(kLater),
                     [&](const char* later) { return word == later; });
}

}  // namespace slipway::cli
