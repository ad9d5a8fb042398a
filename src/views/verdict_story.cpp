#include "views/verdict_story.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "analysis/engines.h"
#include "views/phrase.h"

namespace slipway::views {
namespace {

using analysis::Compare;
using analysis::Criterion;
using analysis::DataState;
using analysis::Finding;
using analysis::Metric;
using analysis::Ruling;
using analysis::Verdict;

constexpr double kFloor = 0.0005;  // of a margin, as the judge takes it
constexpr double kMostRequests = 1e9;

const Criterion* criterion_of(const Plan& plan, const std::string& stage, const Finding& f) {
  const Criterion* found = nullptr;
  for (const Step& step : plan.steps) {
    if (step.verb != Verb::judge) continue;
    for (const Criterion& c : step.charge->criteria)
      if (c.name == f.subject->name && c.text == f.subject->limit &&
          (!found || step.charge->stage == stage))
        found = &c;
  }
  return found;
}

bool is_count(const Finding& f) { return f.subject->engine == "R1" || f.subject->engine == "R2"; }

// What the judge would make of counts like these, all in one block: the same odds, equally
// weighted. Only differences of it are used, so that it says "about".
std::optional<double> estimate(const Finding& f, const Criterion& c, std::uint64_t n,
                               std::uint64_t x, std::uint64_t n_stable, std::uint64_t x_stable) {
  const bool safe = f.subject->side == "safe";
  double sum = -analysis::kInfinity;
  std::size_t k = 0;
  const auto add = [&](double ratio) {
    double llr = 0;
    if (f.subject->engine == "R1") {
      const double p0 = c.metric == Metric::latency ? 1 - c.quantile : c.limit;
      if (!(p0 > 0 && p0 < 1)) return false;
      llr = analysis::llr_rate1(ratio, p0, n, x);
    } else {
      const double rho = c.compare == Compare::ratio ? c.limit : 1.0;
      const double delta = c.compare == Compare::increase ? std::max(c.limit, kFloor) : kFloor;
      llr = analysis::llr_rate2(ratio, rho, delta, {n, x, n_stable, x_stable});
    }
    sum = analysis::ln_add(sum, llr);
    ++k;
    return true;
  };
  for (std::size_t i = 0; i < (safe ? analysis::kSafeRatios.size() : analysis::kHarmRatios.size());
       ++i)
    if (!add(safe ? analysis::kSafeRatios[i] : analysis::kHarmRatios[i])) return std::nullopt;
  return sum - std::log(static_cast<double>(k));
}

// "61 of 205 requests (29.8 %)".
std::string counted(std::uint64_t x, std::uint64_t n) {
  if (n == 0) return "no request";
  return fmt::format("{} of {} ({})", x, many(n, "request"),
                     share_of(static_cast<double>(x) / static_cast<double>(n)));
}

std::string seen(const Finding& f) {
  if (f.subject->unit == "value")
    return fmt::format("{} is {:.4g} for the candidate and {:.4g} for stable", f.subject->name,
                       f.candidate, f.stable);
  const std::string counts =
      fmt::format("{} for the candidate, {} for stable", counted(f.x_candidate, f.n_candidate),
                  counted(f.x_stable, f.n_stable));
  if (f.subject->unit == "ms")
    return fmt::format(
        "{} is {:.1f} ms for the candidate and {:.1f} ms for stable; too slow were {}",
        f.subject->name, f.candidate, f.stable, counts);
  return fmt::format("{}: {}", f.subject->name, counts);
}

std::string limit_of(const Finding& f) {
  std::string out = "the limit is " + f.subject->limit;
  if (f.subject->origin == "default") return out + ", by default";
  return f.subject->origin.empty() ? out : out + " (" + f.subject->origin + ")";
}

std::string weighed(const Finding& f) {
  if (f.subject->engine == "fail_fast")
    return "nearly every one of the last requests failed, which decides at once";
  const double share = f.needed > 0 ? std::max(0.0, f.evidence / f.needed) : 0;
  const std::string what =
      f.subject->side == "safe" ? "evidence that it is safe" : "evidence of harm";
  return fmt::format("{} is {:.1f}, {:.1f} decides ({:.0f} %)", what, f.evidence, f.needed,
                     100 * share);
}

// With how many bad ones among as many requests it would not have failed.
std::string fewer_bad(const Finding& f, const Criterion& c) {
  const auto at = [&](std::uint64_t x) {
    return estimate(f, c, f.n_candidate, x, f.n_stable, f.x_stable);
  };
  const auto now = at(f.x_candidate);
  if (!now) return "";
  std::uint64_t least = 0, most = f.x_candidate;
  while (least < most) {  // the largest x that does not decide
    const std::uint64_t middle = least + (most - least + 1) / 2;
    if (f.evidence - (*now - *at(middle)) < f.needed)
      least = middle;
    else
      most = middle - 1;
  }
  if (f.evidence - (*now - *at(least)) >= f.needed) return "";
  return fmt::format("with about {} bad ones or fewer among its {} it would have gone on", least,
                     many(f.n_candidate, "request"));
}

// How many more requests like those so far would show it.
std::string more_requests(const Finding& f, const Criterion& c) {
  const auto at = [&](double times) {
    const auto scaled = [&](std::uint64_t v) {
      return static_cast<std::uint64_t>(std::llround(static_cast<double>(v) * times));
    };
    return estimate(f, c, scaled(f.n_candidate), scaled(f.x_candidate), scaled(f.n_stable),
                    scaled(f.x_stable));
  };
  const auto now = at(1);
  if (!now || f.n_candidate == 0) return "";
  double times = 1;
  while (times * static_cast<double>(f.n_candidate) < kMostRequests) {
    times *= 1.1;
    if (f.evidence + (*at(times) - *now) >= f.needed)
      return fmt::format(
          "about {} more like those so far would show it",
          many(static_cast<std::uint64_t>(static_cast<double>(f.n_candidate) * (times - 1)) + 1,
               "request"));
  }
  return "more requests like those so far would not show it: the release is too near to the limit";
}

std::string changed(const Plan& plan, const std::string& stage, const Finding& f) {
  const Criterion* c = criterion_of(plan, stage, f);
  if (f.subject->engine == "fail_fast")
    return "one good answer in ten would have left it to the evidence";
  if (c == nullptr || !is_count(f)) return "";
  if (f.subject->side == "harm" && f.ruling == Ruling::fail) return fewer_bad(f, *c);
  if (f.subject->side == "safe" && f.ruling == Ruling::hold) return more_requests(f, *c);
  return "";
}

// Begins with a capital, but for the name of a metric or of a stage.
std::string sentence(std::string text, bool named) {
  if (!named && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text + ".";
}

std::string of_data(const Verdict& v) {
  switch (v.data) {
    case DataState::no_data:
      return "not one request of the candidate was seen: there was nothing to judge";
    case DataState::stale:
      return "there was no fresh data" + (v.trouble.empty() ? "" : ": " + v.trouble);
    case DataState::bad:
      return "the data cannot be right: " + v.trouble;
    case DataState::too_little:
      return "there was too little data to tell";
    case DataState::enough:
      break;
  }
  return "";
}

// What weighs most: the one that decided; else of those that still have to be shown the least
// shown; else the most evidence of harm.
const Finding* telling(const Verdict& v) {
  if (v.decided_by >= 0 && v.decided_by < static_cast<int>(v.findings.size()))
    return &v.findings[static_cast<std::size_t>(v.decided_by)];
  const Finding* found = nullptr;
  double least = 0;
  for (const Finding& f : v.findings) {
    const double share = f.needed > 0 ? f.evidence / f.needed : 0;
    const bool open =
        f.subject->side == "safe" && (v.ruling == Ruling::pass || f.ruling == Ruling::hold);
    if (open && (!found || share < least)) {
      found = &f;
      least = share;
    }
  }
  if (found != nullptr) return found;
  for (const Finding& f : v.findings)
    if (!found || f.evidence / f.needed > found->evidence / found->needed) found = &f;
  return found;
}

}  // namespace

std::vector<std::string> verdict_sentences(const Plan& plan, const VerdictEntry& entry) {
  const Verdict& v = entry.verdict;
  std::vector<std::string> out;
  const auto say = [&](std::string text, bool named = false) {
    if (!text.empty()) out.push_back(sentence(std::move(text), named));
  };
  const std::string stage = entry.stage.empty() ? "the stage" : entry.stage;
  const std::string watched = fmt::format("after {} with fresh data", span(v.observed));
  if (v.ruling == Ruling::pass)
    say(fmt::format("{} passed {}", stage, watched), !entry.stage.empty());
  if (v.ruling == Ruling::fail)
    say(fmt::format("{} failed {}", stage, watched), !entry.stage.empty());
  if (v.ruling == Ruling::hold)
    say(fmt::format("{} holds {}", stage, watched), !entry.stage.empty());
  say(of_data(v));
  const Finding* f = telling(v);
  if (f == nullptr) return out;
  say(seen(*f), true);
  say(limit_of(*f) + "; " + weighed(*f));
  say(changed(plan, entry.stage, *f));
  return out;
}

}  // namespace slipway::views
