// The plan: the immutable list of steps a strategy compiles to, for this release at this site as
// observed. Strategies differ here and nowhere else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analysis/judge.h"
#include "base/shared_list.h"
#include "base/time.h"

namespace slipway {

enum class Verb : std::uint8_t {
  check,
  build,
  save,
  migrate,
  provision,
  warm,
  smoke,
  mirror,
  shift,
  disturb,
  judge,
  gate,
  retire,
  purge,
};

enum class Strategy : std::uint8_t {
  blue_green,
  canary,
  rolling,
  ab_test,
  shadow,
  flag,
  recreate,
  steps,
};

enum class WhenBusy : std::uint8_t { queue, supersede, refuse };

struct Release {
  std::string service;
  std::string version;
  std::string digest;  // "sha256:…"; empty when it cannot be told
  std::string commit;
  bool operator==(const Release&) const = default;
};

// Where a secret's value comes from; the value itself is never here.
struct SecretRef {
  std::string name;
  std::string source;   // "environment", "file", "sealed"
  std::string version;  // of the source; empty: the newest
  bool operator==(const SecretRef&) const = default;
};

struct HealthCheck {
  enum class Kind : std::uint8_t { tcp, http, command };
  Kind kind = Kind::tcp;
  std::string path;                  // http
  std::vector<std::string> command;  // command; may hold ${port}
  int status_min = 200, status_max = 399;
  Duration interval = 1s;
  Duration timeout = 5s;
  int healthy_threshold = 1;    // successes running
  int unhealthy_threshold = 3;  // failures running
  Duration start_timeout = 60s;
  bool operator==(const HealthCheck&) const = default;
};

// Where an instance runs, and how that is reached.
struct Where {
  std::string platform;  // "docker", "swarm"; empty: a process of this machine
  std::string host;  // of both: the engine, "unix:///var/run/docker.sock", "tcp://127.0.0.1:2376"
  std::string tls;   // folder of ca.pem, cert.pem and key.pem; empty: without TLS
  bool operator==(const Where&) const = default;
};

// What a container has besides what every instance has. Limits of 0: none.
struct Container {
  std::string image;       // as written: "registry.example/web:v2"; what runs is told by the digest
  std::uint16_t port = 0;  // where it listens inside
  std::string network;     // empty: the engine's own
  std::int64_t milli_cpus = 0, memory = 0;  // thousandths of a processor, bytes
  std::string restart;                      // by the engine itself: "on-failure"; empty: never
  std::string user;                         // empty: the image's
  bool read_only = false;                   // its root file system
  bool init = false;                        // a first process that hands signals on
  bool open_secrets = false;                // in the environment; else as files
  // All instances are tasks of one service, which the platform itself rolls, so many at a time; 0:
  // each instance is by itself.
  std::int32_t rolled = 0;
  std::string failure_action;  // rolled: what the platform does about a task that fails
  bool operator==(const Container&) const = default;
};

// How one instance is run. ${port} and ${instance} in argv and env are filled when it starts;
// everything else was filled when the plan was made.
struct InstanceSpec {
  std::vector<std::string> argv;
  bool shell = false;  // argv[0] goes to /bin/sh -c
  std::string directory;
  std::vector<std::pair<std::string, std::string>> env;
  std::vector<SecretRef> secrets;
  std::string artifact;  // path the digest is of; empty: none
  std::string digest;    // checked before every start; empty: unknown
  HealthCheck health;
  int stop_signal = 15;
  Duration drain = 30s;  // for connections to end, and again for the process to exit
  Where where;
  Container container;  // of a platform that runs containers; argv then replaces its command
  bool operator==(const InstanceSpec&) const = default;
};

// How the users' requests reach the site.
struct RouteSpec {
  std::string listen;              // "127.0.0.1:8080"
  std::vector<std::string> hosts;  // empty: all
  std::string sticky;              // "", "cookie", "header", "source"
  int servers = 1;                 // slots for instances in each backend
  std::string health_path;         // the proxy's own check; empty: TCP
  bool operator==(const RouteSpec&) const = default;
};

struct SmokeTest {
  std::string endpoint, method = "GET";
  int expected_status = 200;
  std::optional<std::string> expected_body;  // exact, else an anchored regular expression
  bool operator==(const SmokeTest&) const = default;
};

// A source of figures besides the proxy's rows, asked once for each version. Texts hold ${version}
// and ${commit}, filled for each of the two, and ${NAME} of the secrets, filled by the carrier.
enum class MetricSource : std::uint8_t {
  prometheus,
  http,
  sql,
  command,
  webhook,
  datadog,
  newrelic,
  cloudwatch,
};
// gauge: a value; counter: running totals; count: totals of one interval; histogram: buckets.
enum class MetricKind : std::uint8_t { gauge, counter, count, histogram };

struct MetricQuery {
  std::string name;  // Criterion::source and Reading::name
  MetricSource source = MetricSource::prometheus;
  MetricKind kind = MetricKind::gauge;
  std::string url, query, failed, total;
  std::string region, account;
  std::vector<std::string> command;
  bool shell = false;
  std::string directory;
  std::vector<std::pair<std::string, std::string>> headers, keys;
  std::vector<SecretRef> secrets;
  double scale = 1;     // what is heard × this is the criterion's unit: a fraction, or milliseconds
  double quantile = 0;  // histogram
  double limit = 0;     // histogram: so many milliseconds are too many; 0: relative to stable
  double factor = 1;    // histogram, relative: slower than stable's quantile by so much is too slow
  Duration interval = 15s, timeout = 5s, delay{};
  bool operator==(const MetricQuery&) const = default;
};

enum class GateKind : std::uint8_t { approval, window, pause };

struct Gate {
  GateKind kind = GateKind::pause;
  Duration wait{};  // pause: how long; approval: until it expires (then aborted)
  int approvers = 1;
  bool requester_may = false;
  bool operator==(const Gate&) const = default;
};

enum class Who : std::uint8_t { candidate, stable };

struct Step {
  Verb verb = Verb::check;
  std::string name;          // stage or batch; may be empty
  Who who = Who::candidate;  // provision, warm, retire
  int instances = 0;  // provision, warm: this many of `who` afterwards; retire: this many left
  std::int32_t weight = 0;          // shift: the candidate's share, basis points
  Shared<analysis::Charge> charge;  // judge
  Gate gate;                        // gate
  std::vector<SmokeTest> smoke;     // smoke
  Duration keep_warm{};  // retire of stable: kept without traffic for so long, then removed
  Duration deadline{};   // 0: the step has none of its own (judge, gate)
  bool operator==(const Step&) const = default;
};

struct Plan {
  Strategy strategy = Strategy::blue_green;
  Release from;  // version empty on a first release
  Release to;
  std::string environment;
  Shared<InstanceSpec> spec;
  RouteSpec route;
  int replicas = 1;  // wanted capacity afterwards
  int floor = 0;     // healthy instances that may take traffic never fall below this by our doing
  bool auto_rollback = true;
  std::optional<std::uint32_t> reuse;  // a warm copy that becomes the candidate (rollback)
  SharedList<Step> steps;
  SharedList<std::string> notes;  // said aloud: downtime, warm copy ended first, …
  SharedList<std::pair<std::string, std::string>> warnings;  // code, text
  // What its stages will see with the traffic of the last hour: code (sees, short_stage,
  // undecidable), text. A forecast: it is no part of what is approved.
  SharedList<std::pair<std::string, std::string>> outlook;
  std::string revision;             // digest of the configuration
  SharedList<MetricQuery> metrics;  // asked while the release is watched
  std::uint32_t rules_version = 1;
  bool operator==(const Plan&) const = default;
};

inline constexpr std::uint32_t kRulesVersion = 1;

const char* word(Verb);
const char* word(Strategy);
const char* word(WhenBusy);
const char* word(GateKind);
const char* word(MetricSource);
const char* word(MetricKind);

}  // namespace slipway
