#include "views/ended.h"

#include <string_view>

namespace slipway::views {
namespace {

// What nobody asks of a deployment that has ended, and what is large.
Deployment lighter(const Deployment& d) {
  Deployment out = d;
  out.judge.reset();
  out.kept.reset();
  out.baseline = {};
  out.plan.spec = {};
  out.plan.route = {};
  for (auto& step : out.plan.steps.edit()) {
    step.smoke.clear();
    if (step.verb != Verb::judge) continue;
    analysis::Charge& charge = step.charge.edit();
    charge.criteria.clear();
    charge.latency_limits_us.clear();
  }
  return out;
}

Deployment row_of(const Deployment& d) {
  Deployment out = d;
  out.plan.steps.clear();
  out.progress.clear();
  out.story.clear();
  out.verdicts.clear();
  out.receipt.stable.latencies = {};
  out.receipt.candidate.latencies = {};
  return out;
}

}  // namespace

void EndedList::put(const SiteId& site, const Deployment& d) {
  all_[d.number] = std::make_shared<const Ended>(Ended{site, lighter(d), true});
  whole_.insert(d.number);
  trim();
}

void EndedList::trim() {
  while (whole_.size() > kEndedKept) {
    auto& oldest = all_.at(*whole_.begin());
    oldest = std::make_shared<const Ended>(Ended{oldest->site, row_of(oldest->deployment), false});
    whole_.erase(whole_.begin());
  }
  while (all_.size() > kEndedListed) {
    whole_.erase(all_.begin()->first);
    all_.erase(all_.begin());
  }
}

std::shared_ptr<const Ended> EndedList::find(std::uint32_t number) const {
  const auto it = all_.find(number);
  return it == all_.end() ? nullptr : it->second;
}

bool matches(const HistoryFilter& f, const SiteId& id, const Deployment& d) {
  const State state = d.state == State::looking ? State::queued : d.state;
  const std::string& version = d.planned ? d.plan.to.version : d.request.version;
  if (!f.environment.empty() && f.environment != id.environment) return false;
  if (f.visible && !f.visible(id.environment)) return false;
  if (!f.service.empty() && f.service != id.service) return false;
  if (!f.state.empty() && f.state != word(state)) return false;
  if (!f.version.empty() && f.version != version) return false;
  if (f.since != Wall{} && d.requested_wall < f.since) return false;
  if (f.until != Wall{} && d.requested_wall >= f.until) return false;
  return f.after == 0 || d.number < f.after;
}

}  // namespace slipway::views
