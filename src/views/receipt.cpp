#include "views/receipt.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "views/phrase.h"

namespace slipway::views {
namespace {

const char* ruling_word(analysis::Ruling r) {
  switch (r) {
    case analysis::Ruling::hold:
      return "hold";
    case analysis::Ruling::pass:
      return "pass";
    case analysis::Ruling::fail:
      return "fail";
  }
  return "hold";
}

const char* data_word(analysis::DataState s) {
  switch (s) {
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
  return "no_data";
}

boost::json::value between(Wall from, Wall to) {
  if (from == Wall{} || to == Wall{}) return nullptr;
  return ms_json(std::max(to - from, Duration::zero()));
}

boost::json::object version_json(const VersionReceipt& v) {
  boost::json::object o;
  o["requests"] = v.requests;
  o["errors"] = v.errors;
  if (v.latencies.buckets.empty()) {
    o["p50_ms"] = nullptr;
    o["p99_ms"] = nullptr;
  } else {
    // Buckets are exact to 1 %: more than three decimals of a millisecond say nothing.
    const auto ms = [&](double q) { return std::round(v.latencies.quantile(q)) / 1000.0; };
    o["p50_ms"] = number_json(ms(0.5));
    o["p99_ms"] = number_json(ms(0.99));
  }
  return o;
}

}  // namespace

std::uint64_t caused(const Deployment& d) {
  const Receipt& r = d.receipt;
  double above = 0;
  if (!d.plan.from.version.empty()) {
    const double rate = r.stable.requests == 0 ? 0.0
                                               : static_cast<double>(r.stable_5xx) /
                                                     static_cast<double>(r.stable.requests);
    above = std::floor(static_cast<double>(r.candidate_5xx) -
                       rate * static_cast<double>(r.candidate.requests));
  }
  const std::uint64_t sum =
      r.caused_direct + r.lost + static_cast<std::uint64_t>(std::max(0.0, above));
  return std::min(sum, r.failed + r.lost);
}

boost::json::object receipt_json(const Deployment& d) {
  const Receipt& r = d.receipt;
  boost::json::object o;
  o["complete"] = r.complete;
  o["requests"] = r.requests;
  o["failed"] = r.failed + r.lost;
  o["caused"] = caused(d);
  o["dropped"] = r.dropped;
  o["drained"] = r.drained;
  o["cut"] = r.cut;
  o["longest_gap_ms"] = r.has_gap ? ms_json(r.longest_gap) : boost::json::value(nullptr);
  o["gap_before_ms"] = r.has_gap_before ? ms_json(r.gap_before) : boost::json::value(nullptr);
  o["rows_lost"] = r.rows_lost;
  o["unobserved_ms"] = ms_json(r.unobserved);
  o["proxy_down_ms"] = ms_json(r.proxy_down);
  boost::json::object versions;
  if (!d.plan.from.version.empty()) versions[d.plan.from.version] = version_json(r.stable);
  if (d.planned) {
    std::string to = d.plan.to.version;
    if (to == d.plan.from.version) to += fmt::format("#{}", d.candidate);
    versions[to] = version_json(r.candidate);
  }
  o["versions"] = std::move(versions);
  o["exposed"] = r.exposed;
  o["detected_after_ms"] = between(r.first_harm, r.verdict_at);
  o["traffic_back_after_ms"] = between(r.verdict_at, r.traffic_back);
  return o;
}

std::string finding_text(const analysis::Finding& f) {
  if (f.subject->unit == "ms")
    return fmt::format("candidate {} ms, stable {} ms, limit {}",
                       std::isfinite(f.candidate) ? fmt::format("{:.1f}", f.candidate) : "unknown",
                       std::isfinite(f.stable) ? fmt::format("{:.1f}", f.stable) : "unknown",
                       f.subject->limit);
  const auto side = [](const char* who, std::uint64_t x, std::uint64_t n, double value) {
    return n == 0 ? fmt::format("{} no requests", who)
                  : fmt::format("{} {} of {} = {}", who, x, n, share_of(value));
  };
  return fmt::format("{}, {}, limit {}",
                     side("candidate", f.x_candidate, f.n_candidate, f.candidate),
                     side("stable", f.x_stable, f.n_stable, f.stable), f.subject->limit);
}

boost::json::object to_json(const analysis::Finding& f) {
  boost::json::object o;
  o["name"] = f.subject->name;
  o["side"] = f.subject->side;
  o["engine"] = f.subject->engine;
  o["unit"] = f.subject->unit;
  o["verdict"] = ruling_word(f.ruling);
  o["stable"] = number_json(f.stable);
  o["candidate"] = number_json(f.candidate);
  o["limit"] = f.subject->limit;
  o["origin"] = f.subject->origin;
  o["n_stable"] = f.n_stable;
  o["n_candidate"] = f.n_candidate;
  o["x_stable"] = f.x_stable;
  o["x_candidate"] = f.x_candidate;
  o["evidence"] = number_json(f.evidence);
  o["needed"] = number_json(f.needed);
  // Of what is needed, 0 to 1: how far it is from deciding.
  const double share = f.needed > 0 ? std::clamp(f.evidence / f.needed, 0.0, 1.0) : 0.0;
  o["share"] = number_json(std::round(share * 1000) / 1000);
  o["text"] = finding_text(f);
  return o;
}

boost::json::object to_json(const VerdictEntry& entry) {
  const analysis::Verdict& v = entry.verdict;
  boost::json::object o;
  o["at"] = time_json(entry.at);
  o["stage"] = entry.stage;
  o["verdict"] = ruling_word(v.ruling);
  o["data"] = data_word(v.data);
  const bool decided = v.decided_by >= 0 && v.decided_by < static_cast<int>(v.findings.size());
  o["decided_by"] = decided ? boost::json::value(v.findings[v.decided_by].subject->name.c_str())
                            : boost::json::value(nullptr);
  o["observed_ms"] = ms_json(v.observed);
  o["trouble"] = v.trouble;
  boost::json::array metrics;
  for (const auto& f : v.findings) metrics.push_back(to_json(f));
  o["metrics"] = std::move(metrics);
  return o;
}

boost::json::array verdicts_json(const Deployment& d, const Site* site) {
  boost::json::array out;
  for (const auto& entry : d.verdicts) out.push_back(to_json(entry));
  const bool judging = d.judge && site != nullptr && d.state == State::running &&
                       d.step < d.plan.steps.size() && d.plan.steps[d.step].verb == Verb::judge;
  if (judging) {
    VerdictEntry now{site->wall, d.judge->charge.stage, d.judge->look(site->now)};
    if (d.verdicts.empty() || d.verdicts.back().at != now.at ||
        d.verdicts.back().stage != now.stage)
      out.push_back(to_json(now));
  }
  return out;
}

}  // namespace slipway::views
