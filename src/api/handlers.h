// What each route does. Each reads its request's body, asks the backend or the board, and answers.
#pragma once

#include "api/body.h"
#include "api/routes.h"

namespace slipway::api {

// handlers_read.cpp
Reply get_deployment(Scene&);
Reply get_verdicts(Scene&);
Reply get_explain(Scene&);
Reply get_receipt(Scene&);
Reply get_logs(Scene&);
Reply get_history(Scene&);
Reply get_series(Scene&);
Reply get_dora(Scene&);
Reply get_environments(Scene&);
Reply get_status(Scene&);
Reply get_agent(Scene&);
Reply get_health(Scene&);
Reply get_ready(Scene&);
Reply get_events(Scene&);
Reply get_config(Scene&);
Reply get_metrics(Scene&);
Reply get_openapi(Scene&);
Reply not_supported(Scene&);

// handlers_change.cpp
Reply post_deployment(Scene&);
Reply post_verb(Scene&);
Reply post_rollback(Scene&);
Reply post_restart(Scene&);
Reply post_plan(Scene&);
Reply post_check(Scene&);
Reply put_config(Scene&);
Reply post_config(Scene&);
Reply post_stop(Scene&);
Reply post_hook(Scene&);
Reply post_replay(Scene&);

// handlers_people.cpp
Reply get_tokens(Scene&);
Reply post_token(Scene&);
Reply post_revoke(Scene&);
Reply get_audit(Scene&);
Reply get_audit_check(Scene&);
Reply get_session(Scene&);
Reply post_session(Scene&);
Reply delete_session(Scene&);
Reply post_link(Scene&);

// handlers_simulate.cpp
Reply post_simulate(Scene&);

// What a body says of a release, for whoever does one, plans one or tries one.
Request read_release(Body&);
// "Blue-Green", "blueGreen" → "blue_green"; names that do not exist are refused by whoever knows
// all.
std::string strategy_name(const std::string& said);
// Files of a command line come over the unix socket only.
std::optional<Reply> refuse_far_files(Scene&, const std::optional<ConfigFiles>&);
// Whoever did not write a flag is told the field of the body: "--version" is "/version".
Refusal in_words_of(const Ask&, Refusal);

// Of a command line on this machine: its files become the agent's; something when they cannot.
std::optional<Reply> hand_over(Scene&, const std::optional<ConfigFiles>&);

// handlers_release.cpp
Reply get_releases(Scene&);
Reply post_release(Scene&);
Reply post_build(Scene&);

// 404 with what was looked for.
Reply no_deployment(const std::string& id);

}  // namespace slipway::api
