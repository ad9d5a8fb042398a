#include "meter/rule.h"

#include "contract/event.h"

namespace slipway::meter {
namespace {

// Stable has no traffic (everything was shifted): its requests are not waited for for ever, since
// absolute limits are judged on the candidate's alone.
constexpr std::uint64_t kCandidateAlone = 20;
constexpr Duration kAloneSoon = 3s, kAloneLate = 20s;
// The candidate was given requests and answered none: the judge has to know (it may hang).
constexpr Duration kUnanswered = 3s;
constexpr Duration kReceiptEvery = 5s;     // blocks that are for the receipt alone
constexpr Duration kCandidateQuiet = 20s;  // then its next request is not waited for

}  // namespace

bool is_judged(const OpenBlock& b) {
  if (b.candidate == 0) return b.candidate_given > 0 && b.age >= kUnanswered;
  if (b.candidate_alone) return true;
  if (b.stable == 0) {
    return (b.age >= kAloneSoon && b.candidate >= kCandidateAlone) || b.age >= kAloneLate;
  }
  return analysis::closes(b.candidate, b.stable, b.age, false);
}

// Stable alone, or requests of no version. While the candidate has traffic its next request is
// waited for, since stable's counts belong to it.
bool is_for_receipt(const ReceiptBlock& b) {
  if (b.age < kReceiptEvery || b.rows == 0 || b.candidate != 0) return false;
  return !b.candidate_seen || b.candidate_quiet >= kCandidateQuiet;
}

}  // namespace slipway::meter
