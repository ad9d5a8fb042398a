#include "main/replay_object.h"

#include <fmt/format.h>

#include "intake/replay.h"
#include "record/record.h"
#include "shell/shell.h"
#include "views/deployment.h"
#include "views/phrase.h"
#include "views/verdict_story.h"

namespace slipway {
namespace {

namespace json = boost::json;

const char* ruling_of(analysis::Ruling r) {
  return r == analysis::Ruling::pass ? "pass" : r == analysis::Ruling::fail ? "fail" : "hold";
}

json::object judged(const Plan& plan, const intake::Judged& j, Instant from) {
  json::array sentences;
  for (const auto& line : views::verdict_sentences(plan, j.verdict)) sentences.emplace_back(line);
  return {{"verdict", ruling_of(j.ruling)},
          {"after_ms", static_cast<std::int64_t>(to_ms(j.at - from))},
          {"unattended", j.unattended},
          {"sentences", std::move(sentences)}};
}

std::string told(const intake::Judged& j, Instant from) {
  const std::string after = views::span(j.at - from);
  if (j.unattended) return fmt::format("{} at its deadline after {}", ruling_of(j.ruling), after);
  return j.ruling == analysis::Ruling::hold
             ? fmt::format("still holding after {}", after)
             : fmt::format("{} after {}", ruling_of(j.ruling), after);
}

std::string difference(const intake::ReplayedStage& s) {
  const std::string stage = s.name.empty() ? views::share(s.weight) : s.name;
  if (s.same()) return fmt::format("{}: the same, {}", stage, told(s.was, s.from));
  return fmt::format("{}: {} instead of {}", stage, told(s.would, s.from), told(s.was, s.from));
}

}  // namespace

Result<Recording> recorded(journal::Journal& journal, std::uint32_t number, const SiteId& site,
                           const Site* newest) {
  Recording out;
  out.site = site;
  const Deployment* found = nullptr;
  if (newest != nullptr)
    for (const Deployment* d : deployments_of(*newest))
      if (d != nullptr && d->number == number && (!newest->queued || d != &*newest->queued))
        found = d;
  if (found != nullptr) {
    out.deployment = *found;
  } else {
    out.deployment = TRY(record::decode_deployment(TRY(journal.summary(number))));
  }
  std::vector<std::string> records;
  TRY(journal.read(shell::stream_of(site), 0,
                   [&](std::uint64_t, const journal::Entry& e) { records.push_back(e.bytes); }));
  for (const std::string& bytes : records) {
    auto step = record::decode_step(bytes);
    if (!step) return std::unexpected(step.error());
    const Event& e = step->event;
    if (e.at < out.deployment.requested) continue;
    if (out.deployment.ended_at > out.deployment.requested && e.at > out.deployment.ended_at) break;
    out.events.push_back(std::move(step->event));
  }
  return out;
}

std::expected<json::object, Refusal> replay_object(const Recording& record,
                                                   const config::Config& policy,
                                                   const std::string& file) {
  const Deployment& d = record.deployment;
  auto plan = intake::plan_of(d, record.site, policy);
  if (!plan) return std::unexpected(plan.error());
  auto replayed = intake::replay(d, record.events, std::move(*plan));
  if (!replayed)
    return std::unexpected(Refusal{
        .code = "not_recorded", .text = replayed.error().text, .mistakes = {}, .http = 409});
  json::array stages, text;
  bool same = true;
  for (const auto& s : replayed->stages) {
    same = same && s.same();
    text.emplace_back(difference(s));
    stages.push_back(json::object{{"name", s.name},
                                  {"weight", s.weight},
                                  {"same", s.same()},
                                  {"was", judged(d.plan, s.was, s.from)},
                                  {"would", judged(replayed->policy, s.would, s.from)}});
  }
  return json::object{{"schema", "replay/1"},
                      {"id", fmt::format("{}-{}", record.site.name(), d.number)},
                      {"policy", file},
                      {"same", same},
                      {"stages", std::move(stages)},
                      {"text", std::move(text)},
                      {"notes", json::value_from(replayed->notes)}};
}

}  // namespace slipway
