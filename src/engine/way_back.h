// The way back: traffic first, the rest after. Runs once per deployment, whoever asks, and keeps
// trying until it is done or a person ends it.
#pragma once

#include <optional>
#include <string>

#include "engine/turn.h"

namespace slipway::engine {

// Something is wrong with the deployment: it is taken back, or ends as failed where automatic
// rollback is off and traffic has moved.
void fail_deployment(Turn&, Because);
// An instance of the candidate is unhealthy or gone. Nothing happens when it is not the
// candidate's, or when the deployment does not depend on it any more.
void candidate_hurt(Turn&, const Instance&, Because);
// Its platform is about to end an instance of stable, on the way back: others take its place before
// anything else goes, and what was asked of it is asked of them.
void stable_leaves(Turn&, const Instance&);
// Takes the live deployment back; it ends as `ending`.
void take_back(Turn&, State ending, Because);
// Level: goes from phase to phase as far as the state allows.
void drive_back(Turn&);
// The present phase cannot be done: told, and tried again later.
void back_failed(Turn&, const std::string& text);
void back_retry_due(Turn&);
void back_deadline_due(Turn&);
// A shift of the way back is in force.
void back_shifted(Turn&);
// `rollback --to`: another target for a rollback that failed. False: there is none of that version.
bool aim_back(Turn&, const std::string& version);

// The deployment is over. Its receipt is closed.
void finish(Turn&, State ending, Because);
// All is done but the last rows: they are counted, then the deployment ends as `ending`.
void settle(Turn&, State ending, Because);
void settled(Turn&, bool counted);

}  // namespace slipway::engine
