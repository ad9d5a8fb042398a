// One event of one site, on a copy of it.
#include <cstdio>
#include <cstdlib>
#include <tuple>
#include <utility>

#include "base/check.h"
#include "engine/engine.h"
#include "record/record.h"
#include "shell/loop.h"

namespace slipway::shell {
namespace {

// A stage ended or began, a deployment came or went.
bool is_boundary(const Site* before, const Site& after) {
  const auto place = [](const Site* site) {
    if (site == nullptr || !site->live) return std::tuple<std::uint32_t, bool, std::size_t>();
    const Deployment& d = *site->live;
    std::size_t stages = 0;  // that it has passed
    for (std::size_t n = 0; n < d.step && n < d.plan.steps.size(); ++n) {
      stages += d.plan.steps[n].verb == Verb::judge;
    }
    return std::tuple(d.number, d.planned, stages);
  };
  const std::uint32_t last = before && before->last ? before->last->number : 0;
  return place(before) != place(&after) || last != (after.last ? after.last->number : 0);
}

std::shared_ptr<Site> site_after(const SiteId& id, const SitePtr& before) {
  return before ? std::make_shared<Site>(*before) : std::make_shared<Site>(Site{.id = id});
}

// What the journal gets of it. May find a broken rule.
void seal(Decided& decided) {
  Site& after = *decided.after;
  const SitePtr& before = decided.before;
  after.seq = (before ? before->seq : 0) + 1;
  decided.bytes = record::encode(decided.step);
  if (after.last && (!before || before->last != after.last))
    decided.summary = {after.last->number, stream_of(after.id), record::encode(*after.last)};
}

}  // namespace

Decided decide(const SiteId& id, SitePtr before, Event&& event) {
  Decided decided{.before = std::move(before), .step = {std::move(event), {}, ""}};
  decided.after = site_after(id, decided.before);
  try {
    decided.step.commands = engine::step(*decided.after, decided.step.event);
    seal(decided);
  } catch (const InvariantBroken& broken) {
    decided.broken = broken.what();
  }
  return decided;
}

SitePtr Loop::newest(const Draft& draft, const SiteId& id) const {
  if (const auto found = draft.sites.find(id); found != draft.sites.end()) return found->second;
  const auto kept = sites_.find(id);
  return kept == sites_.end() ? nullptr : kept->second.site;
}

bool Loop::step(Draft& draft, const SiteId& id, What&& what, bool make_site) {
  SitePtr before = newest(draft, id);
  if (!before && !make_site) return false;
  add(draft, decide(id, std::move(before), {timeline_.now(), timeline_.wall(), std::move(what)}));
  return true;
}

void Loop::add(Draft& draft, Decided&& decided) {
  if (!decided.broken.empty()) return quarantine(draft, std::move(decided));
  const SiteId& id = decided.after->id;
  draft.batch.entries.push_back({stream_of(id), decided.after->seq, std::move(decided.bytes)});
  if (decided.summary) draft.batch.summaries.push_back(std::move(*decided.summary));
  if (is_boundary(decided.before.get(), *decided.after)) draft.to_snapshot.insert(id);
  draft.sites[id] = decided.after;
  draft.steps.push_back({0, std::move(decided.step.event), std::move(decided.before),
                         std::move(decided.after), std::move(decided.step.commands)});
}

void Loop::quarantine(Draft& draft, Decided&& broke) {
  const What& what = broke.step.event.what;
  const SiteId id = broke.after->id;
  if (settings_.abort_on_broken_invariant) {
    std::fprintf(stderr, "invariant broken at %s by %s: %s\n", id.name().c_str(), word(what),
                 broke.broken.c_str());
    std::abort();
  }
  refuse(what, {.code = "quarantined",
                .text = "a rule of the engine was about to be broken; the site is in quarantine, "
                        "its traffic stays where it is",
                .http = 500});
  Decided held = decide(id, std::move(broke.before),
                        {timeline_.now(), timeline_.wall(),
                         Quarantined{fmt::format("{} (by {})", broke.broken, word(what))}});
  if (!held.broken.empty()) {
    // Not even that: the state is kept as it was, and the engine gets no more of its events.
    held.after = site_after(id, held.before);
    held.after->quarantine = std::exchange(held.broken, {});
    held.step.commands.clear();
    seal(held);
  }
  add(draft, std::move(held));
}

// Whoever asked for what was dropped is told.
void Loop::refuse(const What& what, const Refusal& refusal) {
  std::uint64_t id = 0;
  if (const auto* requested = std::get_if<Requested>(&what)) id = requested->request_id;
  if (const auto* asked = std::get_if<Asked>(&what)) id = asked->request_id;
  const auto found = replies_.find(id);
  if (found == replies_.end()) return;
  const Reply reply = std::move(found->second);
  replies_.erase(found);
  if (reply) reply(refusal);
}

}  // namespace slipway::shell
