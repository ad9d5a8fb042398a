// A checked configuration. load() turns bytes into a Config or into all diagnostics at once;
// effective() answers what is in force for one service in one environment, each value with its
// origin. Nothing here touches the world: files and variables are handed in.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "text/diagnostic.h"
#include "text/node.h"

namespace slipway::config {

// What a configuration is made of. `env_files` are environments/NAME.env by NAME.
struct Sources {
  std::string file = "slipway.yaml";  // as shown in diagnostics
  std::string folder;                 // absolute; relative paths in the file start here
  std::string bytes;
  std::map<std::string, std::string> env_files;
  std::map<std::string, std::string> variables;  // the agent's own environment
  std::map<std::string, std::string> caller;     // secrets that only the caller's environment has
  // Missing variables are errors (false: warnings, for a recorded revision that is read again),
  // of this environment only; empty: of every environment.
  bool variables_required = true;
  std::string environment;
};

template <class T>
struct Setting {
  T value{};
  text::Place origin;  // line 0: the default
};

// A criterion's text, in its place; analysis::Criterion is compiled from it by plan/criteria.h.
struct CriterionText {
  std::string metric;          // "" when the whole sentence is in text ("error_rate > 5%")
  std::string text;            // "< 1%"
  bool bad_when_true = false;  // rollback conditions and triggers; success criteria are the reverse
  text::Place place;
};

// A source of figures besides the proxy's rows, from `metrics:`. Its texts still hold ${version}
// and
// ${commit}, which are filled for each version, and ${NAME} of the secrets it lists.
struct Metric {
  std::string name;
  std::string source;  // prometheus http sql command webhook datadog newrelic cloudwatch
  std::string kind;    // gauge; counter: running totals; count: of one interval; histogram
  std::string url, query, failed, total;
  std::string region, account;
  std::vector<std::string> command;
  bool shell = false;
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::pair<std::string, std::string>> keys;  // api_key, secret_key, …
  std::string unit;                                       // fraction percent us ms s; "": a number
  std::string bad;                                        // up, down; "": its criteria say it
  double quantile = 0.99;                                 // of a histogram
  bool rollback = false;  // a gauge may take a release back, not only hold it
  Duration interval{}, timeout{}, delay{};
  std::vector<std::string> secrets;  // names in the texts whose values are never written down
  text::Place place;
};

struct Stage {
  std::string name;
  double percent = 0;  // 0–100
  std::optional<Duration> duration;
  std::vector<CriterionText> criteria;
  text::Place place;
};

// One entry of a written list of steps.
struct WrittenStep {
  std::string verb;  // shift, judge, gate, smoke, provision, warm, retire, check
  double percent = 0;
  std::optional<Duration> duration;
  std::optional<int> instances;
  std::string who;  // candidate, stable
  bool approval = false;
  std::string name;
  std::vector<CriterionText> criteria;
  text::Place place;
};

struct Smoke {
  std::string endpoint, method;
  int expected_status = 200;
  std::optional<std::string> expected_response;
  text::Place place;
};

struct Health {
  std::string kind;  // tcp http command
  std::string path;
  std::vector<std::string> command;
  Duration interval = 1s, timeout = 5s, start_timeout = 60s;
  int healthy_threshold = 1, unhealthy_threshold = 3;
  int status_min = 200, status_max = 399;
};

// How a service runs in containers; what is in force where the platform has them.
struct ContainerSettings {
  Setting<std::string> image;  // without a tag: the version is the tag
  int port = 0;                // where it listens inside
  std::string host;            // the engine's address
  std::string tls;             // folder of its certificates, absolute
  std::string network;
  std::vector<std::string> command;  // instead of the image's own
  std::int64_t milli_cpus = 0, memory = 0;
  std::string restart, user;
  bool read_only = false, init = false, open_secrets = false;
  bool rolls = false;                    // swarm: it rolls one service by itself
  std::string failure_action = "pause";  // of a rolling by the swarm
};

// How an image is made from a folder; paths are absolute.
struct BuildSettings {
  std::string context, dockerfile, target;
  std::vector<std::pair<std::string, std::string>> args;
  std::vector<std::string> cache_from;
  int keep = 0;  // images of the newest builds that stay; 0: all
  text::Place place;
  bool written() const { return !dockerfile.empty(); }
};

struct Approval {
  bool required = false;
  int approvers = 1;
  bool requester_may = false;
  Duration timeout = 24h;
};

struct Window {
  std::string text;  // "Mon-Thu 09:00-17:00"
};

// Everything in force for one service in one environment, placeholders filled but for ${port},
// ${instance}, ${version}, ${release} and ${commit}, which are the deployment's. A literal `${` in
// these texts stands as `$${`: fill() with Fill::last is what turns it back.
struct Effective {
  std::string service, environment, folder, revision;
  std::string platform = "local", router = "haproxy";
  bool contained() const { return platform == "docker" || platform == "swarm"; }
  ContainerSettings container;
  std::vector<std::string> cannot;          // of what is wanted, by its platform
  std::vector<std::string> cannot_rolling;  // where the platform rolls
  BuildSettings build;
  const std::string& image() const { return container.image.value; }
  Setting<std::vector<std::string>> run;
  bool run_is_shell = false;
  Setting<std::string> artifact;  // empty: told from run
  Setting<std::string> listen;
  std::vector<std::string> hosts;
  std::string sticky;
  std::map<std::string, Setting<std::string>> env;
  std::vector<std::string> secrets;              // required names, in the listed order
  std::vector<std::string> secrets_from_caller;  // those only the caller's environment has
  std::vector<std::string> missing;  // variables that are unset or empty, in the listed order
  Health health;
  int stop_signal = 15;
  Duration drain = 30s;
  Setting<int> replicas;
  Setting<std::string> strategy;  // canonical: blue_green, canary, …, steps
  bool canary_enabled = false;    // blue_green through the canary stages
  bool rollback_on_failure = true;
  bool auto_deploy = false;
  Approval approval;
  std::vector<Window> windows;
  std::string timezone;
  std::string after;
  std::string when_busy = "queue";
  std::vector<Stage> stages;  // canary
  bool stages_written = false;
  std::vector<CriterionText> triggers;  // of the strategy that runs
  std::vector<WrittenStep> steps;       // `steps:`
  std::vector<Smoke> smoke;
  std::vector<Metric> metrics;  // that judge this service
  Duration monitor = 5min;      // bake
  std::optional<Duration> keep_warm;
  std::string max_surge = "25%", max_unavailable = "25%";  // rolling: a number or a percentage
  double alpha = 0.01;
  double risk_budget = 0.005;  // excess errors × share that a step forward may risk
  bool judge_defaults = true;  // `defaults: off`: the written criteria alone
  bool pace_by_evidence = false;
  bool only_if_stable_ok = false;  // absolute limits: where stable breaks them, it is no fault
  bool by_client = true;           // with sticky routing one error of a client counts a block
  std::int32_t holdback = 0;       // basis points kept on stable while the candidate bakes
  Duration warmup = 10s;           // after the first good answer, not judged
  Duration latency_floor = 1ms;    // slower by less than this is not slower
  std::string on_inconclusive = "hold";
  std::optional<Duration> deadline;
  std::string on_no_data = "hold", on_stale_data = "hold", on_too_little_data = "hold",
              on_bad_data = "hold", on_unattended = "rollback";
  bool versions_semantic = false;
  // For a strategy other than the configured one: each strategy's own triggers, bake and rollback.
  std::map<std::string, std::vector<CriterionText>> triggers_of;
  std::map<std::string, Setting<std::string>> values;  // free values of the environment; no secrets
  std::map<std::string, text::Place> origins;  // of settings by their path: "health.interval"
};

// Where the agent itself is reached.
struct AgentDoor {
  std::string listen;            // "127.0.0.1:7411"; empty: its unix socket alone
  std::string url;               // how people call it, for links; without a slash at the end
  std::string certificate, key;  // files; empty: no TLS, or
  bool own = false;              // by a certificate that the agent makes for itself
  bool operator==(const AgentDoor&) const = default;
};

class Config {
 public:
  std::vector<std::string> services;                                   // names, in order
  std::vector<std::string> environments;                               // names, in order
  std::map<std::pair<std::string, std::string>, Effective> effective;  // by environment, service
  AgentDoor agent;
  text::Diagnostics notices;  // warnings and notices; never errors
  std::string digest;         // "sha256:…" of all sources, secrets left out
  std::string traces_otlp;    // address of an OpenTelemetry collector; empty: none is named

  const Effective* find(const std::string& environment, const std::string& service) const;
};

std::expected<Config, text::Diagnostics> load(const Sources&);

// `slipway check --show`: the whole effective configuration, each value with its origin.
std::string show(const Config&, const std::string& environment = "");

// Replaces each ${name} that `values` has; the others stay. `$${` is an escaped `${`: it stays as
// it is until the last fill, which turns it into `${`. The value put in is never read again.
enum class Fill : unsigned char { more_follow, last };
std::string fill(const std::string& text, const std::map<std::string, std::string>& values,
                 Fill = Fill::last);

// "30s", "10m", "1h", "90 days", "250ms"; a bare number is in `bare_unit` (0: refused).
std::optional<Duration> parse_duration(std::string_view, Duration bare_unit = Duration(0));

}  // namespace slipway::config
