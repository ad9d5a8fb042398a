#include <algorithm>
#include <memory>

#include "sim/drivers.h"

namespace slipway::sim {
namespace {

using SlipKind = Slip::Kind;

Failed unavailable(bool retryable) {
  return {{Fault::unavailable, "it went wrong"}, retryable, {"last line"}};
}

}  // namespace

const char* word(SlipKind kind) {
  switch (kind) {
    case SlipKind::late:
      return "late";
    case SlipKind::slow:
      return "slow";
    case SlipKind::twice:
      return "twice";
    case SlipKind::never:
      return "never";
    case SlipKind::lost:
      return "lost";
    case SlipKind::failed:
      return "failed";
    case SlipKind::false_alarm:
      return "false_alarm";
    case SlipKind::final:
      return "final";
    case SlipKind::pending:
      return "pending";
    case SlipKind::old:
      return "old";
  }
  return "";
}

void Played::say(const Issued& issued, Outcome outcome) {
  if (stage_.sink != nullptr) {
    stage_.sink->answer(issued.site, issued.id, issued.attempt, std::move(outcome));
  }
}

void Played::begin(const Issued& issued) { run(issued, stage_.slip(issued)); }

void Played::run(const Issued& issued, const std::optional<Slip>& slip) {
  if (slip && slip->kind == SlipKind::lost) return;
  Duration& busy = busy_until_[key(issued)];
  Duration at = std::max(busy, stage_.now() + takes_time(issued.command));
  if (slip && slip->kind == SlipKind::slow) at += slip->by;
  busy = at;
  stage_.later(at - stage_.now(), [this, issued = std::make_shared<const Issued>(issued), slip] {
    const bool fails = slip && (slip->kind == SlipKind::failed || slip->kind == SlipKind::final);
    if (fails) return say(*issued, unavailable(slip->kind == SlipKind::failed));
    if (slip && slip->kind == SlipKind::pending) return say(*issued, Pending{slip->by});
    perform(*issued, true, [this, issued, slip](Outcome outcome) {
      if (!slip) return say(*issued, std::move(outcome));
      switch (slip->kind) {
        case SlipKind::never:
          return;
        case SlipKind::false_alarm:
          return say(*issued, unavailable(true));
        case SlipKind::late:
          return stage_.later(slip->by, [this, issued, outcome] { say(*issued, outcome); });
        case SlipKind::twice:
          stage_.later(slip->by, [this, issued, outcome] { say(*issued, outcome); });
          return say(*issued, std::move(outcome));
        case SlipKind::old: {
          Issued before = *issued;
          before.attempt = issued->attempt - 1;
          say(before, outcome);
          return say(*issued, std::move(outcome));
        }
        case SlipKind::slow:
        case SlipKind::lost:
        case SlipKind::failed:
        case SlipKind::final:
        case SlipKind::pending:
          return say(*issued, std::move(outcome));
      }
    });
  });
}

void Played::observe(const Issued& issued) {
  Duration& busy = busy_until_[key(issued)];
  busy = std::max(busy, stage_.now() + stage_.dice.between(500us, 3ms));
  stage_.later(busy - stage_.now(), [this, issued = std::make_shared<const Issued>(issued)] {
    perform(*issued, false, [this, issued](Outcome outcome) { say(*issued, std::move(outcome)); });
  });
}

void Played::cancel(const Issued& issued) { say(issued, Done{}); }

}  // namespace slipway::sim
