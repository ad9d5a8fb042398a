// The descriptions of what a plan is made of: one list per struct, for reading and writing alike.
// Numbers are never changed and never used again; a new member gets the next free one. The third
// argument is what the member is when its field is not there (else zero, empty, false).
#pragma once

#include <algorithm>

#include "contract/request.h"
#include "record/wire.h"

namespace slipway::record {

template <class F, class S>
void fields(auto& a, std::pair<F, S>& v) {
  a(1, v.first);
  a(2, v.second);
}
template <class F, class S>
void fields(auto& a, const std::pair<F, S>& v) {
  a(1, v.first);
  a(2, v.second);
}

template <class T>
T& open(Shared<T>& v) {
  return v.edit();
}
template <class T>
const T& open(const Shared<T>& v) {
  return *v;
}

template <class T>
void fields(auto& a, Shared<T>& v) {
  fields(a, v.edit());
}
template <class T>
void fields(auto& a, const Shared<T>& v) {
  fields(a, *v);
}

void fields(auto& a, Is<Release> auto& v) {
  a(1, v.service);
  a(2, v.version);
  a(3, v.digest);
  a(4, v.commit);
}

void fields(auto& a, Is<SecretRef> auto& v) {
  a(1, v.name);
  a(2, v.source);
  a(3, v.version);
}

void fields(auto& a, Is<HealthCheck> auto& v) {
  a(1, v.kind);
  a(2, v.path);
  a(3, v.command);
  a(4, v.status_min);
  a(5, v.status_max);
  a(6, v.interval);
  a(7, v.timeout);
  a(8, v.healthy_threshold);
  a(9, v.unhealthy_threshold);
  a(10, v.start_timeout);
}

void fields(auto& a, Is<Where> auto& v) {
  a(1, v.platform);
  a(2, v.host);
  a(3, v.tls);
}

void fields(auto& a, Is<Container> auto& v) {
  a(1, v.image);
  a(2, v.port);
  a(3, v.network);
  a(4, v.milli_cpus);
  a(5, v.memory);
  a(6, v.restart);
  a(7, v.user);
  a(8, v.read_only);
  a(9, v.init);
  a(10, v.open_secrets);
  a(11, v.rolled);
  a(12, v.failure_action);
}

void fields(auto& a, Is<InstanceSpec> auto& v) {
  a(1, v.argv);
  a(2, v.shell);
  a(3, v.directory);
  a(4, v.env);
  a(5, v.secrets);
  a(6, v.artifact);
  a(7, v.digest);
  a(8, v.health);
  a(9, v.stop_signal);
  a(10, v.drain);
  a(11, v.where);
  a(12, v.container);
}

void fields(auto& a, Is<RouteSpec> auto& v) {
  a(1, v.listen);
  a(2, v.hosts);
  a(3, v.sticky);
  a(4, v.servers);
  a(5, v.health_path);
}

void fields(auto& a, Is<SmokeTest> auto& v) {
  a(1, v.endpoint);
  a(2, v.method);
  a(3, v.expected_status);
  a(4, v.expected_body);
}

void fields(auto& a, Is<Gate> auto& v) {
  a(1, v.kind);
  a(2, v.wait);
  a(3, v.approvers);
  a(4, v.requester_may);
}

void fields(auto& a, Is<analysis::Criterion> auto& v) {
  a(1, v.metric);
  a(2, v.compare);
  a(3, v.name);
  a(4, v.quantile);
  a(5, v.limit);
  a(6, v.both_sides);
  a(7, v.text);
  a(8, v.origin);
  a(9, v.source);
  a(10, v.rollback);
  a(11, v.only_if_stable_ok);
  a(12, v.bad_below);
  a(13, v.weight);
  a(14, v.fresh, std::chrono::seconds(60));
}

void fields(auto& a, Is<analysis::Charge> auto& v) {
  a(1, v.stage);
  a(2, v.weight);
  a(3, v.bake);
  a(4, v.dwell);
  a(5, v.deadline);
  a(6, v.criteria);
  a(7, v.latency_limits_us);
  a(8, v.alpha);
  a(9, v.fail_fast);
  a(10, v.on_no_data);
  a(11, v.on_stale_data);
  a(12, v.on_too_little_data);
  a(13, v.on_bad_data);
  a(14, v.on_unattended);
  a(15, v.beta, 0.05);
  a(16, v.ahead);
  a(17, v.risk_budget, 0.005);
  a(18, v.warmup);
  a(19, v.exposure_floor);
  a(20, v.latency_floor_us);
  a(21, v.on_inconclusive);
  a(22, v.by_client);
}

void fields(auto& a, Is<Step> auto& v) {
  a(1, v.verb);
  a(2, v.name);
  a(3, v.who);
  a(4, v.instances);
  a(5, v.weight);
  a(6, v.charge);
  a(7, v.gate);
  a(8, v.smoke);
  a(9, v.keep_warm);
  a(10, v.deadline);
}

void fields(auto& a, Is<MetricQuery> auto& v) {
  a(1, v.name);
  a(2, v.source);
  a(3, v.kind);
  a(4, v.url);
  a(5, v.query);
  a(6, v.failed);
  a(7, v.total);
  a(8, v.region);
  a(9, v.account);
  a(10, v.command);
  a(11, v.shell);
  a(12, v.directory);
  a(13, v.headers);
  a(14, v.keys);
  a(15, v.secrets);
  a(16, v.scale);
  a(17, v.quantile);
  a(18, v.limit);
  a(19, v.factor);
  a(20, v.interval);
  a(21, v.timeout);
  a(22, v.delay);
}

void fields(auto& a, Is<Plan> auto& v) {
  a(1, v.strategy);
  a(2, v.from);
  a(3, v.to);
  a(4, v.environment);
  a(5, v.spec);
  a(6, v.route);
  a(7, v.replicas);
  a(8, v.floor);
  a(9, v.auto_rollback);
  a(10, v.reuse);
  a(11, v.steps);
  a(12, v.notes);
  a(13, v.warnings);
  a(14, v.revision);
  a(15, v.rules_version);
  a(16, v.outlook);
  a(17, v.metrics);
}

void fields(auto& a, Is<Request> auto& v) {
  a(1, v.act);
  a(2, v.by);
  a(3, v.trigger);
  a(4, v.because);
  a(5, v.environment);
  a(6, v.service);
  a(7, v.version);
  a(8, v.strategy);
  a(9, v.when_busy);
  a(10, v.auto_rollback);
  a(11, v.warmup);
  a(12, v.health_interval);
  a(13, v.number);
  a(14, v.full);
  a(15, v.force);
  a(16, v.pause_for);
  a(17, v.step);
  a(18, v.plan);
}

}  // namespace slipway::record
