// Screens of interface page 6 and the tables, as lines. Pure: JSON, width, colour and the present
// in, lines out. Only what the JSON says is written; what is not known is left out.
#pragma once

#include "cli/fields.h"
#include "cli/words.h"

namespace slipway::cli {

// A live deployment. `news` is the newest event (null: none), `notice` an answer to a key.
Lines render_live(const object& deployment, const object* news, const std::string& notice,
                  const Look&);

// The screen at the end; its first line alone is what --quiet prints.
Lines render_end(const object& deployment, const Look&);
// A live state that ends following: rollback_failed, or leaving while it goes on.
Lines render_left(const object& deployment, const Look&);

// One plain line of an event: "10:08:48  shifted to 25 %: …".
std::string render_event(const object& event, const Look&);

Lines render_status(const object& status, const Look&);
Lines render_history(const object& list, const Look&);
Lines render_show(const object& deployment, const Look&);
Lines render_explain(const object& explanation, const Look&);
Lines render_replay(const object& replay, const Look&);
Lines render_plan(const object& plan, const Look&);
Lines render_agent(const object& agent, const Look&);

// The receipt as a Markdown table, for a CI job's summary.
std::string render_summary(const object& deployment);

// ---- parts that several screens share
// ------------------------------------------------------------

bool has_ended(const std::string& state);
// The key of the candidate in `weights`, `served` and the receipt: "v2", or "v2#42".
std::string candidate_key(const object& deployment);
std::string stable_key(const object& deployment);
// "v1 → v2", "v2" on a first release.
std::string way(const object& deployment);
// The sentence of `because`; its code when there is no text.
std::string reason(const object& deployment);
// "10 of 38,970 requests failed, 6 of them by this; 0 dropped, gap 3 ms"; empty without requests.
std::string users_hit(const object& deployment);
// A verdict's tests, one of each metric: one that failed, else the one for safety.
std::vector<object> tests_of(const object& verdict);
// Those of the last verdict.
std::vector<object> last_tests(const object& deployment);
std::string verdict_sentence(const object& test);

}  // namespace slipway::cli
