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

}  // namespace

SitePtr Loop::newest(const Draft& draft, const SiteId& id) const {
  if (const auto found = draft.sites.find(id); found != draft.sites.end()) return found->second;
  const auto kept = sites_.find(id);
  return kept == sites_.end() ? nullptr : kept->second.site;
}

bool Loop::step(Draft& draft, const SiteId& id, What&& what, bool make_site) {
  const SitePtr before = newest(draft, id);
  if (!before && !make_site) return false;
  std::optional<Site> unknown;
  const Site& was = before ? *before : unknown.emplace(Site{.id = id});
  auto after = std::make_shared<Site>(was);
  Event event{timeline_.now(), timeline_.wall(), std::move(what)};
  try {
    std::vector<Given> given = engine::step(*after, event, was);
    record(draft, id, before, std::move(after), std::move(event), std::move(given));
  } catch (const InvariantBroken& broken) {
    if (settings_.abort_on_broken_invariant) {
      std::fprintf(stderr, "invariant broken at %s by %s: %s\n", id.name().c_str(),
                   word(event.what), broken.what());
      std::abort();
    }
    quarantine(draft, before ? before : std::make_shared<const Site>(Site{.id = id}), event.what,
               broken.what());
  }
  return true;
}

void Loop::record(Draft& draft, const SiteId& id, SitePtr before, std::shared_ptr<Site> after,
                  Event&& event, std::vector<Given>&& given) {
  after->seq = (before ? before->seq : 0) + 1;
  const std::string stream = stream_of(id);
  record::StepRecord step{std::move(event), std::move(given), ""};
  std::string bytes = record::encode(step);  // may find a broken rule: before the draft changes
  std::optional<journal::Summary> summary;
  if (after->last && (!before || before->last != after->last)) {
    summary = {after->last->number, stream, record::encode(*after->last)};
  }
  draft.batch.entries.push_back({stream, after->seq, std::move(bytes)});
  if (summary) draft.batch.summaries.push_back(std::move(*summary));
  if (is_boundary(before.get(), *after)) draft.to_snapshot.insert(id);
  draft.sites[id] = after;
  draft.steps.push_back(
      {0, std::move(step.event), std::move(before), std::move(after), std::move(step.commands)});
}

void Loop::quarantine(Draft& draft, const SitePtr& before, const What& broke,
                      const std::string& invariant) {
  refuse(broke, {.code = "quarantined",
                 .text = "a rule of the engine was about to be broken; the site is in quarantine, "
                         "its traffic stays where it is",
                 .http = 500});
  auto after = std::make_shared<Site>(*before);
  Event event{timeline_.now(), timeline_.wall(),
              Quarantined{fmt::format("{} (by {})", invariant, word(broke))}};
  try {
    std::vector<Given> given = engine::step(*after, event);
    record(draft, before->id, before->seq ? before : nullptr, std::move(after), std::move(event),
           std::move(given));
  } catch (const InvariantBroken& again) {
    // Not even that: the state is kept as it was, and the engine gets no more of its events.
    after = std::make_shared<Site>(*before);
    after->quarantine = again.what();
    record(draft, before->id, before->seq ? before : nullptr, std::move(after), std::move(event),
           {});
  }
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
