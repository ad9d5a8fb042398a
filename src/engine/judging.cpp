// The verb judge: what a verdict does, and what the deadline does when there is none.
#include <fmt/format.h>

#include <algorithm>

#include "analysis/arrange.h"
#include "base/limits.h"
#include "engine/census.h"
#include "engine/steps.h"
#include "engine/way_back.h"

namespace slipway::engine {

namespace {

constexpr int kExtensions = 3;  // deadlines added while nobody decides

const char* word_of(analysis::DataState data) {
  switch (data) {
    case analysis::DataState::enough:
      return "enough";
    case analysis::DataState::no_data:
      return "no_data";
    case analysis::DataState::stale:
      return "stale";
    case analysis::DataState::too_little:
      return "too_little";
    case analysis::DataState::bad:
      return "bad";
  }
  return "";
}

std::string number(double value) { return fmt::format("{:.6g}", value); }
std::string number(std::uint64_t value) { return fmt::format("{}", value); }

Because why_failed(const std::string& stage, const analysis::Verdict& v) {
  Because because = why(codes::kJudgeFailed, {{"stage", stage}});
  if (v.decided_by < 0 || v.decided_by >= static_cast<int>(v.findings.size())) {
    return why(codes::kUnattended,
               {{"stage", stage}, {"data", word_of(v.data)}, {"then", "rollback"}});
  }
  const analysis::Finding& f = v.findings[static_cast<std::size_t>(v.decided_by)];
  because.values.append({{"metric", f.subject->name},
                         {"engine", f.subject->engine},
                         {"unit", f.subject->unit},
                         {"candidate", number(f.candidate)},
                         {"stable", number(f.stable)},
                         {"limit", f.subject->limit},
                         {"origin", f.subject->origin},
                         {"n_candidate", number(f.n_candidate)},
                         {"x_candidate", number(f.x_candidate)},
                         {"n_stable", number(f.n_stable)},
                         {"x_stable", number(f.x_stable)},
                         {"evidence", number(f.evidence)},
                         {"needed", number(f.needed)}});
  return because;
}

bool alike(const VerdictEntry& a, const VerdictEntry& b) {
  return a.stage == b.stage && a.verdict.ruling == b.verdict.ruling &&
         a.verdict.data == b.verdict.data;
}

// Kept are the changes and the newest: of a run of like verdicts the first and the last.
void keep(Turn& t, Deployment& d, const analysis::Verdict& verdict) {
  VerdictEntry entry{t.wall, d.judge->charge.stage, verdict};
  const std::size_t n = d.verdicts.size();
  const bool changed = n == 0 || !alike(d.verdicts[n - 1], entry);
  if (!changed && d.verdicts[n - 1].verdict == verdict) return;
  if (n >= 2 && !changed && alike(d.verdicts[n - 2], entry)) {
    d.verdicts.replace(n - 1, std::move(entry));
    return;
  }
  if (n >= limits::kVerdictsKept) d.verdicts.erase(1);
  d.verdicts.push_back(std::move(entry));
  if (!changed || verdict.ruling != analysis::Ruling::hold) return;
  t.story(d, "deployment.verdict",
          why(codes::kJudgeHeld, {{"stage", d.judge->charge.stage},
                                  {"data", word_of(verdict.data)},
                                  {"trouble", verdict.trouble}}));
}

// A stage that nothing can be learnt in: somebody is told, once per stage and kind of trouble.
// Where stable has no requests either nobody uses the service, and nothing is wrong.
void alert_silence(Turn& t, Deployment& d, const analysis::Verdict& verdict) {
  const analysis::Judge& judge = *d.judge;
  std::string text = verdict.trouble;
  // Silence while nobody watched is none.
  const bool long_ago = t.at >= std::max(judge.started, judge.observed_until) + analysis::kFresh;
  if (verdict.data == analysis::DataState::no_data) {
    if (!long_ago || judge.n_stable == 0) return;
    text = fmt::format("the candidate receives no traffic, stable had {} requests meanwhile",
                       judge.n_stable);
  } else if (verdict.data != analysis::DataState::bad &&
             (verdict.data != analysis::DataState::stale || !long_ago)) {
    return;
  }
  const std::string& stage = judge.charge.stage;
  const std::string known = fmt::format("{}: {}", stage, word_of(verdict.data));
  const auto told = [&](const auto& w) {
    return w.first == codes::kJudgeSilent && w.second.starts_with(known);
  };
  if (std::any_of(d.warnings.begin(), d.warnings.end(), told)) return;
  d.warnings.emplace_back(codes::kJudgeSilent, fmt::format("{}: {}", known, text));
  t.tell(
      why(codes::kJudgeSilent, {{"stage", stage}, {"data", word_of(verdict.data)}, {"text", text}}),
      fmt::format("{}-{}: {}: {}", t.site.id.name(), d.number, stage, text));
}

void passed(Turn& t, Deployment& d, const analysis::Verdict& verdict) {
  const Because because = why(codes::kJudgePassed, {{"stage", d.judge->charge.stage},
                                                    {"observed_s", seconds(verdict.observed)},
                                                    {"n_candidate", number(d.judge->n_candidate)}});
  t.story(d, "deployment.verdict", because);
  keep_evidence(d);
  end_step(t, StepState::done, because, "passed");
}

// Undecided at its deadline: said aloud and given more time, three times; then as the plan says.
void undecided(Turn& t, Deployment& d, const analysis::Verdict& verdict) {
  analysis::Judge& judge = *d.judge;
  const std::string stage = judge.charge.stage;
  if (judge.extensions < kExtensions) {
    judge.extend();
    const Because because =
        why(codes::kJudgeExtended, {{"stage", stage},
                                    {"data", word_of(verdict.data)},
                                    {"extension", fmt::format("{}", judge.extensions)},
                                    {"of", fmt::format("{}", kExtensions)}});
    t.story(d, "deployment.waiting", because);
    t.tell(because,
           fmt::format("{}-{}: {} is undecided ({}); it holds on ({} of {})", t.site.id.name(),
                       d.number, stage, word_of(verdict.data), judge.extensions, kExtensions));
    return;
  }
  const bool promote = judge.charge.on_unattended == analysis::OnInconclusive::promote;
  const Because because = why(codes::kUnattended, {{"stage", stage},
                                                   {"data", word_of(verdict.data)},
                                                   {"then", promote ? "promote" : "rollback"}});
  t.story(d, "deployment.verdict", because);
  if (!promote) return fail_deployment(t, because);
  keep_evidence(d);
  end_step(t, StepState::done, because, "unattended");
}

}  // namespace

void begin_judge(Turn& t, const Step& step) {
  Deployment& d = *t.site.live;
  analysis::Charge charge = step.charge;
  const Copy* candidate = find_copy(t.site, d.candidate);
  // With all of the traffic there is nothing beside it to compare with, whatever the plan meant.
  if (candidate != nullptr) charge.weight = candidate->weight;
  charge.bake |= charge.weight == limits::kWeightSum;
  const bool alone = analysis::is_alone(charge);
  if (!d.kept) {
    d.judge.emplace(std::move(charge), t.at, d.baseline);
  } else {
    d.judge = alone ? d.kept->bake(std::move(charge), t.at, d.baseline)
                    : d.kept->next(std::move(charge), t.at);
  }
  d.kept.reset();
  for (const std::string& note : d.judge->notes) {
    const std::pair<std::string, std::string> warning{codes::kJudgeNote, note};
    if (std::find(d.warnings.begin(), d.warnings.end(), warning) != d.warnings.end()) continue;
    d.warnings.push_back(warning);
    t.story(d, "deployment.verdict", why(codes::kJudgeNote, {{"text", note}}));
  }
  if (alone && d.stable != 0) watch_rows(t, true, why(codes::kWatching));
}

void keep_evidence(Deployment& d) {
  d.kept = std::move(d.judge);
  d.judge.reset();
}

void judge_now(Turn& t) {
  Deployment& d = *t.site.live;
  if (!d.judge || d.progress[d.step].state != StepState::running) return;
  const analysis::Verdict verdict = d.judge->look(t.at);
  d.dwell = verdict.observed;
  keep(t, d, verdict);
  switch (verdict.ruling) {
    case analysis::Ruling::fail: {
      const Because because = why_failed(d.judge->charge.stage, verdict);
      t.story(d, "deployment.verdict", because);
      return fail_deployment(t, because);
    }
    case analysis::Ruling::pass:
      if (d.state == State::running) passed(t, d, verdict);
      return;
    case analysis::Ruling::hold:
      alert_silence(t, d, verdict);
      if (d.state == State::running && t.at >= d.judge->deadline) undecided(t, d, verdict);
      return;
  }
}

}  // namespace slipway::engine
