#include "analysis/judge.h"
#include "observe/figures.h"

namespace slipway::observe {
namespace {

const Deployment* live_of(const std::shared_ptr<const Site>& site) {
  return site && site->live ? &*site->live : nullptr;
}

const char* ruling_word(analysis::Ruling ruling) {
  switch (ruling) {
    case analysis::Ruling::pass:
      return "pass";
    case analysis::Ruling::fail:
      return "fail";
    case analysis::Ruling::hold:
      return "hold";
  }
  return "hold";
}

// The newest entry, where it was not there before this step.
const VerdictEntry* new_verdict(const Published& p) {
  const Deployment* after = live_of(p.after);
  if (after == nullptr || after->verdicts.empty()) return nullptr;
  const Deployment* before = live_of(p.before);
  const bool known = before != nullptr && before->number == after->number &&
                     !before->verdicts.empty() && before->verdicts.back() == after->verdicts.back();
  return known ? nullptr : &after->verdicts.back();
}

}  // namespace

void Counters::fold(const Published& p) {
  const VerdictEntry* verdict = new_verdict(p);
  const std::scoped_lock guard(mutex_);
  ++counts_.steps[word(p.event.what)];
  for (const Given& given : p.commands) ++counts_.commands[word(given.command)];
  if (verdict != nullptr) ++counts_.verdicts[ruling_word(verdict->verdict.ruling)];
  if (std::holds_alternative<Heard>(p.event.what)) ++counts_.readings;
  if (std::holds_alternative<ProxyRestarted>(p.event.what)) ++counts_.proxy_restarts;
  if (std::holds_alternative<Exited>(p.event.what)) ++counts_.crashes;
  const auto* counted = std::get_if<Counted>(&p.event.what);
  if (counted == nullptr) return;
  ++counts_.blocks;
  counts_.judged += counted->judged;
  Watched& site = counts_.watched[p.after->id];
  const Tally& t = counted->tally;
  site.stable_requests += t.stable_requests;
  site.stable_failed += t.stable_failed;
  site.candidate_requests += t.candidate_requests;
  site.candidate_failed += t.candidate_failed;
  site.failed += t.failed;
  site.rows_lost += t.rows_lost;
}

Counters::Counts Counters::now() const {
  const std::scoped_lock guard(mutex_);
  return counts_;
}

}  // namespace slipway::observe
