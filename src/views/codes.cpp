// A sentence for every because-code. {name} is the value of that name, {name|share} basis points as
// a percentage, {name|span} seconds as a time, {name|value} a rate or a time by the value `unit`,
// {name|exit} how a process ended, {name|version} a version or "nothing". A part in [ ] is left out
// when a value in it is empty.
#include "views/board.h"

namespace slipway::views {

namespace {

constexpr std::pair<const char*, const char*> kCodes[] = {
    {"requested", "asked for by {by}[: {why}]"},
    {"approved_by", "approved by {by}[: {why}]"},
    {"rejected_by", "rejected by {by}[: {why}]"},
    {"promoted_by", "promoted by {by}[ to the last weight ({full})][: {why}]"},
    {"skipped_by", "step {step} ({verb}) skipped by {by}[: {why}]"},
    {"paused_by", "paused by {by}[, ends aborted in {seconds|span} unless resumed][: {why}]"},
    {"resumed_by", "resumed by {by}[: {why}]"},
    {"aborted_by", "aborted by {by}[: {why}]"},
    {"rollback_by", "rollback asked for by {by}[, to {version}][: {why}]"},
    {"given_up_by", "the failed rollback was ended by {by}; weights stay as they are[: {why}]"},
    {"looking", "looks at {version} before it is planned"},
    {"compiling", "makes the plan for {version}"},
    {"planned", "planned: {from|version} to {to} by {strategy}[, {steps} steps]"},
    {"refused", "refused[ ({code})][: {text}]"},
    {"next_step", "step {step} ({verb})[: {name}]"},
    {"step_done", "step {step} ({verb}) is done[: {detail}]"},
    {"shifted",
     "{weight|share} of the traffic goes to the candidate[, {measured}][, served {share|"
     "fraction}][: {text}]"},
    {"watching", "counts the requests of {candidate}[ beside {stable}]"},
    {"queued_behind", "waits until deployment {number} has ended"},
    {"superseded_by", "superseded by the newer deployment {number}"},
    {"succeeded", "{version} serves"},
    {"approval_needed", "waits for {approvers} to approve[, at most {seconds|span}]"},
    {"approval_expired", "nobody approved in time[ ({seconds|span})]"},
    {"pause_expired", "nobody resumed in time[ ({seconds|span})]"},
    {"hold_expired", "the disk stayed full[ for {seconds|span}]"},
    {"gate_opened", "the wait[ of {seconds|span}] is over"},
    {"rescue",
     "stable {version} has no healthy instance: the new release is judged on its own "
     "health"},
    {"judge_passed",
     "[{stage} ]passed[ after {observed_s|span}][, {n_candidate} requests to the "
     "candidate]"},
    {"judge_failed",
     "{metric} {candidate|value}[ at {stage}][, stable {stable|value}] (limit "
     "{limit})[: {x_candidate} of {n_candidate}][; {origin}]"},
    {"judge_held", "[{stage} ]holds: data {data}[: {trouble}]"},
    {"judge_silent", "[{stage}: ]{text}"},
    {"judge_note", "{text}"},
    {"judge_extended",
     "[{stage} ]is undecided at its deadline (data {data}): holds on ({extension} "
     "of {of})"},
    {"unattended", "[{stage} ]stayed undecided and nobody came (data {data}): {then}"},
    {"instance_exited",
     "instance {instance} of {version} ended by itself[ ({status|exit})][: "
     "{tail}]"},
    {"instance_unhealthy", "instance {instance} of {version} is unhealthy[: {text}]"},
    {"start_timeout",
     "{ready} of {wanted} instances became ready[ in {seconds|span}][: {text}][; "
     "last line: {tail}]"},
    {"start_failed",
     "instance {instance} of {version} could not be started[: {text}][; last line: "
     "{tail}]"},
    {"check_failed", "{version} cannot be released[: {text}]"},
    {"smoke_failed", "smoke test of {version} failed[: {text}]"},
    {"step_timeout", "step {step} ({verb}) took longer than {seconds|span}"},
    {"command_failed", "{command} failed[ after {attempts} attempts][: {text}]"},
    {"no_healthy_candidate", "{version} has no healthy instance left"},
    {"below_floor", "{left} healthy instances would be left, {floor} are needed"},
    {"last_healthy", "{version} has the last healthy instance and is kept"},
    {"no_slot", "no place at the router for {version}: all three are taken"},
    {"traffic_first", "traffic first, all to {to|version}"},
    {"restore_stable", "starts {version} again[, {wanted} instances]"},
    {"remove_candidate", "{version} is drained and removed"},
    {"last_rows", "counts the last requests for the receipt"},
    {"rollback_failed",
     "the way back failed at {phase}[: {text}][; try {tries}][, next in "
     "{seconds|span}]"},
    {"rollback_retry", "tries the way back again at {phase}[ (try {tries})]"},
    {"instance_healthy", "instance {instance} of {version} is healthy"},
    {"instance_started", "instance {instance} of {version} was started[ on port {port}]"},
    {"instance_restart",
     "instance {instance} of {version} is started again[ (restart {restarts})]"},
    {"instance_leaving", "its platform is about to end instance {instance} of {version}[: {text}]"},
    {"instance_ejected", "the proxy took instance {instance} of {version} out[: {text}]"},
    {"instance_returned", "the proxy took instance {instance} of {version} back"},
    {"instance_stopped", "instance {instance} of {version} is stopped"},
    {"draining", "[{instances} instances of ]{version} takes no new request"},
    {"not_wanted", "{version} is removed: no deployment keeps it"},
    {"warm_ended", "{version} was kept warm long enough and is removed"},
    {"kept_warm", "{version} is kept warm[ for {seconds|span}]"},
    {"slot_needed", "{version} is removed: its place at the router is needed"},
    {"straggler", "instance {instance} started but is not wanted any more: it is removed"},
    {"site_down", "nothing healthy is left[ of {version}]; weights stay as they are"},
    {"site_up", "{version} is healthy again"},
    {"retry", "{command} is tried again[ (attempt {attempt})]"},
    {"resumed", "the agent was away[ for {seconds|span}]; deadlines moved by it"},
    {"proxy_restarted", "the proxy died and was back[ after {ms} ms][, {lost} requests were lost]"},
    {"route_changed", "the router is told what changed"},
    {"quarantined", "an invariant broke; nothing is done by itself here: {invariant}"},
    {"disk_critical", "the disk is full: no new deployments, live ones hold"},
    {"disk_freed", "the disk has room again"},
    {"verb_refused", "{verb} was refused[ ({code})][ in state {state}]"},
    {"already_running", "this release already runs here"},
    {"already_deploying", "this release is already being deployed"},
    {"busy", "another deployment is live"},
    {"wrong_state", "the deployment's state does not allow it"},
    {"plan_changed", "the plan is another one than the one shown"},
    {"four_eyes", "somebody other than who asked has to approve"},
    {"superseded", "a newer deployment took its place"},
    {"aborted", "it was aborted"},
    {"look_failed", "the release could not be looked at[: {text}]"},
    {"not_supported", "this version does not support it yet"},
    {"bad_data", "the data is bad; promote needs --force"},
    {"no_target", "there is no release to go back to"},
    {"version_conflict", "this version was released with another digest"},
    {"joined", "joined what was already under way"},
};

}  // namespace

const std::vector<std::pair<std::string, std::string>>& codes() {
  static const std::vector<std::pair<std::string, std::string>> list(std::begin(kCodes),
                                                                     std::end(kCodes));
  return list;
}

}  // namespace slipway::views
