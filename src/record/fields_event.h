// The descriptions of commands, outcomes and events. The rules of fields_plan.h hold here too.
#pragma once

#include "contract/published.h"
#include "record/fields_judge.h"

namespace slipway::record {

void fields(auto& a, Is<SiteId> auto& v) {
  a(1, v.service);
  a(2, v.environment);
}

void fields(auto& a, Is<Error> auto& v) {
  a(1, v.fault);
  a(2, v.text);
}

void fields(auto& a, Is<Because> auto& v) {
  a(1, v.code);
  a(2, v.values);
}

// ---- commands ------------------------------------------------------------------------------

void fields(auto& a, Is<Look> auto& v) {
  a(1, v.artifact);
  a(2, v.argv);
  a(3, v.shell);
  a(4, v.directory);
  a(5, v.where);
  a(6, v.container);
  a(7, v.digest);
}

void fields(auto& a, Is<CheckRelease> auto& v) {
  a(1, v.spec);
  a(2, v.version);
}

void fields(auto& a, Is<StartInstance> auto& v) {
  a(1, v.instance);
  a(2, v.version);
  a(3, v.spec);
  a(4, v.advance);
}

void fields(auto& a, Is<StopInstance> auto& v) {
  a(1, v.instance);
  a(2, v.signal);
  a(3, v.grace);
  a(4, v.where);
}

void fields(auto& a, Is<RunSmoke> auto& v) {
  a(1, v.instance);
  a(2, v.port);
  a(3, v.tests);
}

void fields(auto& a, Is<RouteServer> auto& v) {
  a(1, v.instance);
  a(2, v.port);
  a(3, v.index);
  a(4, v.ready);
  a(5, v.last_resort);
}

void fields(auto& a, Is<RouteSlot> auto& v) {
  a(1, v.slot);
  a(2, v.copy);
  a(3, v.version);
  a(4, v.weight);
  a(5, v.servers);
}

void fields(auto& a, Is<Route> auto& v) {
  a(1, v.spec);
  a(2, v.slots);
  a(3, v.fallback, -1);
}

void fields(auto& a, Is<Apply> auto& v) { a(1, v.route); }

void fields(auto& a, Is<Shift> auto& v) {
  a(1, v.route);
  a(2, v.measure);
}

void fields(auto& a, Is<Drain> auto& v) {
  a(1, v.route);
  a(2, v.instances);
  a(3, v.grace);
}

void fields(auto& a, Is<Count> auto& v) { a(1, v.last); }

void fields(auto& a, Is<Watch> auto& v) {
  a(1, v.stable);
  a(2, v.candidate);
  a(3, v.latency_limits_us);
  a(4, v.bake);
  a(5, v.by_client);
  a(6, v.metrics);
  a(7, v.from);
  a(8, v.to);
}

void fields(auto& a, Is<Answer> auto& v) {
  a(1, v.request);
  a(2, v.accepted);
  a(3, v.number);
  a(4, v.code);
  a(5, v.text);
  a(6, v.state);
}

void fields(auto& a, Is<Compile> auto& v) { a(1, v.number); }

void fields(auto& a, Is<Tell> auto& v) {
  a(1, v.code);
  a(2, v.text);
}

void fields(auto& a, Is<Given> auto& v) {
  a(1, v.id);
  a(2, v.attempt);
  a(3, v.command);
  a(4, v.because);
}

// ---- outcomes ------------------------------------------------------------------------------

void fields(auto& a, Is<World> auto& v) {
  a(1, v.digest);
  a(2, v.problem);
  a(3, v.hint);
  a(4, v.commit);
  a(5, v.warnings);
  a(6, v.checked);
}

void fields(auto& a, Is<Observed> auto& v) {
  a(1, v.port);
  a(2, v.pid);
  a(3, v.measured);
  a(4, v.share, -1);
  a(5, v.took);
  a(6, v.drained);
  a(7, v.cut);
  a(8, v.lingering);
  a(9, v.details);
  a(10, v.world);
}

void fields(auto& a, Is<Done> auto& v) { a(1, v.observed); }

void fields(auto& a, Is<Pending> auto& v) { a(1, v.retry_after); }

void fields(auto& a, Is<Failed> auto& v) {
  a(1, v.error);
  a(2, v.retryable);
  a(3, v.tail);
}

// ---- events --------------------------------------------------------------------------------

void fields(auto& a, Is<Requested> auto& v) {
  a(1, v.request);
  a(2, v.request_id);
  a(3, v.number);
  a(4, v.look);
}

void fields(auto& a, Is<Planned> auto& v) {
  a(1, v.number);
  a(2, v.plan);
  a(3, v.plan_digest);
  a(4, v.checked);
}

void fields(auto& a, Is<Refused> auto& v) {
  a(1, v.number);
  a(2, v.code);
  a(3, v.text);
}

void fields(auto& a, Is<Asked> auto& v) {
  a(1, v.request);
  a(2, v.request_id);
}

void fields(auto& a, Is<Answered> auto& v) {
  a(1, v.command);
  a(2, v.attempt);
  a(3, v.outcome);
}

void fields(auto& a, Is<HealthChanged> auto& v) {
  a(1, v.instance);
  a(2, v.healthy);
  a(3, v.text);
}

void fields(auto& a, Is<Exited> auto& v) {
  a(1, v.instance);
  a(2, v.status);
  a(3, v.tail);
}

void fields(auto& a, Is<Ejected> auto& v) {
  a(1, v.instance);
  a(2, v.out);
  a(3, v.text);
}

void fields(auto& a, Is<Leaving> auto& v) {
  a(1, v.instance);
  a(2, v.text);
}

void fields(auto& a, Is<ProxyRestarted> auto& v) {
  a(1, v.down);
  a(2, v.lost);
}

void fields(auto& a, Is<Tally> auto& v) {
  a(1, v.requests);
  a(2, v.ok);
  a(3, v.left);
  a(4, v.failed);
  a(5, v.dropped);
  a(6, v.no_server);
  a(7, v.stable_requests);
  a(8, v.stable_failed);
  a(9, v.candidate_requests);
  a(10, v.candidate_failed);
  a(11, v.stable_served);
  a(12, v.candidate_served);
  a(13, v.longest_gap);
  a(14, v.has_gap);
  a(15, v.first_candidate_error);
  a(16, v.last_candidate_start);
  a(17, v.rows_lost);
}

void fields(auto& a, Is<RowPosition> auto& v) {
  a(1, v.inode);
  a(2, v.offset);
}

void fields(auto& a, Is<Counted> auto& v) {
  a(1, v.block);
  a(2, v.judged);
  a(3, v.tally);
  a(4, v.position);
  a(5, v.gap_before);
  a(6, v.has_gap_before);
  a(7, v.before);
}

void fields(auto&, Is<Due> auto&) {}

void fields(auto& a, Is<Resumed> auto& v) { a(1, v.away); }

void fields(auto& a, Is<Quarantined> auto& v) { a(1, v.invariant); }

void fields(auto& a, Is<DiskCritical> auto& v) { a(1, v.critical); }

void fields(auto& a, Is<Heard> auto& v) { a(1, v.reading); }

void fields(auto& a, Is<Event> auto& v) {
  a(1, v.at);
  a(2, v.wall);
  a(3, v.what);
}

}  // namespace slipway::record
