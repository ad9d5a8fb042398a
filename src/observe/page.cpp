// /metrics: from figures to families to text.
#include <prometheus/text_serializer.h>

#include <set>
#include <sstream>

#include "observe/families.h"
#include "observe/figures.h"
#include "observe/process.h"

namespace slipway::observe {
namespace {

using prometheus::MetricType;
using Page = std::vector<prometheus::MetricFamily>;
using enum MetricType;

Labels of(const SiteId& id) { return {{"environment", id.environment}, {"service", id.service}}; }
Labels of(const SiteId& id, const char* name, std::string value) {
  Labels labels = of(id);
  labels.push_back({name, std::move(value)});
  return labels;
}

double number(const boost::json::object& o, const char* name, double factor = 1) {
  const auto* value = o.if_contains(name);
  return value != nullptr && value->is_number() ? value->to_number<double>() * factor : -1;
}

void add_agent(Page& page, const Figures& f) {
  const Standing& s = f.standing;
  Family(page, Gauge, "slipway_build_info", "The version of the agent, as a label.")
      .add(1, {{"version", s.version}});
  Family(page, Gauge, "slipway_ready", "1 while the agent is ready, as /ready says.")
      .add(ready(s) ? 1 : 0);
  Family healthy(page, Gauge, "slipway_component_healthy", "1 while this part of the agent works.");
  for (const Component& c : s.components) healthy.add(c.ok ? 1 : 0, {{"component", c.name}});
  const Process process = this_process();
  Family(page, Gauge, "process_start_time_seconds", "Start of the agent, in seconds since 1970.")
      .add(to_seconds(s.started.time_since_epoch()));
  Family(page, Counter, "process_cpu_seconds_total", "Processor time of the agent.")
      .add(process.cpu_seconds);
  Family(page, Gauge, "process_resident_memory_bytes", "Memory that the agent holds.")
      .add(static_cast<double>(process.resident_bytes));
  Family(page, Gauge, "process_open_fds", "File descriptors of the agent.")
      .add(static_cast<double>(process.open_fds));
  Family(page, Gauge, "process_max_fds", "The most file descriptors it may have.")
      .add(static_cast<double>(process.max_fds));
}

void add_counts(Page& page, const char* name, const char* help, const char* label,
                const std::map<std::string, std::uint64_t>& counts) {
  Family family(page, Counter, name, help);
  for (const auto& [value, n] : counts) family.add(static_cast<double>(n), {{label, value}});
}

void add_count(Page& page, const char* name, const char* help, std::uint64_t n) {
  Family(page, Counter, name, help).add(static_cast<double>(n));
}

void add_engine(Page& page, const Figures& f) {
  const auto& c = f.counts;
  Family(page, Histogram, "slipway_journal_commit_duration_seconds",
         "How long a commit of the journal took, its sync included.")
      .add(f.journal.within, f.journal.commits, f.journal.sum_s, {});
  Family(page, Histogram, "slipway_health_check_duration_seconds",
         "How long a health check of an instance took, from its start to its finding.")
      .add(f.checks.within, f.checks.count, f.checks.sum_s, {});
  add_count(page, "slipway_health_checks_failed_total", "Health checks that found no health.",
            f.checks_failed);
  Family(page, Gauge, "slipway_journal_size_bytes", "The journal's files on disk.")
      .add(static_cast<double>(f.journal.bytes));
  add_counts(page, "slipway_engine_steps_total", "Committed steps of the engine, by what happened.",
             "event", c.steps);
  add_counts(page, "slipway_commands_total",
             "Commands given after their commit, by what was asked.", "command", c.commands);
  add_counts(page, "slipway_verdicts_total", "Changes of the judge's verdict.", "verdict",
             c.verdicts);
  add_count(page, "slipway_blocks_total", "Blocks of requests that were counted.", c.blocks);
  add_count(page, "slipway_judged_blocks_total", "Blocks that the judge took as evidence.",
            c.judged);
  add_count(page, "slipway_metric_readings_total", "Readings of metrics besides the proxy's rows.",
            c.readings);
  add_count(page, "slipway_proxy_restarts_total",
            "Deaths of the proxy, counted once for each service it served.", c.proxy_restarts);
  add_count(page, "slipway_instance_exits_total", "Instances that ended without being asked to.",
            c.crashes);
  add_count(page, "slipway_rows_total", "Rows of the proxy that were read.", f.rows);
  add_count(page, "slipway_rows_lost_total", "Rows that the proxy could not write.", f.rows_lost);
  add_count(page, "slipway_traces_sent_total", "Traces that a collector took.", f.traces_sent);
  add_count(page, "slipway_traces_dropped_total", "Traces given up: refused, or too many waited.",
            f.traces_dropped);
  Family(page, Gauge, "slipway_traces_waiting", "Traces that wait for the collector.")
      .add(static_cast<double>(f.traces_waiting));
}

using Told = std::set<SiteId>;

// Counts of all deployments that have ended since the journal began.
void add_delivered(Page& page, const Figures& f, const Told& told) {
  using views::Delivered;
  const auto each = [&](MetricType type, const char* name, const char* help, auto&& add) {
    Family family(page, type, name, help);
    for (const auto& [id, d] : f.delivered)
      if (told.contains(id)) add(family, id, d);
  };
  const auto total = [&](const char* name, const char* help, std::uint64_t Delivered::* field) {
    each(Counter, name, help, [&](Family& family, const SiteId& id, const Delivered& d) {
      family.add(static_cast<double>(d.*field), of(id));
    });
  };
  const auto spread = [&](const char* name, const char* help, views::Spread Delivered::* field) {
    each(Histogram, name, help, [&](Family& family, const SiteId& id, const Delivered& d) {
      if ((d.*field).count > 0) family.add(d.*field, of(id));
    });
  };
  each(Counter, "slipway_deployments_total", "Deployments that have ended, by strategy and end.",
       [](Family& family, const SiteId& id, const Delivered& d) {
         for (const auto& [what, n] : d.ended) {
           Labels labels = of(id, "strategy", what.first);
           labels.push_back({"state", word(what.second)});
           family.add(static_cast<double>(n), std::move(labels));
         }
       });
  spread("slipway_deployment_duration_seconds",
         "Start to end of successful deployments, without waits and written dwell.",
         &Delivered::active);
  spread("slipway_deployment_total_duration_seconds",
         "Start to end of successful deployments, with waits and written dwell.",
         &Delivered::whole);
  spread("slipway_detection_duration_seconds", "First harm to verdict, of those taken back.",
         &Delivered::detection);
  spread("slipway_rollback_duration_seconds",
         "Verdict to the last request given to the bad version.", &Delivered::way_back);
  total("slipway_rollbacks_total", "Deployments that were taken back.", &Delivered::rollbacks);
  total("slipway_failed_deployments_total", "Deployments that were taken back or failed.",
        &Delivered::unsuccessful);
  total("slipway_deployment_requests_total", "Requests while deployments lived, by their receipts.",
        &Delivered::requests);
  total("slipway_deployment_failed_requests_total",
        "Failed requests while deployments lived, for any reason.", &Delivered::failed);
  total("slipway_deployment_caused_failures_total",
        "Requests that deployments themselves made fail.", &Delivered::caused);
  total("slipway_deployment_rows_lost_total", "Rows that receipts do not know.",
        &Delivered::rows_lost);
  total("slipway_untouched_deployments_total", "Deployments that made no request fail.",
        &Delivered::untouched);
  each(Gauge, "slipway_zero_downtime_success_rate",
       "Share of blue-green deployments without a failed request.",
       [](Family& family, const SiteId& id, const Delivered& d) {
         if (d.blue_green > 0)
           family.add(
               static_cast<double>(d.blue_green_untouched) / static_cast<double>(d.blue_green),
               of(id));
       });
}

// The report's own figures, so that both always agree.
void add_delivery(Page& page, const Figures& f) {
  struct {
    const char *name, *help, *field;
    double factor;
  } const figures[] = {
      {"slipway_deployment_success_rate", "Succeeded of all that ended, over 30 days.",
       "success_rate", 1},
      {"slipway_deployment_frequency_per_day", "Successful deployments a day, over 30 days.",
       "deployments_per_day", 1},
      {"slipway_lead_time_seconds", "Asked for to serving everybody, the median over 30 days.",
       "lead_time_ms", 0.001},
      {"slipway_change_failure_rate", "Changes taken back or undone, over 30 days.",
       "change_failure_rate", 1},
      {"slipway_mttr_seconds", "Mean time from harm to users served well again, over 30 days.",
       "mttr_ms", 0.001},
      {"slipway_deployment_untouched_rate", "Changes that made no request fail, over 30 days.",
       "zero_downtime_rate", 1},
  };
  for (const auto& figure : figures) {
    Family family(page, Gauge, figure.name, figure.help);
    for (const auto& [environment, report] : f.delivery)
      if (const double value = number(report, figure.field, figure.factor); value >= 0)
        family.add(value, {{"environment", environment}});
  }
  Family rollbacks(page, Gauge, "slipway_rollback_frequency_per_day",
                   "Failed changes a day, over 30 days.");
  Family rate(page, Gauge, "slipway_rollback_rate", "Failed changes of all changes, over 30 days.");
  for (const auto& [environment, report] : f.delivery) {
    const double failed = number(report, "failed"), all = number(report, "changes");
    if (failed >= 0) rollbacks.add(failed / 30, {{"environment", environment}});
    if (failed >= 0 && all > 0) rate.add(failed / all, {{"environment", environment}});
  }
}

void add_builds(Page& page, const Figures& f) {
  Family took(page, Histogram, "slipway_build_duration_seconds",
              "How long builds took, as their pipelines reported.");
  for (const auto& [service, builds] : f.builds) {
    if (builds.succeeded.count > 0)
      took.add(builds.succeeded, {{"service", service}, {"state", "succeeded"}});
    if (builds.failed.count > 0)
      took.add(builds.failed, {{"service", service}, {"state", "failed"}});
  }
  Family coverage(page, Gauge, "slipway_test_coverage_ratio",
                  "Share of the code that tests reach, of the newest build that told it.");
  for (const auto& [service, builds] : f.builds)
    if (builds.test_coverage) coverage.add(*builds.test_coverage, {{"service", service}});
}

struct Role {
  const char* name;
  std::uint64_t Counters::Watched::* requests;
  std::uint64_t Counters::Watched::* failed;
};
constexpr Role kRoles[] = {
    {"stable", &Counters::Watched::stable_requests, &Counters::Watched::stable_failed},
    {"candidate", &Counters::Watched::candidate_requests, &Counters::Watched::candidate_failed}};

void add_watched(Page& page, const Figures& f, const Told& told) {
  Family requests(page, Counter, "slipway_watched_requests_total",
                  "Requests that were counted while a deployment lived, by the version's role.");
  Family failed(page, Counter, "slipway_watched_failures_total",
                "Of them, those that failed for the judge.");
  for (const auto& [id, w] : f.counts.watched) {
    if (!told.contains(id)) continue;
    for (const Role& role : kRoles) {
      requests.add(static_cast<double>(w.*role.requests), of(id, "role", role.name));
      failed.add(static_cast<double>(w.*role.failed), of(id, "role", role.name));
    }
  }
}

constexpr State kLiveStates[] = {
    State::queued, State::waiting_approval, State::waiting_window, State::running,
    State::paused, State::rolling_back,     State::rollback_failed};

void add_live(Page& page, const Figures& f, const Told& told) {
  Family live(page, Gauge, "slipway_live_deployments", "Live deployments by state.");
  std::map<State, int> states;
  for (const State state : kLiveStates) states[state] = 0;
  for (const auto& site : f.sites)
    for (const auto* place : {&site->live, &site->queued})
      if (*place) ++states[(*place)->state == State::looking ? State::queued : (*place)->state];
  for (const auto& [state, n] : states) live.add(n, {{"state", word(state)}});

  Family age(page, Gauge, "slipway_live_deployment_age_seconds",
             "Since the start of the live deployment.");
  Family share(page, Gauge, "slipway_candidate_share", "Share asked for the candidate, 0 to 1.");
  Family served(page, Gauge, "slipway_candidate_served_share",
                "Share that the candidate was given, 0 to 1.");
  for (const auto& site : f.sites) {
    if (!site->live || !told.contains(site->id)) continue;
    const Deployment& d = *site->live;
    if (d.started_wall != Wall{})
      age.add(std::max(0.0, to_seconds(f.standing.now - d.started_wall)), of(site->id));
    if (const auto copy = site->copies.find(d.candidate); copy != site->copies.end())
      share.add(copy->second.weight / 10'000.0, of(site->id));
    if (d.served_share >= 0) served.add(d.served_share, of(site->id));
  }
}

void add_sites(Page& page, const Figures& f, const Told& told) {
  Family version(page, Gauge, "slipway_service_version_info",
                 "The version that stays, as a label.");
  Family down(page, Gauge, "slipway_service_down", "1 while no instance is healthy.");
  Family stopped(page, Gauge, "slipway_service_quarantined",
                 "1 when automatic acts stopped because of a broken invariant.");
  Family ready(page, Gauge, "slipway_instances_ready", "Instances that may take requests.");
  Family wanted(page, Gauge, "slipway_instances_wanted", "Instances that shall be there.");
  for (const auto& site : f.sites) {
    if (!told.contains(site->id)) continue;
    int up = 0, want = 0;
    for (const auto& [n, instance] : site->instances)
      up += instance.phase == InstancePhase::ready && instance.healthy;
    for (const auto& [n, copy] : site->copies) want += copy.wanted;
    const auto serving = site->copies.find(site->serving);
    if (serving != site->copies.end())
      version.add(1, of(site->id, "version", serving->second.release.version));
    down.add(site->down ? 1 : 0, of(site->id));
    stopped.add(site->quarantine.empty() ? 0 : 1, of(site->id));
    ready.add(up, of(site->id));
    wanted.add(want, of(site->id));
  }
  Family(page, Gauge, "slipway_services", "Services times environments that have had a release.")
      .add(static_cast<double>(f.sites.size()));
  Family(page, Gauge, "slipway_services_left_out", "Of them, those without figures of their own.")
      .add(static_cast<double>(f.sites.size() - told.size()));
}

}  // namespace

std::string metrics_page(const Figures& f) {
  Told told;
  for (const auto& site : f.sites)
    if (told.size() < kSitesTold) told.insert(site->id);
  Page page;
  page.reserve(64);
  add_agent(page, f);
  add_engine(page, f);
  add_delivered(page, f, told);
  add_delivery(page, f);
  add_builds(page, f);
  add_watched(page, f, told);
  add_live(page, f, told);
  add_sites(page, f, told);
  // A family without samples says nothing but its name.
  std::erase_if(page, [](const prometheus::MetricFamily& family) { return family.metric.empty(); });
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, page);
  return std::move(out).str();
}

}  // namespace slipway::observe
