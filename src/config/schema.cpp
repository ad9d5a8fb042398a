#include "config/schema.h"

#include <algorithm>

#include "base/check.h"

namespace slipway::config {
namespace {

constexpr Use note = Use::note, idle = Use::idle, later = Use::later;

std::vector<Key> join(std::vector<Key> a, const std::vector<Key>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Section file_section() {
  Section s{"file",
            {{"service"},
             {"services"},
             {"versions"},
             {"environments"},
             {"deployment"},
             {"canary_deployment"},
             {"blue_green_deployment"},
             {"deployment_strategy"},
             {"rolling_deployment"},
             {"rolling", {}, {}, "rolling_deployment"},
             {"rolling_update", {}, {}, "rolling_deployment"},
             {"recreate_deployment"},
             {"recreate", {}, {}, "recreate_deployment"},
             {"steps"},
             {"analysis"},
             {"required_secrets"},
             {"smoke_tests"},
             {"metrics"},
             {"notifications"},
             {"agent"}}};
  for (const char* name : {"ab_test",
                           "alerts",
                           "backup",
                           "build",
                           "build_steps",
                           "channels",
                           "chaos_experiments",
                           "cicd_pipeline",
                           "ci_cd_pipeline",
                           "cost_optimization",
                           "custom_metrics",
                           "database_migrations",
                           "disaster_recovery",
                           "feature_flags",
                           "flags",
                           "freezes",
                           "gates",
                           "health_checks",
                           "horizontal_pod_autoscaler",
                           "incident_response",
                           "infrastructure",
                           "infrastructure_architecture",
                           "monitoring",
                           "monitoring_stack",
                           "multi_region_deployment",
                           "pipelines",
                           "previews",
                           "resource_scaling",
                           "rollback_strategy",
                           "secret_management",
                           "shadow",
                           "sla_metrics",
                           "strategies",
                           "success_checklist",
                           "windows"})
    s.keys.push_back({name, later});
  return s;
}

// What a service says of how it runs; environments may say the same, nearer.
std::vector<Key> run_keys() {
  return {{"run"},      {"artifact"}, {"env"},   {"secrets"}, {"health"},    {"stop"},
          {"replicas"}, {"sticky"},   {"image"}, {"port"},    {"resources"}, {"build"}};
}

std::vector<Key> environment_keys() {
  return join(run_keys(), {{"platform"},
                           {"router"},
                           {"listen"},
                           {"hosts"},
                           {"strategy"},
                           {"after"},
                           {"approval_required"},
                           {"approval"},
                           {"auto_deploy", idle, "nothing is deployed without being asked for"},
                           {"rollback_on_failure"},
                           {"canary_enabled"},
                           {"when_busy"},
                           {"required_secrets"},
                           {"tls", later},
                           {"windows", later},
                           {"timezone", later},
                           {"paths", later},
                           {"kubernetes", later},
                           {"vm", later},
                           {"docker"},
                           {"swarm"},
                           {"ecs", later},
                           {"lambda", later},
                           {"edge", later},
                           {"namespace", later}});
}

// Of every platform that an engine of containers runs.
std::vector<Key> engine_keys() {
  return {{"host"}, {"tls"},       {"network"}, {"command"}, {"restart"},
          {"user"}, {"read_only"}, {"init"},    {"secrets"}};
}

std::vector<Key> swarm_keys() { return join(engine_keys(), {{"rolling"}, {"failure_action"}}); }

Section environment_section() {
  return {"environment",
          join(environment_keys(),
               {{"services"},
                {"database"},
                {"redis"},
                {"api_url"},
                {"debug"},
                {"external_apis"},
                {"load_testing", idle, "no load test runs"},
                {"auto_scaling", idle, "the number of instances stays at `replicas`"},
                {"backup_enabled", idle, "no backup is made"}}),
          true};
}

std::vector<Section> strategy_sections() {
  return {
      {"deployment",
       {{"strategy"},
        {"steps"},
        {"when_busy"},
        {"environments"},
        {"health_checks"},
        {"rollback"},
        {"rollback_triggers"},
        {"rollback_on_failure"},
        {"notifications"},
        {"replicas"},
        {"timeout", later},
        {"windows", later}}},
      {"health_defaults", {{"timeout"}, {"interval"}, {"retries"}}},
      {"rollback",
       {{"automatic"},
        {"conditions"},
        {"preserve_metrics", note, "what a failed release showed is kept with its deployment"}}},
      {"canary_deployment",
       {{"strategy"},
        {"stages"},
        {"phases"},
        {"rollback"},
        {"rollback_triggers"},
        {"success_criteria"},
        {"monitoring"}}},
      {"stage",
       {{"name"},
        {"traffic_percentage"},
        {"traffic", {}, {}, "traffic_percentage"},
        {"percentage", {}, {}, "traffic_percentage"},
        {"weight", {}, {}, "traffic_percentage"},
        {"duration"},
        {"success_criteria"}}},
      {"canary_monitoring", {{"metrics"}}},
      {"blue_green_deployment",
       {{"strategy"},
        {"process"},
        {"benefits"},
        {"monitor"},
        {"keep_warm"},
        {"rollback_triggers"},
        {"rollback"}}},
      {"deployment_strategy", {{"type"}, {"parameters"}}},
      {"strategy_parameters",
       {{"target_group_swap", note, "it names load balancer groups; this router has none"},
        {"validation"},
        {"traffic_switch"},
        {"rollback"}}},
      {"validation", {{"smoke_tests"}}},
      {"traffic_switch", {{"method"}, {"switch_time"}}},
      {"rolling_deployment",
       {{"max_surge"},
        {"max_unavailable"},
        {"maximum_percent"},
        {"minimum_healthy_percent"},
        {"monitor"},
        {"rollback_triggers"},
        {"rollback"}}},
      {"recreate_deployment", {{"monitor"}, {"rollback_triggers"}, {"rollback"}}},
  };
}

std::vector<Section> step_sections() {
  return {
      {"analysis",
       {{"false_rollback_budget"},
        {"deadline"},
        {"on_no_data"},
        {"on_stale_data"},
        {"on_too_little_data"},
        {"on_bad_data"},
        {"on_unattended"},
        {"on_inconclusive"},
        {"pace"},
        {"holdback"},
        {"defaults"},
        {"risk_budget"},
        {"only_if_stable_ok"},
        {"dedupe_by_client"},
        {"warmup"},
        {"latency_floor"}}},
      {"smoke_test",
       {{"name"},
        {"endpoint"},
        {"method"},
        {"expected_status"},
        {"expected_response"},
        {"timeout", later},
        {"payload", later},
        {"headers", later},
        {"capture", later},
        {"writes", later}}},
      {"smoke_tests", {{"critical_paths"}}},
      {"step",
       {{"shift"},
        {"set_weight", {}, {}, "shift"},
        {"judge"},
        {"analysis", {}, {}, "judge"},
        {"pause"},
        {"gate"},
        {"smoke"},
        {"provision"},
        {"warm"},
        {"retire"},
        {"check"},
        {"build", later},
        {"save", later},
        {"migrate", later},
        {"mirror", later},
        {"disturb", later},
        {"purge", later}}},
      {"step_judge", {{"name"}, {"duration"}, {"success_criteria"}, {"conditions"}}},
      {"step_gate", {{"name"}, {"approval"}, {"duration"}, {"window", later}}},
      {"step_pause", {{"duration"}}},
      {"step_instances", {{"instances"}, {"who"}}},
  };
}

Section metric_section() {
  return {"metric",
          {{"source"},       {"url"},       {"query"},           {"pointer"},    {"failed"},
           {"total"},        {"histogram"}, {"command"},         {"kind"},       {"unit"},
           {"bad"},          {"rollback"},  {"quantile"},        {"interval"},   {"timeout"},
           {"delay"},        {"headers"},   {"region"},          {"account"},    {"services"},
           {"secrets"},      {"api_key"},   {"application_key"}, {"access_key"}, {"secret_key"},
           {"session_token"}}};
}

std::vector<Section> build() {
  std::vector<Section> all = {
      file_section(),
      {"service",
       join(run_keys(), {{"name"}, {"build", later}, {"depends_on", later}, {"labels", later}})},
      environment_section(),
      {"environment_service", environment_keys()},
      {"health",
       {{"path"},
        {"command"},
        {"interval"},
        {"timeout"},
        {"start_timeout"},
        {"healthy_threshold"},
        {"unhealthy_threshold"},
        {"retries", {}, {}, "unhealthy_threshold"},
        {"status"},
        {"port", later}}},
      {"stop", {{"signal"}, {"drain"}}},
      {"build",
       {{"context"},
        {"dockerfile"},
        {"target"},
        {"args"},
        {"cache_from"},
        {"keep"},
        {"steps", later},
        {"output", later}}},
      {"docker", engine_keys()},
      {"swarm", swarm_keys()},
      {"resources", {{"cpu"}, {"memory"}}},
      {"approval", {{"approvers"}, {"requester_may"}, {"timeout"}}},
      {"agent", {{"listen"}, {"url"}, {"tls"}, {"traces"}}},
      {"agent_tls", {{"certificate"}, {"key"}, {"own"}}},
      {"agent_traces", {{"otlp"}}},
  };
  for (auto& s : strategy_sections()) all.push_back(std::move(s));
  for (auto& s : step_sections()) all.push_back(std::move(s));
  all.push_back(metric_section());
  return all;
}

}  // namespace

const std::vector<Section>& sections() {
  static const std::vector<Section> all = build();
  return all;
}

const Section& section(std::string_view name) {
  const auto found = std::ranges::find(sections(), name, &Section::name);
  CHECK(found != sections().end(), "section {}", name);
  return *found;
}

const Key* find_key(const Section& s, std::string_view name) {
  const auto found = std::ranges::find(s.keys, name, &Key::name);
  return found == s.keys.end() ? nullptr : &*found;
}

}  // namespace slipway::config
