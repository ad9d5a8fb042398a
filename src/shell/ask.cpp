// Requests: which site they are about, and whether they may become an event at all.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "shell/loop.h"

namespace slipway::shell {
namespace {

bool has(const Site& site, std::uint32_t number) {
  return (site.live && site.live->number == number) ||
         (site.queued && site.queued->number == number);
}

Refusal not_found(std::uint32_t number) {
  return {.code = "not_found",
          .text = fmt::format("there is no deployment {}; `slipway history` lists them", number),
          .http = 404,
          .number = number};
}

// A broken rule inside intake is a refusal of this one request, not the end of the loop.
std::expected<Admitted, Refusal> admitted_by(Intake& intake, const Request& request,
                                             const FindSite& find) {
  try {
    return intake.admit(request, find);
  } catch (const InvariantBroken& broken) {
    return std::unexpected(Refusal{.code = "internal", .text = broken.what(), .http = 500});
  }
}

void say(const Reply& reply, const Refusal& refusal) {
  if (reply) reply(refusal);
}

}  // namespace

void Loop::ask(Draft& draft, Asking asking) {
  const Request& request = asking.request;
  switch (request.act) {
    case Act::deploy:
    case Act::restart:
      return release(draft, std::move(asking));
    case Act::rollback: {
      const SitePtr site =
          request.number != 0 ? site_of(draft, request.number) : live_site_for(draft, request);
      if (site) return verb(draft, site, std::move(asking));
      return release(draft, std::move(asking));
    }
    case Act::retry: {
      if (const SitePtr site = site_of(draft, request.number)) {
        const bool live = site->live && site->live->number == request.number;
        const char* state = word(live ? site->live->state : site->queued->state);
        return say(asking.reply,
                   {.code = "wrong_state",
                    .text = fmt::format("deployment {} is {}; only an ended one can be retried",
                                        request.number, state),
                    .http = 409,
                    .state = state,
                    .number = request.number});
      }
      const auto past = ended_.find(request.number);
      if (past == ended_.end()) return say(asking.reply, not_found(request.number));
      asking.request.environment = past->second.site.environment;
      asking.request.service = past->second.site.service;
      if (asking.request.version.empty()) asking.request.version = past->second.version;
      return release(draft, std::move(asking));
    }
    case Act::promote:
    case Act::approve:
    case Act::reject:
    case Act::pause:
    case Act::resume:
    case Act::skip:
    case Act::abort: {
      const SitePtr site = site_of(draft, request.number);
      if (site) return verb(draft, site, std::move(asking));
      return say(asking.reply, *no_live(request));
    }
  }
}

void Loop::release(Draft& draft, Asking asking) {
  if (disk_critical_ && asking.request.act != Act::rollback) {
    return say(asking.reply,
               {.code = "disk_critical",
                .text = "the disk of the state folder is full: no new deployments until there is "
                        "room; a rollback still works",
                .http = 503});
  }
  std::vector<SitePtr> held;  // what admit() was shown stays alive while it looks
  const auto find = [&](const SiteId& id) -> const Site* {
    held.push_back(newest(draft, id));
    return held.back().get();
  };
  auto admitted = admitted_by(*parts_.intake, asking.request, find);
  if (!admitted) return say(asking.reply, admitted.error());
  const std::uint64_t id = anchor_.next_request_id++;
  const std::uint32_t number = anchor_.next_number++;
  replies_[id] = std::move(asking.reply);
  step(draft, admitted->site,
       Requested{std::move(admitted->request), id, number, std::move(admitted->look)}, true);
  put_beside(draft, id, std::move(asking.beside));
}

void Loop::verb(Draft& draft, const SitePtr& site, Asking asking) {
  const std::uint64_t id = anchor_.next_request_id++;
  replies_[id] = std::move(asking.reply);
  if (asking.request.number == 0) asking.request.number = site->live->number;
  asking.request.environment = site->id.environment;
  asking.request.service = site->id.service;
  step(draft, site->id, Asked{std::move(asking.request), id});
  put_beside(draft, id, std::move(asking.beside));
}

// Whoever was refused at once is done with it, and may have written that already.
void Loop::put_beside(Draft& draft, std::uint64_t request, Beside&& beside) const {
  if (beside && replies_.contains(request)) draft.batch.snapshots.push_back(std::move(*beside));
}

SitePtr Loop::site_of(const Draft& draft, std::uint32_t number) const {
  if (number == 0) return nullptr;
  for (const auto& [id, site] : draft.sites) {
    if (has(*site, number)) return site;
  }
  for (const auto& [id, kept] : sites_) {
    if (has(*kept.site, number) && !draft.sites.contains(id)) return kept.site;
  }
  return nullptr;
}

// The one site of that environment (and service) with a live deployment; none when it is not clear.
SitePtr Loop::live_site_for(const Draft& draft, const Request& request) const {
  SitePtr only;
  const auto look = [&](const SitePtr& site) {
    const bool matches = site->live && site->id.environment == request.environment &&
                         (request.service.empty() || site->id.service == request.service);
    if (!matches) return true;
    if (only) return false;
    only = site;
    return true;
  };
  for (const auto& [id, site] : draft.sites) {
    if (!look(site)) return nullptr;
  }
  for (const auto& [id, kept] : sites_) {
    if (!draft.sites.contains(id) && !look(kept.site)) return nullptr;
  }
  return only;
}

std::optional<Refusal> Loop::no_live(const Request& request) const {
  const auto past = ended_.find(request.number);
  if (past == ended_.end()) return not_found(request.number);
  const char* state = word(past->second.state);
  return Refusal{.code = "wrong_state",
                 .text = fmt::format("deployment {} has ended ({}); {} needs a live one",
                                     request.number, state, word(request.act)),
                 .http = 409,
                 .state = state,
                 .number = request.number};
}

}  // namespace slipway::shell
