// Why the engine did something: the closed list of Because codes, each with the names of its
// values. Prose is made in views; a code is never reused for another meaning.
#pragma once

namespace slipway::engine::codes {

// ---- a person asked: by, why
inline constexpr const char* kRequested = "requested";     // by, why: a release was asked for
inline constexpr const char* kApprovedBy = "approved_by";  // by, why
inline constexpr const char* kRejectedBy = "rejected_by";  // by, why
inline constexpr const char* kPromotedBy = "promoted_by";  // by, why, full (yes or empty)
inline constexpr const char* kSkippedBy = "skipped_by";    // by, why, step, verb
inline constexpr const char* kPausedBy = "paused_by";      // by, why, seconds: until it expires
inline constexpr const char* kResumedBy = "resumed_by";    // by, why
inline constexpr const char* kAbortedBy = "aborted_by";    // by, why
inline constexpr const char* kRollbackBy = "rollback_by";  // by, why, version (of --to, or empty)
inline constexpr const char* kGivenUpBy = "given_up_by";   // by, why: a failed rollback was ended

// ---- the course of a deployment
inline constexpr const char* kLooking = "looking";      // version: the world is looked at
inline constexpr const char* kCompiling = "compiling";  // version: the plan is made
inline constexpr const char* kPlanned = "planned";      // from, to, strategy, steps
inline constexpr const char* kRefused = "refused";      // code, text: intake refused it
inline constexpr const char* kNextStep = "next_step";   // step, verb, name: the plan says so
inline constexpr const char* kStepDone = "step_done";   // step, verb, detail
inline constexpr const char* kShifted = "shifted";  // weight, measured, share, text (basis points)
inline constexpr const char* kWatching = "watching";  // stable, candidate: labels of the rows
inline constexpr const char* kQueuedBehind = "queued_behind";      // number of the live deployment
inline constexpr const char* kSupersededBy = "superseded_by";      // number of the newer deployment
inline constexpr const char* kSucceeded = "succeeded";             // version
inline constexpr const char* kApprovalNeeded = "approval_needed";  // approvers, seconds
inline constexpr const char* kApprovalExpired = "approval_expired";  // seconds
inline constexpr const char* kPauseExpired = "pause_expired";        // seconds
inline constexpr const char* kHoldExpired = "hold_expired";  // seconds: the disk stayed full
inline constexpr const char* kGateOpened = "gate_opened";    // seconds: a timed gate is over
inline constexpr const char* kRescue = "rescue";  // version: stable has no healthy instance

// ---- the judge
inline constexpr const char* kJudgePassed = "judge_passed";  // stage, observed_s, n_candidate
// stage, metric, engine, unit, candidate, stable, limit, origin, n_candidate, x_candidate,
// n_stable, x_stable, evidence, needed
inline constexpr const char* kJudgeFailed = "judge_failed";
inline constexpr const char* kJudgeHeld = "judge_held";          // stage, data
inline constexpr const char* kJudgeSilent = "judge_silent";      // stage, data, text
inline constexpr const char* kJudgeNote = "judge_note";          // text: rescue lane, …
inline constexpr const char* kJudgeExtended = "judge_extended";  // stage, data, extension, of
inline constexpr const char* kUnattended = "unattended";  // stage, data, then (promote, rollback)

// ---- what went wrong
inline constexpr const char* kInstanceExited =
    "instance_exited";  // instance, version, status, tail
inline constexpr const char* kInstanceUnhealthy = "instance_unhealthy";  // instance, version, text
inline constexpr const char* kStartTimeout = "start_timeout";  // ready, wanted, seconds, text, tail
inline constexpr const char* kStartFailed = "start_failed";    // instance, version, text, tail
inline constexpr const char* kCheckFailed = "check_failed";    // version, text
inline constexpr const char* kSmokeFailed = "smoke_failed";    // version, text
inline constexpr const char* kStepTimeout = "step_timeout";    // step, verb, seconds
inline constexpr const char* kCommandFailed = "command_failed";  // command, text, attempts
inline constexpr const char* kNoHealthyCandidate = "no_healthy_candidate";  // version
inline constexpr const char* kBelowFloor = "below_floor";                   // floor, left
inline constexpr const char* kLastHealthy = "last_healthy";                 // version
inline constexpr const char* kNoSlot = "no_slot";  // version: all three are taken

// ---- the way back
inline constexpr const char* kTrafficFirst = "traffic_first";        // to: version, or empty
inline constexpr const char* kRestoreStable = "restore_stable";      // version, wanted
inline constexpr const char* kRemoveCandidate = "remove_candidate";  // version
inline constexpr const char* kLastRows = "last_rows";                // the receipt is closed
inline constexpr const char* kRollbackFailed = "rollback_failed";    // phase, text, tries, seconds
inline constexpr const char* kRollbackRetry = "rollback_retry";      // phase, tries

// ---- the site's own life
inline constexpr const char* kInstanceHealthy = "instance_healthy";  // instance, version
inline constexpr const char* kInstanceStarted = "instance_started";  // instance, version, port
inline constexpr const char* kInstanceRestart = "instance_restart";  // instance, version, restarts
inline constexpr const char* kInstanceEjected = "instance_ejected";  // instance, version, text
inline constexpr const char* kInstanceReturned = "instance_returned";  // instance, version
inline constexpr const char* kInstanceLeaving = "instance_leaving";    // instance, version, text
inline constexpr const char* kInstanceStopped = "instance_stopped";    // instance, version
inline constexpr const char* kDraining = "draining";                   // instances, version
inline constexpr const char* kNotWanted = "not_wanted";    // version: no deployment keeps it
inline constexpr const char* kWarmEnded = "warm_ended";    // version: kept long enough
inline constexpr const char* kKeptWarm = "kept_warm";      // version, seconds
inline constexpr const char* kSlotNeeded = "slot_needed";  // version: its place is needed
inline constexpr const char* kStraggler = "straggler";     // instance: started, but not wanted
inline constexpr const char* kSiteDown = "site_down";      // version: nothing healthy is left
inline constexpr const char* kSiteUp = "site_up";          // version
inline constexpr const char* kRetry = "retry";             // command, attempt
inline constexpr const char* kResumed = "resumed";         // seconds: the agent was away
inline constexpr const char* kProxyRestarted = "proxy_restarted";  // ms, lost
inline constexpr const char* kRouteChanged = "route_changed";  // the router is told what changed
inline constexpr const char* kQuarantined = "quarantined";     // invariant
inline constexpr const char* kDiskCritical = "disk_critical";  // the disk is full
inline constexpr const char* kDiskFreed = "disk_freed";        // there is room again
inline constexpr const char* kVerbRefused = "verb_refused";    // verb, code, state

// ---- codes of Answer beyond these: why a request was answered without a new deployment
inline constexpr const char* kAlreadyRunning = "already_running";      // it serves
inline constexpr const char* kAlreadyDeploying = "already_deploying";  // by the live one
inline constexpr const char* kBusy = "busy";                           // when_busy: refuse
inline constexpr const char* kWrongState = "wrong_state";      // the verb is not allowed now
inline constexpr const char* kPlanChanged = "plan_changed";    // approve: of another plan
inline constexpr const char* kFourEyes = "four_eyes";          // approve: by the requester
inline constexpr const char* kSuperseded = "superseded";       // before it was accepted
inline constexpr const char* kAborted = "aborted";             // before it was accepted
inline constexpr const char* kLookFailed = "look_failed";      // the world could not be looked at
inline constexpr const char* kNotSupported = "not_supported";  // a step of the plan
inline constexpr const char* kBadData = "bad_data";            // promote without force
inline constexpr const char* kNoTarget = "no_target";          // rollback --to an unknown release
inline constexpr const char* kVersionConflict = "version_conflict";  // another digest
inline constexpr const char* kJoined = "joined";  // it is on its way back already

}  // namespace slipway::engine::codes
