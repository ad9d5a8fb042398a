// The life of instances and copies: started, proven, drained, stopped, forgotten; and the site's
// own part of it, that needs no deployment: restarts, ejections, the end of warm copies.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/turn.h"

namespace slipway::engine {

inline constexpr Duration kStartWithin = std::chrono::seconds(60);
inline constexpr Duration kStopMargin = std::chrono::seconds(30);  // beyond the grace
inline constexpr Duration kLookAgainWhenDown = std::chrono::seconds(60);

// A new instance of the copy. `number`: the deployment that waits for it; 0: the site.
void start_instance(Turn&, std::uint32_t copy, std::uint32_t number, Duration within,
                    const Because&);
// A platform that rolls releases itself is to leave the one that goes: it is told of an instance of
// the copy that stays.
void hand_back(Turn&, std::uint32_t copy, const Because&);
// Those that may have connections are drained first; nothing is stopped before its drain ended.
void remove_instances(Turn&, const std::vector<std::uint32_t>& ids, const Because&);
// The copy and all its instances go, and it is forgotten when the last is gone.
void retire_copy(Turn&, std::uint32_t copy, const Because&);
// Instances on their way out come back, if they still stand.
void keep_instances(Turn&, std::uint32_t copy);

void started(Turn&, const StartInstance&, const Observed&);
void start_failed(Turn&, const StartInstance&, const Failed&);
// Started, or perhaps started, although nobody wants it any more.
void remove_straggler(Turn&, const StartInstance&);
void stopped(Turn&, const StopInstance&);
void drained(Turn&, const Drain&, const Observed&);
void admitted(Turn&, const Route&);

void on(Turn&, const HealthChanged&);
void on(Turn&, const Exited&);
void on(Turn&, const Ejected&);
void on(Turn&, const Leaving&);

// What is due at the site itself.
void restart_due(Turn&);
void end_warm_due(Turn&);
bool is_kept_by_live(const Site&, const Copy&);  // its warm time is over only afterwards
// One copy is warm at a time: the third slot is the next release's, which then waits for no end.
void end_older_warm(Turn&, std::uint32_t newest);
// Room for a new copy: a free slot, or one that becomes free because the oldest warm copy ends.
// False: there is none and there will be none.
bool make_room(Turn&);
// Level, at the end of every turn: copies nobody keeps go, gone ones are forgotten, `down` is told.
// True when a copy was retired or forgotten, which may move a deployment on.
bool tend(Turn&);

}  // namespace slipway::engine
