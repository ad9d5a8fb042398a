#include "main/observation.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/limits.h"
#include "observe/log.h"
#include "observe/trace.h"
#include "os/clock.h"
#include "os/processes.h"
#include "os/shim.h"

namespace slipway {

namespace {

constexpr Duration kRecovery = 30s;    // what has not answered by then is a matter of its own
constexpr Duration kLoopAtMost = 10s;  // one turn of the loop; a sync of a slow disk fits
constexpr Duration kDriverAtMost = 60s;
constexpr Duration kReportsKept = 60s;
constexpr Duration kReportPeriod = std::chrono::hours(24 * 30);
constexpr Duration kFollow = 500ms;

std::uint64_t inode_of(const std::string& path) {
  struct stat about{};
  return ::stat(path.c_str(), &about) == 0 ? about.st_ino : 0;
}

// Facts about a release and what serves are told; the rest is for who looks closer.
const char* level_of(const views::EventLine& line) {
  for (const char* bad : {"deployment.rollback_failed", "instance.unhealthy", "instance.ejected"})
    if (line.type == bad) return "warning";
  for (const char* kind : {"deployment.", "approval.", "environment.", "release.", "group."})
    if (line.type.starts_with(kind)) return "info";
  return "debug";
}

}  // namespace

Observation::Observation(World world)
    : world_(std::move(world)),
      journal_inode_(inode_of(world_.state + "/journal.db")),
      traces_(
          {.folder = world_.state + "/traces",
           .collector = [this] { return collector(); },
           .say = [](const char* level,
                     const std::string& text) { log_line(level, text, {{"code", "traces"}}); }}) {}

Observation::~Observation() { stop(); }

void Observation::start() {
  traces_.start();
  follower_ = std::thread([this] { follow(); });
}

void Observation::stop() {
  stopping_ = true;
  if (follower_.joinable()) follower_.join();
  traces_.stop();
}

// After the end it goes once more through what is there, so that the last facts are told too.
void Observation::follow() {
  std::uint64_t seen = world_.board->newest_event();
  for (bool last = false; !last;) {
    last = stopping_;
    const auto lines = world_.board->events(seen, 256, last ? Duration::zero() : kFollow);
    for (const views::EventLine& line : lines) {
      seen = std::max(seen, line.seq);
      tell(line);
      if (line.type == "deployment.ended") trace(line.deployment);
    }
    last = last && lines.empty();
  }
}

void Observation::tell(const views::EventLine& line) {
  log_line(level_of(line), line.text,
           {{"event", line.type},
            {"deployment", line.deployment},
            {"environment", line.environment},
            {"site", line.service.empty() ? "" : line.environment + "/" + line.service},
            {"by", line.by}});
}

void Observation::trace(const std::string& deployment) {
  if (collector().url.empty()) return;
  const auto number = world_.board->find(deployment);
  const auto known = number ? world_.board->copy(*number) : std::nullopt;
  if (!known) return;
  const auto body = observe::trace_json(known->first, known->second, world_.version);
  traces_.send(deployment, boost::json::serialize(body));
}

// The configuration's word, else that of the variables every OpenTelemetry program reads.
observe::Collector Observation::collector() const {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value != nullptr ? value : "");
  };
  observe::Collector out;
  out.url = observe::traces_url(world_.collector());
  if (out.url.empty()) out.url = variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  if (out.url.empty()) {
    const std::string base = variable("OTEL_EXPORTER_OTLP_ENDPOINT");
    if (!base.empty()) out.url = base + (base.ends_with('/') ? "v1/traces" : "/v1/traces");
  }
  std::string headers = variable("OTEL_EXPORTER_OTLP_TRACES_HEADERS");
  if (headers.empty()) headers = variable("OTEL_EXPORTER_OTLP_HEADERS");
  out.headers = observe::otlp_headers(headers);
  return out;
}

observe::Component Observation::journal() const {
  observe::Component out{.name = "journal", .vital = true};
  const auto fault = world_.shell->fault();
  const std::string path = world_.state + "/journal.db";
  const auto commits = world_.shell->commit_times();
  out.figures = {{"commits", commits.commits}, {"commit_p99_ms", to_seconds(commits.p99) * 1000}};
  if (fault)
    out.text = fault->text;
  else if (inode_of(path) != journal_inode_)
    out.text = path + " is not the file any more that this agent writes: put it back, or stop it";
  else if (::access(path.c_str(), W_OK) != 0)
    out.text = path + " cannot be written";
  else if (world_.shell->pulse().disk_critical)
    out.text = "the disk is full: only ways back are written; free some space";
  out.ok = out.text.empty();
  return out;
}

observe::Component Observation::loop() const {
  observe::Component out{.name = "loop", .vital = true};
  const shell::Pulse pulse = world_.shell->pulse();
  out.figures = {{"busy_ms", to_seconds(pulse.busy) * 1000}, {"unheard", pulse.unheard}};
  out.ok = pulse.busy < kLoopAtMost;
  if (!out.ok)
    out.text =
        fmt::format("one step has taken {:.0f} s: is the disk stuck?", to_seconds(pulse.busy));
  return out;
}

observe::Component Observation::proxy() const {
  observe::Component out{.name = "proxy"};
  const auto sites = world_.board->sites();
  const bool needed = std::ranges::any_of(
      sites, [](const auto& site) { return site->serving != 0 || site->live.has_value(); });
  const auto answers = world_.haproxy->answers();
  out.figures = {{"needed", needed}, {"answers", answers.has_value()}};
  // Before the first route of the first release there is none.
  const bool serving = std::ranges::any_of(sites, [](const auto& s) { return s->serving != 0; });
  out.ok = answers.has_value() || !serving;
  if (!out.ok) out.text = answers.error().text;
  return out;
}

observe::Component Observation::drivers() const {
  observe::Component out{.name = "drivers"};
  const std::pair<const char*, Duration> silent[] = {{"haproxy", world_.haproxy->silent()},
                                                     {"meter", world_.counting->silent()}};
  for (const auto& [name, since] : silent) {
    out.figures[name] = boost::json::object{{"silent_ms", to_seconds(since) * 1000}};
    if (since < kDriverAtMost) continue;
    out.ok = false;
    out.text = fmt::format("{} has done nothing for {:.0f} s", name, to_seconds(since));
  }
  const std::string shim = os::shim_program();
  if (::access(shim.c_str(), X_OK) != 0) {
    out.ok = false;
    out.text = shim + " cannot be executed: no instance can be started";
  }
  return out;
}

observe::Standing Observation::standing() const {
  observe::Standing out{
      .version = world_.version, .started = world_.started, .now = os::wall_now()};
  const shell::Pulse pulse = world_.shell->pulse();
  if (pulse.stopping)
    out.phase = observe::Phase::stopping;
  else if (pulse.unheard > 0 && out.now - world_.started < kRecovery)
    out.phase = observe::Phase::recovering;
  out.components = {journal(),
                    loop(),
                    observe::disk_space({world_.state, world_.runtime}, 2 * limits::kBallastBytes),
                    observe::memory_usage(),
                    proxy(),
                    drivers()};
  return out;
}

// Reports look at all that has ended: asked anew when something happened since, and not more often
// than a scrape needs.
Observation::Reports Observation::reports(
    const std::vector<std::shared_ptr<const Site>>& sites) const {
  const std::scoped_lock guard(reports_mutex_);
  const Wall now = os::wall_now();
  const std::uint64_t newest = world_.board->newest_event();
  const bool fresh = now - reports_at_ < kReportsKept && now >= reports_at_;
  if (fresh && (newest == reports_of_ || now - reports_at_ < 1s)) return reports_;
  reports_.clear();
  for (const auto& site : sites) {
    const std::string& name = site->id.environment;
    if (!reports_.contains(name))
      reports_[name] = world_.board->dora(
          {.since = now - kReportPeriod, .until = now, .environment = name, .service = ""});
  }
  reports_at_ = now;
  reports_of_ = newest;
  return reports_;
}

std::string Observation::metrics() const {
  observe::Figures f;
  f.standing = standing();
  f.counts = counters_.now();
  const shell::CommitTimes commits = world_.shell->commit_times();
  f.journal.commits = commits.commits;
  f.journal.sum_s = to_seconds(commits.sum);
  for (std::size_t i = 0; i < shell::kCommitBounds.size(); ++i)
    f.journal.within.emplace_back(to_seconds(shell::kCommitBounds[i]), commits.within[i]);
  const platform::CheckTimes checks = world_.check_times();
  for (std::size_t i = 0; i < checks.within.size(); ++i) {
    f.checks.count += checks.within[i];
    if (i < platform::CheckTimes::kBounds.size())
      f.checks.within.emplace_back(to_seconds(platform::CheckTimes::kBounds[i]), checks.within[i]);
  }
  f.checks.sum_s = to_seconds(checks.sum);
  f.checks_failed = checks.failed;
  for (const char* name : {"/journal.db", "/journal.db-wal"}) {
    std::error_code none;
    const auto size = std::filesystem::file_size(world_.state + name, none);
    if (!none) f.journal.bytes += size;
  }
  f.delivered = world_.board->delivery();
  f.sites = world_.board->sites();
  f.delivery = reports(f.sites);
  f.builds = world_.builds();
  f.rows = world_.counting->rows();
  f.rows_lost = world_.counting->rows_lost();
  f.traces_sent = traces_.sent();
  f.traces_dropped = traces_.dropped();
  f.traces_waiting = traces_.waiting();
  return observe::metrics_page(f);
}

}  // namespace slipway
